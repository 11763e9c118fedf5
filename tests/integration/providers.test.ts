import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { freePort } from "../../offline/support/freePort.ts";
import { run } from "../support/command.ts";
import { type RunningSite, runningSite } from "../support/runningSite.ts";
import { secrets } from "../support/site.ts";

const client = { clientId: `0oa1 "b" $HOME \\ it's & 李=#+%`, clientSecret: "of the client" };
const oidc = {
  provider: "oidc",
  authUrl: "https://id.example.com/authorize?prompt=login",
  tokenUrl: "https://id.example.com/token",
  userInfoUrl: "https://id.example.com/userinfo",
};

/** Each provider's settings, and the URL that users are redirected to. */
const providers: [signIn: Record<string, unknown>, page: string, scope: string][] = [
  [
    { provider: "okta", domain: "dev-123456.okta.com" },
    "https://dev-123456.okta.com/oauth2/v1/authorize",
    "openid email profile",
  ],
  [{ provider: "google" }, "https://accounts.google.com/o/oauth2/auth", "openid email profile"],
  [oidc, "https://id.example.com/authorize", "openid email profile"],
  [{ provider: "github" }, "https://github.com/login/oauth/authorize", "read:user"],
];

describe("A user who signs in", () => {
  let site: RunningSite;
  let port: number;

  /** The status and Location of the response at a host name of the site. */
  async function ask(label: string, path: string, cookie = ""): Promise<{ status: string; location: string }> {
    const name = `${label}.lab.example.com`;
    const { output } = await run("curl", [
      ...["--silent", "--insecure", "--max-time", "10", "--output", "/dev/null"],
      ...["--write-out", "%{http_code} %{redirect_url}", "--cookie", `VouchCookie=${cookie}`],
      ...["--resolve", `${name}:${port}:127.0.0.1`, `https://${name}:${port}${path}`],
    ]);
    const [status = "", location = ""] = output.split(" ");
    return { status, location };
  }

  /** The status at an app for a user with these claims: 403 if denied, or 502 because the allowed request finds no app. */
  const answerTo = (claims: Record<string, unknown>) =>
    ask("jupyter", "/lab", token(claims)).then(({ status }) => status);

  beforeAll(async () => {
    port = await freePort();
    site = runningSite(["nginx", "vouch"]);
  });
  afterAll(() => site?.remove());

  for (const [signIn, page, scope] of providers)
    it(`at ${signIn.provider} is redirected there, by a Vouch that reports no error in its configuration`, async () => {
      const allow = signIn.provider === "github" ? ["ann-lee"] : ["ann@example.com", "@example.org"];
      const settings = { target: "gcp", signIn: { ...signIn, ...client }, allow };
      const { code, output } = await site.release({ settings, layout: { httpsPort: port } });
      assert.equal(code, 0, output);
      const { output: said } = await run("docker", ["logs", await site.container("vouch")]);
      assert.doesNotMatch(said, /"level":"(error|fatal)"/);

      const { status, location } = await ask(
        "vouch",
        `/login?url=https://jupyter.lab.example.com:${port}/sso-return/${"0".repeat(32)}`,
      );
      assert.equal(status, "302");
      const { origin, pathname, searchParams } = new URL(location);
      assert.equal(`${origin}${pathname}`, page);
      assert.equal(searchParams.get("client_id"), client.clientId);
      assert.equal(searchParams.get("scope"), scope);
      assert.equal(searchParams.get("redirect_uri"), `https://vouch.lab.example.com:${port}/auth`);
      assert.equal(searchParams.get("code_challenge_method"), "S256");
      if (signIn === oidc) assert.equal(searchParams.get("prompt"), "login");
    });

  // The last release is the one for GitHub.
  it("at GitHub is allowed by user name, in any letter case", async () => {
    assert.equal(await answerTo({ login: "ann-lee" }), "502");
    assert.equal(await answerTo({ login: "Ann-Lee" }), "502");
    for (const login of ["bob", "ann-lee2", "true:ann-lee", ""]) assert.equal(await answerTo({ login }), "403", login);
  });

  it("at GitHub is not allowed by a session of another provider", async () => {
    assert.equal(await answerTo({ email: "ann-lee", email_verified: true }), "403");
    assert.equal(await answerTo({}), "403");
  });

  it("elsewhere is allowed by a verified address, and never by a name", async () => {
    const { code, output } = await site.release({
      settings: { target: "gcp", signIn: { ...oidc, ...client }, allow: ["ann@example.com", "@example.org"] },
      layout: { httpsPort: port },
    });
    assert.equal(code, 0, output);
    assert.equal(await answerTo({ email: "ann@example.com", email_verified: true }), "502");
    assert.equal(await answerTo({ email: "Bob@Example.org", email_verified: "true" }), "502");
    assert.equal(await answerTo({ email: "ann@example.com", email_verified: false }), "403");
    assert.equal(await answerTo({ email: "ann@example.com" }), "403");
    assert.equal(await answerTo({ login: "ann@example.com" }), "403");
  });
});

/** A session with these claims, signed like Vouch's. Its own `username` is on every list. */
function token(claims: Record<string, unknown>): string {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const exp = Math.floor(Date.now() / 1000) + 600;
  const username = "ann-lee";
  const payload = {
    username,
    CustomClaims: claims,
    PAccessToken: "",
    PIdToken: "",
    aud: "lab.example.com",
    exp,
    iss: "Vouch",
  };
  const signed = `${part({ alg: "HS256", typ: "JWT" })}.${part(payload)}`;
  return `${signed}.${createHmac("sha256", secrets.vouchJwtSecret).update(signed).digest("base64url")}`;
}
