import assert from "node:assert/strict";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { freePort } from "../../offline/support/freePort.ts";
import { run } from "../support/command.ts";
import { type RunningSite, runningSite } from "../support/runningSite.ts";
import { ask, navigation, redirectOf, visitor } from "../support/visitor.ts";

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

  const domain = "lab.example.com";
  const visit = (label: string, path: string, cookie = "") =>
    ask(port, `${label}.${domain}`, path, { headers: { ...navigation, cookie } });

  /**
   * The status for a user with these claims: 401 if they identify nobody, 403 if the user is denied, or 502 because the allowed request
   * finds no app. Vouch's own name of the user is on every list.
   */
  const answerTo = async (claims: Record<string, unknown>) => {
    const nobody = { email: undefined, email_verified: undefined, username: "ann-lee" };
    const person = visitor(() => port, "", domain, { ...nobody, ...claims });
    return (await person.visit(`jupyter.${domain}`, "/lab", { headers: navigation })).status;
  };

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

      const enter = redirectOf(await visit("jupyter", "/lab"));
      const begun = await visit("vouch", redirectOf(await visit("vouch", enter)));
      assert.equal(begun.status, 302);
      const location = String(begun.headers.location);
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
    assert.equal(await answerTo({ login: "ann-lee" }), 502);
    assert.equal(await answerTo({ login: "Ann-Lee" }), 502);
    for (const login of ["bob", "ann-lee2", "true:ann-lee"]) assert.equal(await answerTo({ login }), 403, login);
    assert.equal(await answerTo({ login: "" }), 401);
  });

  it("at GitHub is not allowed by an answer about a user of another provider", async () => {
    assert.equal(await answerTo({ email: "ann-lee", email_verified: true }), 401);
    assert.equal(await answerTo({}), 401);
  });

  it("elsewhere is allowed by a verified address, and never by a name", async () => {
    const atGitHub = await visitor(() => port, "", domain, {
      email: undefined,
      login: "ann-lee",
      username: "ann-lee",
    }).at(`jupyter.${domain}`);
    assert.equal((await visit("jupyter", "/lab", atGitHub)).status, 502);
    const { code, output } = await site.release({
      settings: { target: "gcp", signIn: { ...oidc, ...client }, allow: ["ann@example.com", "@example.org"] },
      layout: { httpsPort: port },
    });
    assert.equal(code, 0, output);
    assert.equal((await visit("jupyter", "/lab", atGitHub)).status, 302, "a session of another provider");
    assert.equal(await answerTo({ email: "ann@example.com", email_verified: true }), 502);
    assert.equal(await answerTo({ email: "Bob@Example.org", email_verified: "true" }), 502);
    assert.equal(await answerTo({ email: "ann@example.com", email_verified: false }), 401);
    assert.equal(await answerTo({ email: "ann@example.com" }), 401);
    assert.equal(await answerTo({ login: "ann@example.com", username: "ann@example.com" }), 401);
  });
});
