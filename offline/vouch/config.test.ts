/**
 * What Vouch does with each kind of configuration: starts, warns, or exits with which code. Like the contract, this was
 * recorded from the real Vouch Proxy 0.45.1, and VOUCH_BINARY=/path/to/vouch-proxy tests that program instead.
 */
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { test } from "@jest/globals";
import { stringify } from "yaml";
import { contractConfigs, merge } from "./testing/configs.ts";
import { VouchProcess } from "./testing/vouchProcess.ts";

type Tree = Record<string, unknown>;
type Options = Parameters<typeof VouchProcess.spawn>[1];

const { root } = contractConfigs({ url: "http://idp.test", clientId: "x", clientSecret: "y" });

/** The valid configuration with these changes, and logging on. */
const withChange = (change: Tree): Tree => merge(merge(root, { vouch: { logLevel: "info" } }), change);

async function assertRefused(config: Tree | string, exitCode: number, message: RegExp, options?: Options) {
  const vouch = await VouchProcess.spawn(config, options);
  const code = await vouch.ended();
  const { output } = vouch;
  await vouch.stop();
  assert.equal(code, exitCode, output);
  assert.match(output, message);
}

/** Starts Vouch with the change, runs the callback, and stops it. */
async function running(change: Tree, look: (vouch: VouchProcess) => Promise<void> | void, options?: Options) {
  const vouch = await VouchProcess.start(withChange(change), options);
  try {
    await look(vouch);
  } finally {
    await vouch.stop();
  }
}

const assertLogs = (change: Tree, message: RegExp) =>
  running(change, ({ output }) => {
    assert.match(output, message);
  });

const login = (vouch: VouchProcess) => vouch.get("/login?url=http://app.lab.test/x", { Host: "auth.lab.test" });

const refused: [what: string, change: Tree, message: RegExp][] = [
  ["allowAllUsers beside domains", { vouch: { domains: ["lab.test"] } }, /either one of vouch\.domains or/],
  ["neither allowAllUsers nor domains", { vouch: { allowAllUsers: undefined } }, /either one of vouch\.domains or/],
  [
    "a callback outside the cookie's domain",
    { oauth: { callback_url: "http://auth.other.test/auth" } },
    /oauth\.callback_url \(http:\/\/auth\.other\.test\/auth\) must be within/,
  ],
  [
    "allowAllUsers without a cookie domain",
    { vouch: { cookie: { domain: undefined } } },
    /must be within a configured/,
  ],
  ["no auth_url", { oauth: { auth_url: undefined } }, /configuration error: oauth\.auth_url not found/],
  ["no user_info_url", { oauth: { user_info_url: undefined } }, /configuration error: oauth\.user_info_url not found/],
  ["no client_id", { oauth: { client_id: undefined } }, /configuration error: oauth\.client_id not found/],
  ["an unknown provider", { oauth: { provider: "foo" } }, /Unknown oauth provider: foo/],
  ["google without a client secret", { oauth: { provider: "google", client_secret: "" } }, /client_secret not found/],
  ["a token with a lifetime of zero", { vouch: { jwt: { maxAge: 0 } } }, /JWT maxAge cannot be zero or lower/],
  ["a log level that does not exist", { vouch: { logLevel: "bogus" } }, /unrecognized level: \\"bogus\\"/],
  [
    "an unknown code_challenge_method",
    { oauth: { code_challenge_method: "S512" } },
    /must be either 'S256' or 'plain'/,
  ],
];

for (const [what, change, message] of refused) {
  test(`Vouch exits 1 with ${what}`, () => assertRefused(withChange(change), 1, message));
}

/** The valid configuration with a client ID written like this. */
const withClientId = (text: string) => stringify(root).replace(/client_id: .*/, `client_id: ${text}`);

test("Vouch exits 1 with a date as its client ID, which it does not read as text", () =>
  assertRefused(withClientId("2026-01-01"), 1, /configuration error: oauth\.client_id not found/));

for (const [text, read] of [
  ['"2026-01-01"', "2026-01-01"],
  ["1_000", "1000"],
  ["0b11", "3"],
  ['"1_000"', "1_000"],
  ["no", "no"],
  ["22:22", "22:22"],
] as const)
  test(`Vouch reads the client ID ${text} as Go's YAML does`, async () => {
    const vouch = await VouchProcess.start(withClientId(text));
    try {
      const { headers } = await login(vouch);
      assert.equal(new URL(String(headers.location)).searchParams.get("client_id"), read);
    } finally {
      await vouch.stop();
    }
  });

test("Vouch exits 1 if the file is not YAML, and reports it as not found", () =>
  assertRefused("vouch: [", 1, /configuration file not found/));

test("Vouch exits 1 if the file has a key twice", () =>
  assertRefused("vouch:\n  port: 1\n  port: 2\n", 1, /configuration file not found/));

