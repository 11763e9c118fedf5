import type { SignIn } from "../../../settings/signIn.ts";
import { HARDENED, wget } from "../../release/hardening.ts";
import { renderTemplate } from "../../release/template.ts";
import { callbackUrl, hostName, type Names } from "../../site/names.ts";
import type { Secrets } from "../../site/secrets.ts";
import type { Service } from "../../site/service.ts";
import { DEX_CLIENT, dexEndpoints } from "../dex/dex.ts";
import type { Identity } from "../vouch/providers.ts";

/** OAuth2 Proxy authenticates users in place of Vouch. nginx asks it only who has signed in. */
export function oauth2Proxy(names: Names, signIn: SignIn): Service {
  return {
    name: "oauth2-proxy",
    about: "Authenticates users. nginx decides whether they may enter (people.map).",
    image: { reference: "quay.io/oauth2-proxy/oauth2-proxy:v7.15.6", sizeMiB: 60 },
    user: { uid: 65532, gid: 65532 },
    networks: ["sign-in"],
    compose: {
      ...HARDENED,
      mem_limit: "96m",
      command: ["--config=/config/oauth2-proxy.cfg"],
      // A proxy that Docker's client sets in containers is for external providers, not for Dex.
      ...(signIn.provider === "dex" ? { environment: { NO_PROXY: "dex", no_proxy: "dex" } } : {}),
      // The image contains no program that could ask.
      healthcheck: { disable: true },
    },
    readinessProbe: { service: "nginx", succeeds: wget("http://oauth2-proxy:4180/ping") },
    secretFiles: { at: "/config", content: (secrets) => ({ "oauth2-proxy.cfg": config(names, signIn, secrets) }) },
    virtualHost: {
      label: "vouch",
      protected: false,
      server: renderTemplate(new URL("oauth2-proxy.conf", import.meta.url), { domain: names.domain }),
    },
  };
}

/** Headers of its answer that identify a user. It refuses addresses that the provider has not verified. */
export function identityByOauth2Proxy({ provider }: SignIn): Identity {
  return { claims: [], who: provider === "github" ? "X-Auth-Request-User" : "X-Auth-Request-Email", sure: "" };
}

type Options = Record<string, string | boolean | string[]>;

/** https://oauth2-proxy.github.io/oauth2-proxy/configuration/overview (7.15) */
function config(names: Names, signIn: SignIn, secrets: Secrets): string {
  const options: Options = {
    http_address: "0.0.0.0:4180",
    // nginx decides who may enter.
    email_domains: ["*"],
    upstreams: ["static://202"],
    skip_provider_button: true,
    // The answer to nginx: headers with the user.
    set_xauthrequest: true,
    ...providerOptions(names, signIn),
    client_secret: secrets.oidcClientSecret,
    redirect_url: callbackUrl(names),
    code_challenge_method: "S256",
    // Where it may send a browser back to.
    whitelist_domains: [`${hostName(names, "vouch")}${names.port}`],
    cookie_name: "__Host-answer",
    // 32 bytes: the key of AES-256.
    cookie_secret: secrets.vouchSessionKey.slice(0, 32),
    // nginx takes the answer over into a session of its own.
    cookie_expire: "5m",
    cookie_samesite: "lax",
    // Several tabs can sign in at the same time.
    cookie_csrf_per_request: true,
    cookie_csrf_expire: "15m",
    // Tokens would not fit into one cookie, and nobody needs them.
    session_cookie_minimal: true,
    // They would contain addresses.
    auth_logging: false,
    request_logging: false,
  };
  const lines = Object.entries(options).map(([name, value]) => `${name} = ${JSON.stringify(value)}\n`);
  return `# Authenticates users. nginx decides whether they may enter (people.map).\n${lines.join("")}`;
}

function providerOptions(names: Names, signIn: SignIn): Options {
  const openId = { provider: "oidc", scope: "openid email profile", insecure_oidc_skip_nonce: false };
  switch (signIn.provider) {
    case "dex": {
      const { authorization, token, userInfo } = dexEndpoints(names);
      return {
        ...openId,
        client_id: DEX_CLIENT,
        // Dex's public address has this site's certificate, which it need not trust.
        skip_oidc_discovery: true,
        oidc_issuer_url: names.origin("dex"),
        login_url: authorization,
        redeem_url: token,
        profile_url: userInfo,
        oidc_jwks_url: "http://dex:5556/keys",
      };
    }
    case "okta":
      return { ...openId, client_id: signIn.clientId, oidc_issuer_url: `https://${signIn.domain}` };
    case "oidc":
      return { ...openId, client_id: signIn.clientId, oidc_issuer_url: signIn.issuerUrl ?? "" };
    case "google":
    case "github":
      return { provider: signIn.provider, client_id: signIn.clientId };
  }
}
