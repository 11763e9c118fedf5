import { createHash } from "node:crypto";
import { Document } from "yaml";
import type { DexUser } from "../../../settings/signIn.ts";
import { HARDENED, healthCheck, wget } from "../../release/hardening.ts";
import { renderTemplate } from "../../release/template.ts";
import { yamlText } from "../../release/yamlText.ts";
import { callbackUrl, type Names } from "../../site/names.ts";
import type { Secrets } from "../../site/secrets.ts";
import type { Service } from "../../site/service.ts";

/** Vouch's client id at Dex. */
export const DEX_CLIENT = "vouch";

/** How long an unfinished sign-in is kept: as long as Vouch waits for it. */
const SIGN_IN_MINUTES = 15;

/** The built-in identity provider, with the site's own users. */
export function dex(names: Names, users: DexUser[]): Service {
  return {
    name: "dex",
    about: "The built-in identity provider, with the site's own users.",
    image: { reference: "ghcr.io/dexidp/dex:v2.45.1", sizeMiB: 130 },
    user: { uid: 1001, gid: 1001 },
    networks: ["sign-in"],
    compose: {
      ...HARDENED,
      mem_limit: "160m",
      // The image's own entrypoint would render the file as a template first, including users' names.
      entrypoint: ["dex"],
      command: ["serve", "/etc/dex/config.yaml"],
      healthcheck: healthCheck(...wget("http://127.0.0.1:5556/healthz")),
    },
    secretFiles: {
      at: "/etc/dex",
      content: (secrets) => ({ "config.yaml": config(names, users, secrets) }),
    },
    virtualHost: {
      label: "dex",
      protected: false,
      server: renderTemplate(new URL("dex.conf", import.meta.url), { domain: names.domain, port: names.port }),
    },
  };
}

/** The browser reaches Dex by its public name, Vouch over the network they share. */
export function dexEndpoints(names: Names) {
  return {
    authorization: `${names.origin("dex")}/auth`,
    token: "http://dex:5556/token",
    userInfo: "http://dex:5556/userinfo",
  };
}

/** https://dexidp.io/docs/configuration */
function config(names: Names, users: DexUser[], secrets: Secrets): string {
  const file = new Document({
    issuer: names.origin("dex"),
    // No sign-in has to outlive Dex: the session is Vouch's.
    storage: { type: "memory" },
    // Dex keeps unfinished sign-ins in memory, and anybody can start one.
    expiry: { authRequests: `${SIGN_IN_MINUTES}m` },
    web: { http: "0.0.0.0:5556" },
    logger: { level: "warn" },
    frontend: { issuer: "jupyter-up" },
    oauth2: { skipApprovalScreen: true },
    staticClients: [
      { id: DEX_CLIENT, name: "jupyter-up", secret: secrets.oidcClientSecret, redirectURIs: [callbackUrl(names)] },
    ],
    enablePasswordDB: true,
    staticPasswords: users.map(({ email, name }) => ({
      email,
      hash: secrets.passwordHashes[email],
      username: name ?? email,
      userID: userId(email),
    })),
  });
  file.commentBefore = " Who can sign in. Add users in the stack's settings (signIn.users), not here.";
  return yamlText(file);
}

/** A user's ID. It depends on the address only. It has the form of a UUID, as in Dex's examples. */
function userId(email: string): string {
  const hex = createHash("sha256").update(email).digest("hex");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, "$1-$2-$3-$4-$5");
}