test("Vouch exits 1 without a file", () =>
  assertRefused("", 1, /configuration file not found/, {
    env: { VOUCH_CONFIG: "/nonexistent/config.yml" },
  }));

test("Vouch exits 1 without a file if the environment sets only default values", () =>
  assertRefused("", 1, /configuration file not found/, {
    env: { VOUCH_CONFIG: "/nonexistent/config.yml", VOUCH_PORT: "9090" },
  }));

test("Vouch exits 1 if its port is in use", async () => {
  const holder = createServer();
  const port = await new Promise<number>((resolve) => {
    holder.listen(0, "127.0.0.1", () => resolve((holder.address() as { port: number }).port));
  });
  const message = new RegExp(`127\\.0\\.0\\.1:${port} is not available \\(is Vouch Proxy already running\\?\\)`);
  await assertRefused(root, 1, message, { port });
  holder.close();
});

test("Vouch panics and exits 2 with a document_root that has no leading slash", () =>
  assertRefused(withChange({ vouch: { document_root: "sso" } }), 2, /path must begin with '\/'/));

test("Vouch runs with secrets that are too short, and says so", async () => {
  await assertLogs({ vouch: { jwt: { secret: "short" } } }, /Your secret is too short! \(5 characters long\)/);
  await assertLogs({ vouch: { session: { key: "brief" } } }, /Your session key is too short! \(5 characters long\)/);
});

test("Vouch generates a missing jwt.secret and stores it beside the configuration", async () => {
  const change = { vouch: { jwt: { secret: undefined } } };
  const vouch = await VouchProcess.spawn(withChange(change), { env: { VOUCH_ROOT: "/nonexistent" } });
  await vouch.ready();
  assert.match(vouch.output, /generating random jwt\.secret/);
  await mkdir(join(vouch.folder, "config"));
  const again = await VouchProcess.start(withChange(change), { env: { VOUCH_ROOT: vouch.folder } });
  const secretFile = join(vouch.folder, "config", "secret");
  assert.ok(existsSync(secretFile));
  assert.equal(readFileSync(secretFile, "utf8").length, 44);
  await again.stop();
  await vouch.stop();
});

test("Vouch generates a missing session.key and warns", () =>
  assertLogs({ vouch: { session: { key: undefined } } }, /generating random session\.key/));

test("Vouch runs without a callback_url, and then sends no redirect_uri", () =>
  running({ oauth: { callback_url: undefined } }, async (vouch) => {
    const { status, headers } = await login(vouch);
    assert.equal(status, 302);
    assert.doesNotMatch(headers.location ?? "", /redirect_uri/);
  }));

test("Vouch starts with a leading dot in cookie.domain, and then refuses every url", () =>
  running({ vouch: { cookie: { domain: ".lab.test" } } }, async (vouch) => {
    const { status, headers } = await login(vouch);
    assert.equal(status, 400);
    assert.match(String(headers["x-vouch-error"]), /not within a Vouch Proxy managed domain/);
  }));

