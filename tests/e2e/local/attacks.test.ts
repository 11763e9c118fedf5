import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { appendFile, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { run } from "../../support/command.ts";
import { sessionOf } from "../../support/sealed.ts";
import { sessionSettingsIn } from "../../support/unpack.ts";
import { type Answer, ask } from "../../support/visitor.ts";
import { Clone } from "../support/clone.ts";
import { containerIds, docker } from "../support/docker.ts";
import { formSignIn, type Jar } from "../support/formSignIn.ts";
import {
  type Attempt,
  get,
  http1,
  http2,
  type Label,
  nameOf,
  originOf,
  page,
  script,
  site,
  titleOf,
  toSignIn,
  type Visitor,
} from "./attacks/attempt.ts";
import { table } from "./attacks/table.ts";
import { type Outcome, send } from "./attacks/wire.ts";

const project = "jupyter-up-local";
const part = "A".repeat(43);
const loginPath = `/login?url=${originOf("vouch")}/enter/${nameOf("jupyter")}/${"0".repeat(32)}/${part}/${part}`;
/** A text in a notebook, in the app's database and in the app's title: a response with it has passed the door. */
const marker = `marker-${randomUUID()}`;

describe("the site, attacked from outside,", () => {
  let clone: Clone;
  const stranger: Visitor = {};
  /** A user with a session who is not on the allow list, like one who was removed a moment ago. Each attempt has a session of its own. */
  const outsider: Visitor = {
    token: (label) => sessionOf(sessions(), rotation, "out@example.com", nameOf(label)),
  };
  const jar: Jar = {};
  const allowed: Visitor = { token: (label) => jar[nameOf(label)]?.["__Host-session"] ?? "" };
  const sessions = () => join(clone.folder, ".state/local/data/sessions");
  let rotation = "";
  let refused: { answer: Answer; jar: Jar };
  let containersAtFirst: Record<string, string>;

  beforeAll(async () => {
    clone = await Clone.make();
    await clone.pulumi("config", "set", "--path", "signIn.users[1].email", "out@example.com");
    await clone.pulumi("config", "set", "--path", "apps[0].title", marker);
    await appendFile(
      join(clone.folder, "files/php-demo/schema.sql"),
      `INSERT INTO pairings (wine, cheese) VALUES ('${marker}', 'x');\n`,
    );
    const { code, text } = await clone.npm("start");
    assert.equal(code, 0, text);
    await writeFile(join(clone.folder, "notebooks/marker.txt"), marker);
    const passwords = JSON.parse(await clone.output("passwords"));
    const signIn = (label: Label, email: string, into: Jar) =>
      formSignIn(new URL(`${originOf(label)}/`), email, passwords[email], into);
    const outsiders: Jar = {};
    refused = { jar: outsiders, answer: await signIn("jupyter", "out@example.com", outsiders) };
    for (const label of ["jupyter", "phpdemo", "front"] as const)
      assert.equal((await signIn(label, "you@example.com", jar)).status, 200, label);
    const settings = await readFile(
      join(clone.folder, ".state/local/site/files/nginx/current/session/settings.js"),
      "utf8",
    );
    rotation = sessionSettingsIn(settings).rotation;
    containersAtFirst = await containerIds(project);
  });
  afterAll(async () => {
    await clone?.npm("stop");
    await clone?.remove();
  });

  /** Assertions for every response to an attack. */
  function assertNothingGotOut(attempt: Attempt, { answers, text }: Outcome): void {
    assert.equal(text.includes(marker), false, `${answers}: what only allowed people may see`);
    assert.doesNotMatch(
      text,
      /^set-cookie: *(__Host-(session|answer)|VouchCookie)=[^;\s]{20,}/im,
      `${answers}: a session`,
    );
    const { serverName } = attempt;
    if ([nameOf("jupyter"), nameOf("phpdemo"), nameOf("front")].includes(serverName ?? ""))
      assert.doesNotMatch(answers, /(^|, )(101|2\d\d)/, text.slice(0, 1000));
  }

  describe("shows the protected content to an allowed user, so that the tests below can fail:", () => {
    for (const attempt of [
      get("jupyter", "/api/contents/marker.txt?content=1", script),
      get("jupyter", "/files/marker.txt", [...script, `Referer: ${originOf("jupyter")}/lab`]),
      get("phpdemo", "/", page),
      get("front", "/", page),
      http2("front", { "sec-fetch-mode": "navigate", accept: "text/html" }),
    ])
      it(titleOf(attempt), async () => {
        const outcome = await send(attempt, allowed);
        assert.equal(outcome.answers, "200");
        assert.ok(outcome.text.includes(marker), outcome.text);
        assert.throws(() => assertNothingGotOut(attempt, outcome), /what only allowed people may see/);
      });

    it("an allowed host name in an absolute URL, too", async () => {
      const attempt = get("phpdemo", `${originOf("front")}/`, page);
      assert.equal((await send(attempt, allowed)).answers, "200");
    });
  });

  for (const [kind, rows] of Object.entries(table))
    describe(`${kind}:`, () => {
      for (const [attempt, strangersAnswer, outsidersAnswer = strangersAnswer] of rows)
        it.concurrent(`${titleOf(attempt)} -> ${strangersAnswer}, signed in ${outsidersAnswer}`, async () => {
          for (const [who, visitor, expected] of [
            ["a stranger", stranger, strangersAnswer],
            ["somebody who is not on the list", outsider, outsidersAnswer],
          ] as const) {
            const outcome = await send(attempt, visitor);
            assertNothingGotOut(attempt, outcome);
            const allowedAnswers = [expected].flat();
            assert.ok(
              allowedAnswers.includes(outcome.answers),
              `${who} got ${outcome.answers}, not ${allowedAnswers.join(" or ")}:\n${outcome.text.slice(0, 2000)}`,
            );
          }
        });
    });

  describe("has a time limit", () => {
    const unfinished: [what: string, attempt: Attempt][] = [
      ["for a body that never comes", http1("jupyter", "PUT /api/contents/x HTTP/1.1", ["Content-Length: 100000000"])],
      [
        "for the end of chunks",
        http1("jupyter", "PUT /api/contents/x HTTP/1.1", ["Transfer-Encoding: chunked"], { body: "5\r\n12345\r\n" }),
      ],
      [
        "for the end of a request's headers",
        { kind: "raw", tls: true, serverName: nameOf("jupyter"), bytes: () => "GET / HTTP/1.1\r\nHost:" },
      ],
      [
        "for the end of a request's headers, without TLS",
        { kind: "raw", tls: false, serverName: null, bytes: () => "GET / HTTP/1.1\r\nHost:" },
      ],
    ];
    for (const [what, attempt] of unfinished)
      it.concurrent(what, async () => {
        const { answers } = await send(attempt, outsider, 15_000);
        assert.doesNotMatch(answers, /waits/);
      });
  });

  it("publishes only nginx's two ports, on the loopback address", async () => {
    const ports = await docker(
      "ps",
      "--filter",
      `label=com.docker.compose.project=${project}`,
      "--format",
      '{{.Label "com.docker.compose.service"}}={{.Ports}}',
    );
    const published = ports
      .split(/[\n,]/)
      .filter((port) => port.includes("->"))
      .map((port) => port.trim())
      .sort();
    assert.deepEqual(published, ["127.0.0.1:8443->8443/tcp", "nginx=127.0.0.1:8080->8080/tcp"]);
  });

  it("limits the rate of password attempts", async () => {
    const statuses: number[] = [];
    for (let attempt = 0; attempt < 15; attempt++)
      statuses.push(
        (await ask(site.httpsPort, nameOf("dex"), "/auth/local/login?back=&state=unknown", { form: { login: "x" } }))
          .status,
      );
    assert.ok(statuses.includes(429), statuses.join(" "));
  });

  it("has no kernel, terminal, file or row created by an attack", async () => {
    for (const path of ["/api/kernels", "/api/terminals", "/api/sessions"]) {
      const { answers, text } = await send(get("jupyter", path, script), allowed);
      assert.equal(answers, "200");
      assert.match(text, /\r\n\r\n\[\]$/, path);
    }
    assert.deepEqual((await readdir(join(clone.folder, "notebooks"))).sort(), [
      "History",
      "marker.txt",
      "welcome.ipynb",
    ]);
    const { text } = await send(get("phpdemo", "/", page), allowed);
    assert.ok(text.includes(marker));
    assert.doesNotMatch(text, /intruder/);
  });

  it("keeps running: no container and no worker of nginx has ended", async () => {
    assert.deepEqual(await containerIds(project), containersAtFirst);
    for (const service of Object.keys(containersAtFirst))
      assert.equal(
        await docker("inspect", "--format", "{{.RestartCount}} {{.State.Status}}", `${project}-${service}-1`),
        "0 running\n",
        service,
      );
    const { output } = await run("docker", ["logs", `${project}-nginx-1`]);
    assert.match(output, / GET \/api\/contents 401 /);
    assert.doesNotMatch(output, /exited (on signal|with code [1-9])/);
  });

  it("gives no session to a user who signs in but is not on the allow list", () => {
    assert.equal(refused.answer.status, 403);
    assert.match(refused.answer.body, /You are not on the list/);
    const cookies = Object.values(refused.jar).flatMap((each) => Object.keys(each));
    assert.deepEqual(
      cookies.filter((name) => /session|answer/i.test(name) && name !== "VouchSession"),
      [],
    );
  });

  it("lets nobody in while Vouch is down but those who have a session", async () => {
    await docker("stop", "--time", "1", `${project}-vouch-1`);
    try {
      // nginx keeps Vouch's address for two seconds.
      await sleep(6000);
      const login = await send(get("vouch", loginPath, page), stranger);
      assert.equal(login.answers, "502");
      assert.match(login.text, /The sign-in service does not answer/);
      for (const [visitor, opened, asked] of [
        [stranger, toSignIn("jupyter"), "401"],
        [outsider, "403", "403"],
        [allowed, "200", "200"],
      ] as const) {
        assert.equal((await send(get("jupyter", "/lab", page), visitor)).answers, opened);
        assert.equal((await send(get("jupyter", "/api/contents", script), visitor)).answers, asked);
      }
    } finally {
      await docker("start", `${project}-vouch-1`);
    }
  });
});
