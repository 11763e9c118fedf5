import { Document } from "yaml";
import type { SignIn } from "../../../settings/signIn.ts";
import { HARDENED, healthCheck } from "../../release/hardening.ts";
import { renderTemplate } from "../../release/template.ts";
import { yamlText } from "../../release/yamlText.ts";
import type { Names } from "../../site/names.ts";
import type { Secrets } from "../../site/secrets.ts";
import type { Service } from "../../site/service.ts";
import { identityOf, oauthOf } from "./providers.ts";

/** One day: nginx checks the allow list at every request, so a long session gives no access to a removed user. */
const SESSION_MINUTES = 24 * 60;
/** Time to find the second factor. */
const SIGN_IN_MINUTES = 15;

/** Vouch authenticates users: it sends them to the identity provider and keeps the result in a cookie. */
export function vouch(names: Names, signIn: SignIn): Service {
  return {
    name: "vouch",
    about: "Authenticates users. nginx decides whether they may enter (people.map).",
    image: { reference: "quay.io/vouch/vouch-proxy:0.45.1", sizeMiB: 40 },
    user: { uid: 999, gid: 999 },
    networks: ["sign-in"],
    compose: {
      ...HARDENED,
      mem_limit: "96m",
      // A proxy that Docker's client sets in containers is for external providers, not for Dex.
      ...(signIn.provider === "dex" ? { environment: { NO_PROXY: "dex", no_proxy: "dex" } } : {}),
      healthcheck: healthCheck("/vouch-proxy", "-healthcheck"),
    },
    secretFiles: { at: "/config", content: (secrets) => ({ "config.yml": config(names, signIn, secrets) }) },
    virtualHost: {
      label: "vouch",
      protected: false,
      server: renderTemplate(new URL("vouch.conf", import.meta.url), {
        domain: names.domain,
        signedOut: signedOut(names),
      }),
    },
  };
}

const signedOut = (names: Names) => `${names.origin("vouch")}/signed-out`;

/** https://github.com/vouch/vouch-proxy/blob/v0.45.1/config/config.yml_example */
function config(names: Names, signIn: SignIn, secrets: Secrets): string {
  const file = new Document({
    vouch: {
      // At "info" it would log the address and name of every user who signs in.
      logLevel: "error",
      listen: "0.0.0.0",
      port: 9090,
      allowAllUsers: true,
      cookie: { domain: names.domain, secure: true, httpOnly: true, sameSite: "lax", maxAge: SESSION_MINUTES },
      // Uncompressed: Vouch would decompress a token before it checks its signature.
      jwt: { secret: secrets.vouchJwtSecret, maxAge: SESSION_MINUTES, compress: false },
      session: { key: secrets.vouchSessionKey, maxAge: SIGN_IN_MINUTES },
      headers: { claims: identityOf(signIn).claims },
      post_logout_redirect_uris: [signedOut(names)],
    },
    oauth: { ...oauthOf(signIn, names), client_secret: secrets.oidcClientSecret },
  });
  file.commentBefore = " Vouch authenticates users. nginx decides whether they may enter (people.map).";
  return yamlText(file);
}