test("Vouch reports unknown keys in three lines and runs", () =>
  running({ vouch: { cookie: { foobar: 1 }, bar: 2 }, oauth: { baz: 3 }, top: 4 }, ({ output }) => {
    assert.match(output, /config file should have only two top level elements/);
    for (const issue of ["'Vouch.Cookie' has invalid keys: foobar", "'Vouch' has invalid keys: bar"]) {
      assert.ok(output.includes(issue), issue);
    }
    for (const issue of ["'OAuth' has invalid keys: baz", "'' has invalid keys: top"]) {
      assert.ok(output.includes(issue), issue);
    }
    assert.match(output, /continuing\.\.\. \(maybe you know what you're doing :\)/);
  }));

test("Vouch reports nothing for the contract's own configuration", () =>
  running({}, ({ output }) => {
    assert.doesNotMatch(output, /"level":"error"/);
  }));

test("Vouch accepts keys that matter only to other set-ups", () =>
  running(
    {
      vouch: { socket_mode: 432, tls: { profile: "modern" }, headers: { redirect: "X-Back" } },
      oauth: { relying_party_id: "x", azure_token: "id_token" },
    },
    ({ output }) => {
      assert.doesNotMatch(output, /invalid keys/);
    },
  ));

test("Vouch runs without token_url and client_secret", () =>
  running({ oauth: { token_url: undefined, client_secret: undefined } }, async (vouch) => {
    assert.equal((await login(vouch)).status, 302);
  }));

test("Vouch warns if a usual scope is missing", () =>
  assertLogs({ oauth: { scopes: ["openid"] } }, /'oauth\.scopes' should usually contain: -openid -email -profile/));

test("Vouch cuts cookie.maxAge down to jwt.maxAge", () =>
  assertLogs({ vouch: { cookie: { maxAge: 300 } } }, /setting `vouch\.cookie\.maxage` to `vouch\.jwt\.maxage`/));

test("Vouch sends no SameSite if it is missing or misspelt", () =>
  running({ vouch: { cookie: { sameSite: "laxx" } } }, async (vouch) => {
    assert.doesNotMatch(String((await login(vouch)).headers["set-cookie"]), /SameSite/);
  }));

test("Vouch runs with sameSite none without secure, and says so", () =>
  assertLogs({ vouch: { cookie: { sameSite: "none" } } }, /sameSite=none should also be specified with secure=true/));

test("Vouch's document_root with a slash at its end is served at a doubled slash only", () =>
  running({ vouch: { document_root: "/sso/" } }, async (vouch) => {
    assert.equal((await vouch.get("/sso/validate")).status, 404);
    assert.equal((await vouch.get("/sso//validate")).status, 401);
  }));

test("Vouch accepts keys in any case, booleans as text, and an auth_url with a query", () =>
  running(
    {
      vouch: { allowAllUsers: undefined, ALLOWALLUSERS: "true" },
      oauth: { auth_url: "http://idp.test/auth?prompt=select_account" },
    },
    async (vouch) => {
      const { headers } = await login(vouch);
      assert.match(headers.location ?? "", /^http:\/\/idp\.test\/auth\?prompt=select_account&client_id=x&/);
    },
  ));

test("Vouch prefers the environment to the file for vouch, and the file for oauth", () =>
  running(
    {},
    async (vouch) => {
      assert.match(String((await login(vouch)).headers["set-cookie"]), /^Renamed=/);
      assert.match((await login(vouch)).headers.location ?? "", /client_id=x&/);
    },
    { env: { VOUCH_SESSION_NAME: "Renamed", OAUTH_CLIENT_ID: "from-env" } },
  ));

test("Vouch needs no file if the environment sets everything", async () => {
  const env = {
    VOUCH_CONFIG: "/nonexistent/config.yml",
    VOUCH_LISTEN: "127.0.0.1",
    VOUCH_ALLOWALLUSERS: "true",
    VOUCH_COOKIE_DOMAIN: "lab.test",
    VOUCH_COOKIE_SECURE: "false",
    OAUTH_PROVIDER: "oidc",
    OAUTH_CLIENT_ID: "from-env",
    OAUTH_AUTH_URL: "http://idp.test/auth",
    OAUTH_USER_INFO_URL: "http://idp.test/me",
    OAUTH_SCOPES: "openid,email",
  };
  const vouch = await VouchProcess.start("", { env });
  assert.match((await login(vouch)).headers.location ?? "", /client_id=from-env.*scope=openid\+email/);
  await vouch.stop();
});

test("Vouch -config names the file", async () => {
  const first = await VouchProcess.start(root);
  const vouch = await VouchProcess.start("", {
    args: ["-config", join(first.folder, "config.yml")],
    env: { VOUCH_CONFIG: "" },
  });
  assert.equal((await login(vouch)).status, 302);
  await vouch.stop();
  await first.stop();
});

test("Vouch -healthcheck exits 0 while it runs and 1 when it does not", async () => {
  const vouch = await VouchProcess.start(root);
  const ask = async () => {
    const check = await VouchProcess.spawn(root, { args: ["-healthcheck"], port: vouch.port });
    const code = await check.ended();
    await check.stop();
    return code;
  };
  assert.equal(await ask(), 0);
  await vouch.stop();
  assert.equal(await ask(), 1);
});

test("Vouch redirects to Google and GitHub with its built-in endpoints", async () => {
  const change = (provider: string) => ({
    oauth: { provider, auth_url: undefined, token_url: undefined, user_info_url: undefined, scopes: undefined },
  });
  await running(change("google"), async (vouch) => {
    const { headers } = await login(vouch);
    assert.match(
      headers.location ?? "",
      /^https:\/\/accounts\.google\.com\/o\/oauth2\/auth\?client_id=x&code_challenge=[\w-]{43}&code_challenge_method=S256&redirect_uri=[^&]+&response_type=code&scope=email&state=\w+$/,
    );
  });
  await running(change("github"), async (vouch) => {
    const { headers } = await login(vouch);
    assert.match(
      headers.location ?? "",
      /^https:\/\/github\.com\/login\/oauth\/authorize\?client_id=x&code_challenge=[\w-]{43}&code_challenge_method=S256&.*&scope=read%3Auser&state=\w+$/,
    );
  });
});

test("Vouch ends at once on SIGTERM, and on SIGHUP as well", async () => {
  assert.equal(await (await VouchProcess.start(root)).stop("SIGTERM"), 143);
  const vouch = await VouchProcess.start(root);
  assert.notEqual(await vouch.stop("SIGHUP"), 0);
});

test("Vouch with logLevel error logs no requests", async () => {
  const vouch = await VouchProcess.start(root);
  const before = vouch.output.length;
  await login(vouch);
  assert.equal(vouch.output.length, before);
  await vouch.stop();
});
