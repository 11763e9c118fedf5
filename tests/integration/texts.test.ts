/** Texts of many settings in one site, as the real programs read them. textRows.ts names the settings that this file covers. */
import assert from "node:assert/strict";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { hashSync } from "bcryptjs";
import { freePort } from "../../offline/support/freePort.ts";
import { run } from "../support/command.ts";
import { type RunningSite, runningSite } from "../support/runningSite.ts";
import { bundleWith, type Changes } from "../support/site.ts";
import { oddNames, oddPath, oddTexts, packed } from "../support/texts.ts";
import { contentOf } from "../support/unpack.ts";
import { type Answer, ask, visitor } from "../support/visitor.ts";
import { rows } from "../unit/settings/textRows.ts";

const domain = "lab.example.com";
const addresses = [
  "o'brien+x@example.com",
  "~x&y=z!#/%@example.com",
  "-x@xn--mnchen-3ya.de",
  "default@example.com",
  `${"a".repeat(64)}@${"b".repeat(60)}.${"c".repeat(60)}.${"d".repeat(60)}.com`,
] as const;
const strangers = [
  "obrien+x@example.com",
  "o'brien x@example.com",
  "~x&y=z!@example.com",
  "-x@münchen.de",
  "x@sub.example.co.uk",
  "x@example-co.uk",
];
const password = `pä ss"'$\\ {{x}} &=+%`;

