import { Document } from "yaml";
import type { SignIn } from "../../../settings/signIn.ts";
import { HARDENED, healthCheck } from "../../release/hardening.ts";
import { renderTemplate } from "../../release/template.ts";
import { yamlText } from "../../release/yamlText.ts";
import { hostName, type Names } from "../../site/names.ts";
import type { Secrets } from "../../site/secrets.ts";
import type { Service } from "../../site/service.ts";
import { identityOf, oauthOf } from "./providers.ts";

/** Time in which nginx takes Vouch's answer over into a session of its own. */
const ANSWER_MINUTES = 5;
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
      server: renderTemplate(new URL("vouch.conf", import.meta.url), { domain: names.domain }),
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
      // nginx drops the domain, so that the browser sends it to the gate only.
      cookie: {
        name: "__Host-answer",
        domain: hostName(names, "vouch"),
        secure: true,
        httpOnly: true,
        sameSite: "lax",
        maxAge: ANSWER_MINUTES,
      },
      // Uncompressed: Vouch would decompress a token before it checks its signature.
      jwt: { secret: secrets.vouchJwtSecret, maxAge: ANSWER_MINUTES, compress: false },
      session: { key: secrets.vouchSessionKey, maxAge: SIGN_IN_MINUTES },
      headers: { claims: identityOf(signIn).claims },
      post_logout_redirect_uris: [signedOut(names)],
    },
    oauth: { ...oauthOf(signIn, names), client_secret: secrets.oidcClientSecret },
  });
  file.commentBefore = " Vouch authenticates users. nginx decides whether they may enter (people.map).";
  return yamlText(file);
}
