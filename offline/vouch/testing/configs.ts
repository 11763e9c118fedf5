import type { FakeProvider } from "./fakeProvider.ts";

export const jwtSecret = "0123456789-0123456789-0123456789-0123456789-ab";
const sessionKey = "ba-9876543210-9876543210-9876543210-9876543210";

type Tree = Record<string, unknown>;

/** Merges the second tree into the first; undefined deletes a key. */
export function merge(base: Tree, over: Tree): Tree {
  const merged: Tree = { ...base };
  for (const [key, value] of Object.entries(over)) {
    const below = merged[key];
    const isTree = (tree: unknown): tree is Tree => typeof tree === "object" && tree !== null && !Array.isArray(tree);
    merged[key] = isTree(value) && isTree(below) ? merge(below, value) : value;
  }
  return Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== undefined));
}

/** The configurations that the contract's cases name. */
export function contractConfigs(provider: Pick<FakeProvider, "url" | "clientId" | "clientSecret">) {
  const root: Tree = {
    vouch: {
      logLevel: "error",
      listen: "127.0.0.1",
      allowAllUsers: true,
      jwt: { secret: jwtSecret, compress: false, maxAge: 240 },
      cookie: { domain: "lab.test", secure: false, sameSite: "lax", maxAge: 240 },
      session: { key: sessionKey },
      headers: { claims: ["email", "email_verified", "name", "groups"] },
      post_logout_redirect_uris: ["http://app.lab.test/bye"],
    },
    oauth: {
      provider: "oidc",
      client_id: provider.clientId,
      client_secret: provider.clientSecret,
      auth_url: `${provider.url}/auth`,
      token_url: `${provider.url}/token`,
      user_info_url: `${provider.url}/me`,
      callback_url: "http://auth.lab.test/auth",
      scopes: ["openid", "email", "profile"],
    },
  };
  return {
    root,
    sso: merge(root, {
      vouch: { document_root: "/sso", cookie: { domain: "jupyter.lab.test" } },
      oauth: { callback_url: "http://jupyter.lab.test/sso/auth" },
    }),
    whitelist: merge(root, {
      vouch: { allowAllUsers: undefined, domains: ["lab.test"], whiteList: ["alice@example.org"] },
    }),
    secure: merge(root, {
      vouch: { cookie: { secure: true } },
      oauth: { callback_url: "https://auth.lab.test/auth" },
    }),
  };
}

export type ConfigName = keyof ReturnType<typeof contractConfigs>;