const running = ["0b11", "people"];
const others = [...oddNames.filter((name) => !running.includes(name)), "x".repeat(32)];
const titles = packed(
  oddTexts.filter((text) => /^[^\p{C}<>"\\$]{1,64}$/u.test(text)),
  64,
);
const passwords = packed(oddTexts, 100);

const app = { image: "traefik/whoami:v1.11.0", port: 80, database: true };
const apps = [
  ...running.map((name) => ({ ...app, name, volumes: ["/-x", "/0755"] })),
  ...others.map((name, index) => ({ ...app, name, ...(titles[index] ? { title: titles[index] } : {}) })),
].map((each) => (each.name === "0b11" ? { ...each, allow: [addresses[1]] } : each));

// Each is used.
assert.ok(titles.length <= others.length && passwords.length <= apps.length, `${titles.length} ${passwords.length}`);

const users = addresses.map((email) => ({ email }));
const changes: Changes = {
  settings: {
    domain,
    home: "1e3",
    allow: [...addresses, "@example.co.uk"],
    signIn: { provider: "dex", users },
    database: "true",
    apps,
  },
  secrets: {
    oidcClientSecret: packed(oddTexts, 1000)[0] ?? "",
    passwordHashes: Object.fromEntries(addresses.map((email) => [email, hashSync(password, 10)])),
    databaseRootPassword: passwords.at(-1) ?? "",
    appDatabasePasswords: Object.fromEntries(apps.map(({ name }, index) => [name, passwords[index] ?? `x ${index}`])),
  },
};

describe("A site with odd texts in its settings", () => {
  let site: RunningSite;
  let port: number;
  const page = { accept: "text/html", "sec-fetch-mode": "navigate" };

  const visit = (name: string, address: string) =>
    visitor(() => port, address, domain).visit(`${name}.${domain}`, "/", { headers: page });

  beforeAll(async () => {
    site = runningSite(["nginx", "vouch", "dex", "mariadb", ...running]);
    port = await freePort();
    const layout = { data: `${site.host.folder}/${oddPath}`, httpsPort: port, httpPort: await freePort() };
    const { code, output } = await site.release({ ...changes, layout });
    assert.equal(code, 0, output);
  });
  afterAll(() => site?.remove());

  it("allows the users on its allow list, and passes their addresses to apps", async () => {
    for (const address of [...addresses, "x@example.co.uk"]) {
      const { status, body } = await visit("people", address);
      assert.equal(status, 200, address);
      assert.ok(body.includes(`\nX-Auth-User: ${address}\n`), body);
    }
    for (const address of strangers) assert.equal((await visit("people", address)).status, 403, address);
  });

  it("allows the users on an app's own allow list at that app", async () => {
    for (const address of addresses)
      assert.equal((await visit("0b11", address)).status, address === addresses[1] ? 200 : 403, address);
  });

  it("signs users in with their password, by a client secret that Vouch and Dex read alike", async () => {
    const answer = await signIn(addresses[1]);
    assert.equal(answer.status, 200, answer.body);
    assert.ok(answer.body.includes(`\nX-Auth-User: ${addresses[1]}\n`), answer.body);
  });

  it("shows each title on its front page", async () => {
    const { status, body } = await visit("1e3", addresses[0]);
    assert.equal(status, 200);
    for (const title of titles) assert.ok(body.includes(`"title">${title.replaceAll("&", "&amp;")}</span>`), title);
  });

  it("has a database for each app, which its user can open with the password", async () => {
    const asked = apps.map(({ name }) => {
      const env = ["env", `MYSQL_PWD=${changes.secrets?.appDatabasePasswords?.[name]}`];
      const client = ["mariadb", "--protocol=tcp", "--host=mariadb", "--skip-ssl", `--user=${name}`, "-N", "-B", name];
      return site.exec("mariadb", [...env, ...client], "SELECT DATABASE(), CURRENT_USER()");
    });
    assert.deepEqual(
      await Promise.all(asked),
      apps.map(({ name }) => ({ code: 0, output: `${name}\t${name}@%\n` })),
    );
  });

  /** Signs a user in like a browser: follows redirects with all cookies, and fills in the form. */
  async function signIn(login: string): Promise<Answer> {
    const cookies = new Map<string, string>();
    let url = new URL(`https://people.${domain}:${port}/`);
    let form: Record<string, string> | undefined;
    for (let step = 0; step < 15; step++) {
      const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join("; ");
      const question = { headers: { ...page, cookie }, ...(form ? { form } : {}) };
      const answer = await ask(port, url.hostname, url.pathname + url.search, question);
      for (const set of [answer.headers["set-cookie"] ?? []].flat()) {
        const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(set) ?? [];
        cookies.set(name, value);
      }
      form = /<input id="password"/.test(answer.body) ? { login, password } : undefined;
      if (form) continue;
      if (!answer.headers.location) return answer;
      url = new URL(String(answer.headers.location), url);
    }
    throw new Error(`no end at ${url}`);
  }
});

describe("A YAML parser written in Go, as in Vouch and Dex,", () => {
  const given = oddTexts.filter((text) => text !== "" && text.trim() === text);

  /** A document as parsed in Go: Compose prints unknown content under a key that starts with `x-`. */
  async function readByGo(document: string): Promise<Record<string, never>> {
    const lines = document.split("\n").map((line) => `  ${line}`);
    const file = ["services: {a: {image: a}}", "x-document:", ...lines].join("\n");
    const compose = ["compose", "--project-name", "x", "--file", "-", "config", "--no-interpolate", "--format", "json"];
    const { code, output } = await run("docker", compose, { input: file });
    assert.equal(code, 0, output);
    return JSON.parse(output)["x-document"];
  }

  it("reads a provider's client ID and secret byte for byte", async () => {
    const urls = rows["signIn.authUrl"]?.taken ?? [];
    assert.ok(urls.length > 0);
    const texts = [...given, packed(oddTexts, 1000)[0] ?? ""];
    const expected = texts.map((text, index) => {
      const url = urls[index % urls.length];
      return { client_id: text, client_secret: text, auth_url: url, token_url: url, user_info_url: url };
    });
    // Many configs as the entries of one list are one document.
    const configs = expected.map(({ client_id, client_secret, auth_url }) => {
      const urls = { authUrl: auth_url, tokenUrl: auth_url, userInfoUrl: auth_url };
      const signIn = { provider: "oidc", clientId: client_id, clientSecret: client_secret, ...urls };
      const changes = { settings: { signIn }, secrets: { oidcClientSecret: client_secret } };
      return contentOf(bundleWith(changes).secrets, "config.yml");
    });
    const list = configs.map((config) => `-\n${config.replace(/^/gm, "  ")}`).join("\n");
    const read = (await readByGo(list)) as unknown as { oauth: Record<string, string> }[];
    assert.deepEqual(
      read.map(({ oauth: { client_id, client_secret, auth_url, token_url, user_info_url } }) => {
        return { client_id, client_secret, auth_url, token_url, user_info_url };
      }),
      expected,
    );
  });

  it("reads users' addresses and names byte for byte", async () => {
    const names = packed(
      given.filter((text) => /^[^\p{C}"\\$]{1,64}$/u.test(text)),
      20,
    );
    const people = names.map((name, index) => ({ email: addresses[index] ?? `x${index}@example.com`, name }));
    const config = contentOf(bundleWith({ settings: { signIn: { users: people } } }).secrets, "config.yaml");
    const { staticPasswords } = (await readByGo(config)) as unknown as { staticPasswords: Record<string, string>[] };
    assert.deepEqual(
      staticPasswords.map(({ email, username }) => ({ email, name: username })),
      people,
    );
  });
});
