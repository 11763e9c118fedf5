import assert from "node:assert/strict";
import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { Agent } from "node:https";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { freePort } from "../../offline/support/freePort.ts";
import { run } from "../support/command.ts";
import { type RunningSite, runningSite } from "../support/runningSite.ts";
import { type Changes, secrets } from "../support/site.ts";
import { oddTexts } from "../support/texts.ts";
import { until } from "../support/until.ts";
import { ask, type Question, type Visitor, visitor } from "../support/visitor.ts";

const phpdemo = {
  name: "phpdemo",
  title: "Wine & cheese",
  image: "docker.io/serversideup/php:8.4-fpm-nginx-v4.5.3",
  port: 8080,
  path: "/healthcheck",
  files: { "/var/www/html": "files/php-demo" },
  volumes: ["/var/lib/demo"],
  database: true,
  schema: "files/php-demo/schema.sql",
};
const whoami = { name: "whoami", image: "traefik/whoami:v1.11.0", port: 80 };
const odd = `it's "odd" $HOME \\ #1 \\'`;

describe("Released apps", () => {
  let site: RunningSite;
  let httpsPort: number;
  let httpPort: number;
  const page = { accept: "text/html", "sec-fetch-mode": "navigate" };

  const withApps = (apps: object[], more: Record<string, unknown> = {}): Changes => ({
    settings: {
      domain: "lab.example.com",
      allow: ["ann@example.com", "bob@example.com"],
      signIn: { provider: "dex", users: [{ email: "ann@example.com", name: "Ann <b>Lee</b>" }] },
      database: "true",
      apps,
      ...more,
    },
    layout: { httpsPort, httpPort },
    secrets: {
      appDatabasePasswords: { phpdemo: secrets.appDatabasePasswords.phpdemo ?? "", second: "secret-second" },
      appSecrets: { whoami: { WHOAMI_NAME: odd } },
    },
  });
  async function released(changes: Changes): Promise<string> {
    const { code, output } = await site.release(changes);
    assert.equal(code, 0, output);
    return output;
  }

  const people = new Map<string, Visitor>();
  const as = (email: string, name: string, path: string, question: Question = {}) => {
    const person = people.get(email) ?? visitor(() => httpsPort, email);
    people.set(email, person);
    return person.visit(name, path, { ...question, headers: { ...page, ...question.headers } });
  };
  const ann = (name: string, path = "/", question: Question = {}) =>
    as("ann@example.com", `${name}lab.example.com`, path, question);
  const services = async () => {
    const { output } = await run("docker", [
      "ps",
      "--all",
      "--no-trunc",
      "--filter",
      `label=com.docker.compose.project=${site.project}`,
      "--format",
      '{{.Label "com.docker.compose.service"}} {{.ID}}',
    ]);
    return Object.fromEntries(
      output
        .split("\n")
        .filter(Boolean)
        .map((line) => line.split(" ")),
    ) as Record<string, string>;
  };
  /** The services on each network, by the network's name. */
  async function networks(): Promise<Record<string, string[]>> {
    const names = (
      await run("docker", [
        "network",
        "ls",
        "--filter",
        `label=com.docker.compose.project=${site.project}`,
        "--format",
        "{{.Name}}",
      ])
    ).output
      .split("\n")
      .filter(Boolean);
    const found: Record<string, string[]> = {};
    for (const name of names) {
      const { output } = await run("docker", [
        "network",
        "inspect",
        "--format",
        "{{range .Containers}}{{.Name}} {{end}}",
        name,
      ]);
      const members = output.trim().split(" ").filter(Boolean);
      found[name.replace(`${site.project}_`, "")] = members
        .map((member) => member.replace(`${site.project}-`, "").replace(/-1$/, ""))
        .sort();
    }
    return found;
  }

  async function asPhpdemo(sql: string): Promise<string> {
    const password = `MYSQL_PWD=${secrets.appDatabasePasswords.phpdemo}`;
    const client = ["env", password, "mariadb", "--skip-ssl", "-uphpdemo", "phpdemo", "--execute", sql];
    const { code, output } = await site.exec("mariadb", client);
    assert.equal(code, 0, output);
    return output;
  }

  beforeAll(async () => {
    site = runningSite(["nginx", "vouch", "mariadb", "phpdemo", "whoami", "second"]);
    [httpsPort, httpPort] = [await freePort(), await freePort()];
    await released(withApps([phpdemo]));
  });
  afterAll(() => site.remove());

  it("answer only signed-in users", async () => {
    const { status, body } = await ann("phpdemo.");
    assert.equal(status, 200, body);
    assert.match(body, /<span class="wine">Port<\/span> <span class="cheese">Stilton<\/span>/);
    assert.equal((await ask(httpsPort, "phpdemo.lab.example.com", "/", { headers: page })).status, 302);
    assert.equal(
      (await ask(httpsPort, "phpdemo.lab.example.com", "/", { headers: { "x-auth-user": "ann@example.com" } })).status,
      401,
    );
    assert.equal((await as("mallory@example.com", "phpdemo.lab.example.com", "/")).status, 403);
  });

  it("get the user's name as text that a page must escape", async () => {
    const { body } = await ann("phpdemo.", "/", {
      headers: { "x-auth-name": "Mallory", "x-auth-user": "mallory@example.com" },
    });
    assert.match(body, /Signed in as Ann &lt;b&gt;Lee&lt;\/b&gt; \(ann@example\.com\)/);
    assert.doesNotMatch(body, /mallory/i);
  });

  it("have their volumes, owned by the image's user", async () => {
    const { uid, gid } = statSync(`${site.host.layout.data}/apps/phpdemo/var~lib~demo`);
    assert.deepEqual({ uid, gid }, { uid: 33, gid: 33 });
    const { code, output } = await site.exec("phpdemo", ["sh", "-c", "id -u && echo kept > /var/lib/demo/file"]);
    assert.deepEqual({ code, output }, { code: 0, output: "33\n" });
    assert.equal((await site.exec("phpdemo", ["touch", "/var/www/html/public/x.php"])).code, 1);
  });

  describe("The wine and cheese demo", () => {
    /** The cookie and the form token that a browser has after it opened the list. */
    async function opened(): Promise<{ cookie: string; token: string; body: string }> {
      const { headers, body } = await ann("phpdemo.");
      const [set = ""] = headers["set-cookie"] ?? [];
      assert.match(set, /^__Host-pairings=[^;]+; path=\/; secure; HttpOnly; SameSite=Strict$/i);
      const token = /name="token" value="([0-9a-f]{32})"/.exec(body)?.[1] ?? "";
      assert.notEqual(token, "");
      return { cookie: set.split(";")[0] ?? "", token, body };
    }
    /** Sends a form of the page, and returns the next page. */
    async function send(fields: Record<string, string>) {
      const { cookie, token } = await opened();
      const { status, headers } = await ann("phpdemo.", "/", { headers: { cookie }, form: { token, ...fields } });
      assert.deepEqual([status, headers.location], [303, "/"]);
      return (await ann("phpdemo.", "/", { headers: { cookie } })).body;
    }
    const rows = async () =>
      (
        await site.exec("mariadb", [
          "mariadb",
          "--skip-ssl",
          "-uphpdemo",
          `-p${secrets.appDatabasePasswords.phpdemo}`,
          "-h127.0.0.1",
          "-NB",
          "-e",
          "SELECT id, wine, cheese FROM pairings ORDER BY id",
          "phpdemo",
        ])
      ).output
        .trim()
        .split("\n");

    it("adds, changes and removes a pairing, each with a message", async () => {
      assert.match(
        await send({ action: "save", wine: " Riesling ", cheese: "Munster" }),
        /The pairing is added\.[\s\S]*Riesling<\/span> <span class="cheese">Munster/,
      );
      const [id = ""] = (await rows()).find((row) => row.endsWith("Riesling\tMunster"))?.split("\t") ?? [];
      assert.match((await ann("phpdemo.", `/?edit=${id}`)).body, /value="Riesling"[\s\S]*Save/);
      assert.match(
        await send({ action: "save", id, wine: "Riesling", cheese: "Époisses 李" }),
        /The pairing is saved\.[\s\S]*Époisses 李/,
      );
      assert.match(
        await send({ action: "save", id, wine: "Riesling", cheese: "Époisses 李" }),
        /The pairing is saved\./,
      );
      assert.match(await send({ action: "remove", id }), /The pairing is removed\./);
      assert.match(await send({ action: "remove", id }), /That pairing was gone already\./);
      assert.match(
        await send({ action: "save", id, wine: "Riesling", cheese: "Munster" }),
        /That pairing is gone; nothing was saved\./,
      );
      assert.equal((await rows()).length, 2);
    });

    it("refuses values that the table would refuse", async () => {
      for (const wine of ["", "  ", "x".repeat(101), "a\nb", "a\0b"])
        assert.match(
          await send({ action: "save", wine, cheese: "Brie" }),
          /Nothing was saved: wine and cheese each need 1 to 100/,
        );
      assert.match(await send({ action: "save", wine: "ü".repeat(100), cheese: "Brie" }), /The pairing is added/);
      const [id = ""] = (await rows()).find((row) => row.includes("ü"))?.split("\t") ?? [];
      await send({ action: "remove", id });
    });

    for (const attack of [
      "x', 'y'); DROP TABLE pairings; -- ",
      "' OR '1'='1",
      '"; DELETE FROM pairings; #',
      "\\'; DROP TABLE pairings; -- ",
      "1 UNION SELECT user, password FROM mysql.user",
    ])
      it(`stores SQL as plain text: ${attack}`, async () => {
        const before = await rows();
        await send({ action: "save", wine: attack, cheese: attack });
        const added = (await rows()).filter((row) => !before.includes(row));
        assert.equal(added.length, 1);
        const [id = "", wine] = added[0]?.split("\t") ?? [];
        assert.equal(wine?.replaceAll("\\\\", "\\"), attack.trim());
        // As a number, it matches no row.
        await send({ action: "remove", id: `${id} OR 1=1` });
        await send({ action: "remove", id: attack });
        assert.deepEqual(await rows(), [...before, added[0]]);
        assert.equal((await ann("phpdemo.", `/?edit=${encodeURIComponent(attack)}`)).status, 200);
        await send({ action: "remove", id });
        assert.deepEqual(await rows(), before);
      });

    for (const attack of [
      "<script>alert(1)</script>",
      '"><img src=x onerror=alert(1)>',
      "' onfocus='alert(1)",
      "</span><svg/onload=alert(1)>",
      "{{7*7}}<?= 7 ?>",
    ])
      it(`shows markup as plain text: ${attack}`, async () => {
        const body = await send({ action: "save", wine: attack, cheese: attack });
        assert.equal(body.includes(attack), false);
        const [id = ""] = (await rows()).at(-1)?.split("\t") ?? [];
        const { body: form } = await ann("phpdemo.", `/?edit=${id}`);
        assert.equal(form.includes(attack), false);
        const escaped = attack
          .replaceAll("&", "&amp;")
          .replaceAll("<", "&lt;")
          .replaceAll(">", "&gt;")
          .replaceAll('"', "&quot;")
          .replaceAll("'", "&#039;");
        assert.ok(body.includes(`<span class="wine">${escaped}</span>`), body);
        assert.ok(form.includes(`value="${escaped}"`), form);
        await send({ action: "remove", id });
      });

    it("forbids scripts in its pages by its Content-Security-Policy", async () => {
      const { headers } = await ann("phpdemo.");
      assert.match(
        String(headers["content-security-policy"]),
        /^default-src 'none'; style-src 'self'; img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'$/,
      );
    });

    it("refuses a form without the token of its own page", async () => {
      const before = await rows();
      const { cookie, token } = await opened();
      const other = await opened();
      const form = { action: "save", wine: "Forged", cheese: "Forged" };
      const forged: Question[] = [
        { form },
        { form, headers: { cookie } },
        { form: { ...form, token: "" }, headers: { cookie } },
        { form: { ...form, token: other.token }, headers: { cookie } },
        { form: { ...form, "token[]": token }, headers: { cookie } },
        { form: { ...form, token } },
      ];
      for (const question of forged) {
        const { status, body } = await ann("phpdemo.", "/", question);
        assert.deepEqual([status, /it did not come from this site/.test(body)], [403, true]);
      }
      // A link or an image of another site can only send a GET request.
      await ann("phpdemo.", `/?action=remove&id=1&token=${token}`, { headers: { cookie } });
      assert.deepEqual(await rows(), before);
    });

    it("serves its pages, but not its code and its schema", async () => {
      for (const path of ["/schema.sql", "/src/page.php", "/../schema.sql", "/..%2fschema.sql"]) {
        const { body } = await ann("phpdemo.", path);
        assert.doesNotMatch(body, /CREATE TABLE|<\?php|function /, path);
      }
      assert.match((await ann("phpdemo.", "/style.css")).body, /color-scheme: light dark/);
    });

    it("reports that the database is down, and recovers with it", async () => {
      await run("docker", ["stop", "--time", "30", await site.container("mariadb")]);
      try {
        const { status, headers, body } = await ann("phpdemo.");
        assert.deepEqual([status, headers.refresh], [503, "5"]);
        assert.match(body, /The database does not answer/);
        assert.doesNotMatch(body, /SQLSTATE|PDO|secret/);
      } finally {
        await run("docker", ["start", await site.container("mariadb")]);
      }
      await until("well again", async () => (await ann("phpdemo.")).status === 200);
    });
  });

  it("are added without a failed request to the others, and without recreating a container", async () => {
    const before = await services();
    const agent = new Agent({ keepAlive: true, maxSockets: 4 });
    const failed: string[] = [];
    let asked = 0;
    let going = true;
    const loop = async (keptAlive: Agent | false) => {
      while (going) {
        asked++;
        const answer = await ann("phpdemo.", "/style.css", { agent: keptAlive }).catch((error: Error) => ({
          status: error.message,
        }));
        if (answer.status !== 200) failed.push(String(answer.status));
        await sleep(10);
      }
    };
    const loops = [loop(agent), loop(agent), loop(false)];
    let output: string;
    try {
      output = await released(
        withApps([phpdemo, { ...whoami, websocket: true, secrets: { WHOAMI_NAME: "from the settings" } }]),
      );
      await released(withApps([phpdemo]));
      await released(withApps([phpdemo, { ...whoami, websocket: true }]));
    } finally {
      going = false;
      await Promise.all(loops);
      agent.destroy();
    }
    const { output: log } = await run("docker", ["logs", "--tail", "50", await site.container("nginx")]);
    assert.deepEqual(failed, [], log);
    assert.ok(asked > 50, `${asked}`);
    assert.match(output, /phpdemo: keeps running\nvouch: keeps running\nwhoami: starts\n/);
    const { whoami: added, ...others } = await services();
    assert.ok(added);
    assert.deepEqual(others, before);
  });

  it("get their variables byte for byte, with no secret one in the release", async () => {
    const texts = [...oddTexts, "x".repeat(1 << 16)];
    const environment = Object.fromEntries(texts.map((text, index) => [`PLAIN_${index}`, text]));
    const secret = Object.fromEntries(Object.entries(environment).map(([name, text]) => [`SECRET_${name}`, text]));
    const changes = withApps([phpdemo, { ...whoami, websocket: true, environment, secrets: { WHOAMI_NAME: "x" } }]);
    const appSecrets = { whoami: { WHOAMI_NAME: odd, ...secret } };
    await released({ ...changes, secrets: { ...changes.secrets, appSecrets } });
    const { body } = await ann("whoami.");
    assert.ok(body.startsWith(`Name: ${odd}\n`), body);
    const { output } = await site.exec("whoami", ["printenv", "--null"]);
    const found = Object.fromEntries(output.split("\0").map((line) => line.split(/=(.*)/s)));
    for (const [name, text] of Object.entries({ ...environment, ...secret })) assert.equal(found[name], text, name);
    assert.match(
      (await site.exec("phpdemo", ["printenv", "DATABASE_URL"])).output,
      /^mysql:\/\/phpdemo:secret-database-phpdemo@mariadb:3306\/phpdemo\n$/,
    );
    const compose = site.host.read("current/compose.yaml");
    assert.doesNotMatch(compose, /SECRET_|secret-database/);
    const [file = ""] = /\/\S+\/whoami\/\w+\/environment/.exec(compose) ?? [];
    assert.equal(statSync(file).mode & 0o777, 0o600);
  });

  it("get the user's address but not the session's cookie, nor one of an earlier version", async () => {
    const { body } = await ann("whoami.", "/", {
      headers: { cookie: "VouchCookie=x; own=1", authorization: "Bearer x", "x-vouch-user": "x" },
    });
    assert.match(body, /^X-Auth-User: ann@example\.com$/m);
    assert.match(body, /^Cookie: own=1$/m);
    assert.doesNotMatch(body, /__Host-session|VouchCookie|Authorization|X-Vouch-User|X-Door-Secret/i);
  });

  it("accept WebSockets only if the settings allow it", async () => {
    const upgrade = {
      connection: "Upgrade",
      upgrade: "websocket",
      "sec-websocket-version": "13",
      "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
    };
    assert.equal((await ann("whoami.", "/echo", { headers: upgrade })).status, 101);
    assert.equal((await ask(httpsPort, "whoami.lab.example.com", "/echo", { headers: upgrade })).status, 401);
    await released(withApps([phpdemo, whoami]));
    assert.equal((await ann("whoami.", "/echo", { headers: upgrade })).status, 400);
  });

  it("share no network with each other or with notebooks", async () => {
    const second = { ...phpdemo, name: "second", files: { "/var/www/html": "files/php-demo" }, volumes: [] };
    await released(withApps([phpdemo, whoami, second]));
    const { "sign-in": signIn, jupyter, db, ...ofApps } = await networks();
    assert.deepEqual([signIn, jupyter, db], [["nginx", "vouch"], ["nginx"], ["mariadb"]]);
    /** The apps on each of the four networks of a kind, beside the service on all of them. */
    const apps = (kind: string, service: string) =>
      [1, 2, 3, 4].map((number) => {
        const on = ofApps[`${kind}-${number}`] ?? [];
        assert.ok(on.includes(service), `${kind}-${number}`);
        return on.filter((member) => member !== service);
      });
    assert.equal(Object.keys(ofApps).length, 8);
    const visited = apps("to", "nginx");
    const queried = apps("db", "mariadb");
    for (const alone of [...visited, ...queried]) assert.ok(alone.length < 2, `${alone}`);
    assert.deepEqual(visited.flat().sort(), ["phpdemo", "second", "whoami"]);
    assert.deepEqual(queried.flat().sort(), ["phpdemo", "second"]);
    const internal = ["network", "inspect", "--format", "{{.Internal}}"];
    for (const number of [1, 2, 3, 4])
      assert.equal((await run("docker", [...internal, `${site.project}_db-${number}`])).output, "true\n");
    assert.equal((await ann("second.")).status, 200);
  });

  it("can have their own allow lists, which the front page applies, too", async () => {
    await released(
      withApps([
        phpdemo,
        { ...whoami, title: "Who am I?", allow: ["@elsewhere.test", "bob@example.com", "mallory@example.com"] },
      ]),
    );
    const bob = (name: string) => as("bob@example.com", `${name}lab.example.com`, "/");
    assert.deepEqual([(await ann("whoami.")).status, (await bob("whoami.")).status], [403, 200]);
    // On the app's list, but not on the site's.
    assert.equal((await as("mallory@example.com", "whoami.lab.example.com", "/")).status, 403);
    assert.equal((await as("x@elsewhere.test", "whoami.lab.example.com", "/")).status, 403);
    assert.match((await bob("")).body, /Who am I\?/);
    const { body } = await ann("");
    assert.doesNotMatch(body, /Who am I\?/);
    assert.match(body, /Wine &amp; cheese/);
  });

  it("each have a tile on the front page, which shows the user and runs no script", async () => {
    const { status, headers, body } = await ann("");
    assert.equal(status, 200, body);
    assert.match(body, /Signed in as Ann &lt;b&gt;Lee&lt;\/b&gt;/);
    assert.match(body, new RegExp(`href="https://phpdemo\\.lab\\.example\\.com:${httpsPort}/"`));
    assert.doesNotMatch(body, /<!--#|<script|class="notice"/);
    assert.match(String(headers["content-security-policy"]), /^default-src 'none'; style-src 'sha256-/);
    assert.equal(headers["cache-control"], "no-store, no-transform");
    assert.equal((await ann("", "/elsewhere")).status, 404);
    assert.equal((await ask(httpsPort, "lab.example.com", "/", { headers: page })).status, 302);
    assert.equal((await ask(httpsPort, "lab.example.com", "/")).status, 401);
  });

  it("and the front page get users' names byte for byte", async () => {
    const shown = oddTexts.filter((text) => /^[^\p{C}"\\$]{1,64}$/u.test(text) && !/^[\w.:+-]+$|^\s|\s$/.test(text));
    assert.ok(shown.length > 25, `${shown.length}`);
    const users = shown.map((name, index) => ({ email: `person-${index}@example.com`, name }));
    await released(withApps([phpdemo, whoami], { allow: ["@example.com"], signIn: { provider: "dex", users } }));
    for (const { email, name } of users) {
      const escaped = name.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
      const front = await as(email, "lab.example.com", "/");
      assert.ok(front.body.includes(`<span class="person">Signed in as ${escaped}</span>`), name);
      const app = await as(email, "phpdemo.lab.example.com", "/");
      assert.ok(
        app.body.includes(`Signed in as ${escaped.replaceAll("'", "&#039;")} (${email})`),
        `${name}\n${app.body}`,
      );
    }
  });

  it("do not answer on the bare domain if the front page has its own host name", async () => {
    await released(withApps([phpdemo, whoami], { home: "home" }));
    assert.equal((await ann("home.")).status, 200);
    assert.equal((await ann("")).status, 404);
    await released(withApps([phpdemo, whoami]));
  });

  it("are refused if their image cannot be pulled, with the setting's name and the running site unchanged", async () => {
    const before = await services();
    const { code, output } = await site.release(
      withApps([phpdemo, whoami, { ...whoami, name: "second", image: "traefik/nobody:v1" }]),
      { pulled: false },
    );
    assert.equal(code, 1);
    assert.match(
      output,
      /The image \S+traefik\/nobody:v1 could not be pulled\. Nothing was changed\. Check its name and tag \(apps\[2\]\.image\), and/,
    );
    assert.deepEqual(await services(), before);
    assert.equal((await ann("whoami.")).status, 200);
  });

  it("that do not start are removed by the rollback", async () => {
    const before = await services();
    const { code, output } = await site.release(
      withApps([phpdemo, whoami, { ...whoami, name: "second", environment: { WHOAMI_PORT_NUMBER: "none" } }]),
    );
    assert.equal(code, 1);
    assert.match(output, /second stopped by itself\. Last lines of its log:/);
    assert.match(output, /The previous release \(\w+\) was put back and is running\./);
    assert.deepEqual(await services(), before);
    assert.equal((await ann("whoami.")).status, 200);
  });

  it("cannot be added while nginx refuses its files: the reload fails", async () => {
    const file = `${site.host.layout.root}/files/nginx/current/nginx.conf`;
    const good = readFileSync(file, "utf8");
    chmodSync(file, 0o644);
    writeFileSync(file, `${good}\nno_such_directive on;\n`);
    try {
      assert.deepEqual(await site.exec("nginx", ["sh", "/site/current/reload.sh"]), {
        code: 1,
        output: "nginx goes on with the files that it had; its log says why.\n",
      });
    } finally {
      writeFileSync(file, good);
    }
    assert.deepEqual(await site.exec("nginx", ["sh", "/site/current/reload.sh"]), { code: 0, output: "" });
  });

  it("answer again after nginx was recreated", async () => {
    await run("docker", ["rm", "--force", await site.container("nginx")]);
    await released(withApps([phpdemo, whoami]));
    assert.equal((await ann("phpdemo.")).status, 200);
    assert.equal((await ann("whoami.")).status, 200);
  });

  it("leave only their data when removed, until `purge` deletes it", async () => {
    const data = `${site.host.layout.data}/apps`;
    mkdirSync(`${data}/other`, { recursive: true });
    writeFileSync(`${data}/other/file`, "");
    await asPhpdemo("CREATE TABLE made_later (a INT)");
    const failed = await site.release(
      withApps([whoami, { ...whoami, name: "second", environment: { WHOAMI_PORT_NUMBER: "none" } }], {
        purge: ["phpdemo"],
      }),
    );
    assert.match(failed.output, /The previous release \(\w+\) was put back and is running\./);
    assert.match(await asPhpdemo("SHOW TABLES"), /made_later/, "a release that failed has purged nothing");
    await released(withApps([whoami]));
    assert.deepEqual(Object.keys(await services()).sort(), ["mariadb", "nginx", "vouch", "whoami"]);
    assert.deepEqual(
      Object.values(await networks())
        .flat()
        .sort(),
      [...Array(5).fill("mariadb"), ...Array(6).fill("nginx"), ...["vouch", "whoami"]],
    );
    assert.equal((await ann("phpdemo.")).status, 404);
    assert.ok(existsSync(`${data}/phpdemo/var~lib~demo/file`));
    const output = await released(withApps([whoami], { purge: ["phpdemo", "never"] }));
    assert.ok(
      output.includes(`The data of phpdemo was removed, as the setting purge says (${data}/phpdemo).\n`),
      output,
    );
    assert.match(output, /^mariadb says: The database phpdemo was removed, as the setting purge says\.$/m);
    assert.doesNotMatch(output, /never/);
    assert.equal(existsSync(`${data}/phpdemo`), false);
    assert.ok(existsSync(`${data}/other/file`));
  });
});
