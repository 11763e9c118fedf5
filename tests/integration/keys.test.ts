/** Keys of programs, with the real nginx and Jupyter; see docs/keys.md. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import type { OutgoingHttpHeaders } from "node:http";
import { request } from "node:https";
import { tmpdir } from "node:os";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { selfSigned } from "../../offline/support/certificate.ts";
import { freePort } from "../../offline/support/freePort.ts";
import { run } from "../support/command.ts";
import { imageMirror } from "../support/images.ts";
import { type RunningSite, runningSite } from "../support/runningSite.ts";
import { hostNames, serviceOf, siteWith } from "../support/site.ts";
import { until } from "../support/until.ts";
import { type Answer, ask, navigation, visitor } from "../support/visitor.ts";

const domain = "lab.example.com";
const [ann, bob] = ["ann@example.com", "bob@example.com"];
const keyOf = (letter: string) => `jup_${letter.repeat(43)}`;
const [LAPTOP, READER, ROBOT, GONE, ENDED, BOBS] = ["L", "R", "W", "G", "E", "B"].map(keyOf) as [
  string,
  string,
  string,
  string,
  string,
  string,
];
const secretKeys = { laptop: LAPTOP, reader: READER, robot: ROBOT, gone: GONE, ended: ENDED, bobs: BOBS };
const keyHashes = Object.fromEntries(
  Object.entries(secretKeys).map(([name, key]) => [name, createHash("sha256").update(key).digest("hex")]),
);
const until2099 = { until: "2099-12-31" };
const keys = [
  { name: "laptop", for: ann, ...until2099, may: "run" },
  { name: "reader", for: ann, ...until2099 },
  { name: "robot", for: ann, ...until2099, may: "run", at: "whoami" },
  { name: "gone", for: ann, ...until2099, may: "run" },
  { name: "ended", for: ann, until: "2099-12-30", may: "run" },
  { name: "bobs", for: bob, ...until2099, may: "run" },
];
const apps = [{ image: "docker.io/traefik/whoami:v1.11.0", port: 80, websocket: true, name: "whoami" }];
const bearer = (key: string) => ({ authorization: `Bearer ${key}` });
const script = { "sec-fetch-mode": "cors", "sec-fetch-dest": "empty" };

describe("A program with a key", () => {
  let site: RunningSite;
  let ports: { httpsPort: number; httpPort: number };
  const port = () => ports.httpsPort;
  const person = visitor(port, ann, domain);

  async function release(kept: typeof keys, allow: string[] = [ann, bob]) {
    const { code, output } = await site.release({
      settings: { domain, allow, apps, keys: kept },
      layout: ports,
      secrets: { ...certificate, keyHashes },
    });
    assert.equal(code, 0, output);
  }
  const ofJupyter = (path: string, headers: OutgoingHttpHeaders = {}, method = "GET", json?: object) =>
    ask(port(), `jupyter.${domain}`, path, { method, headers, ...(json ? { json } : {}) });
  const ofWhoami = (path: string, headers: OutgoingHttpHeaders = {}) =>
    ask(port(), `whoami.${domain}`, path, { headers });
  /** The files of nginx on the machine, in the running release. */
  const listOnDisk = async () => {
    const { output } = await site.exec("nginx", ["readlink", "-f", "/site/current"]);
    return `${site.host.layout.root}/files/nginx/${output.trim().replace(/^\/site\//, "")}/keys.map`;
  };
  const refused = ({ status, headers, body }: Answer, expected: number, words: RegExp) => {
    assert.equal(status, expected, body);
    assert.match(String(headers["content-type"]), /^application\/json/);
    assert.match(JSON.parse(body).message, words);
  };
  /** Opens a WebSocket and keeps it; `closed` ends when it is cut. */
  function open(host: string, path: string, headers: OutgoingHttpHeaders = {}) {
    return new Promise<{ status: number; isOpen: () => boolean }>((resolve, reject) => {
      const upgrade = {
        connection: "Upgrade",
        upgrade: "websocket",
        "sec-websocket-version": "13",
        "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
      };
      const asked = request({
        ...{ host: "127.0.0.1", port: port(), servername: host, path, agent: false, rejectUnauthorized: false },
        headers: { host: `${host}:${port()}`, ...upgrade, ...headers },
      });
      asked.on("response", (response) => {
        response.resume();
        resolve({ status: response.statusCode ?? 0, isOpen: () => false });
      });
      asked.on("upgrade", (response, socket) => {
        let isOpen = true;
        // The first frame of a WebSocket that is cut is a close frame.
        socket.on("data", (data) => {
          if (data[0] === 0x88) isOpen = false;
        });
        for (const event of ["close", "error", "end"])
          socket.on(event, () => {
            isOpen = false;
          });
        resolve({ status: response.statusCode ?? 0, isOpen: () => isOpen });
      });
      asked.on("error", reject);
      asked.end();
    });
  }
  const certificate = selfSigned(hostNames(siteWith({ settings: { domain, apps } })));
  /** Runs a shell's program in a container that reaches the site as another machine would. */
  async function elsewhere(program: string, input: string, environment: Record<string, string>, args: string[] = []) {
    const { reference } = serviceOf(siteWith({ settings: { imageMirror } }), "jupyter").image;
    const variables = Object.entries(environment).flatMap(([name, value]) => ["--env", `${name}=${value}`]);
    return run(
      "docker",
      [
        ...["run", "--rm", "--interactive", "--network", "host", "--add-host", `jupyter.${domain}:127.0.0.1`],
        ...["--env", "REQUESTS_CA_BUNDLE=/tmp/ca.pem", "--env", "WEBSOCKET_CLIENT_CA_BUNDLE=/tmp/ca.pem"],
        ...["--env", `CERTIFICATE=${certificate.certificate}`, ...variables, "--entrypoint", "sh", reference],
        ...["-c", `echo "$CERTIFICATE" >/tmp/ca.pem\n${program}`, "sh", ...args],
      ],
      { input },
    );
  }

  beforeAll(async () => {
    site = runningSite(["nginx", "vouch", "jupyter", "whoami"]);
    ports = { httpsPort: await freePort(), httpPort: await freePort() };
    await release(keys);
  });
  afterAll(() => site?.remove());

  it("enters as its person, by a header of either form, also without Jupyter's XSRF cookie", async () => {
    for (const scheme of ["Bearer", "token", "bearer", "Token"]) {
      const { status, body } = await ofJupyter("/api/me", { authorization: `${scheme} ${LAPTOP}` });
      assert.equal(status, 200, body);
      assert.equal(JSON.parse(body).identity.username, ann);
    }
    const made = await ofJupyter("/api/contents", bearer(LAPTOP), "POST", { type: "directory" });
    assert.equal(made.status, 201, made.body);
    const { path } = JSON.parse(made.body);
    assert.equal((await ofJupyter(`/api/contents/${encodeURIComponent(path)}`, bearer(LAPTOP), "DELETE")).status, 204);
  });

  it("enters by its query, too, and the key counts before a session", async () => {
    assert.equal((await ofJupyter(`/api/kernels?token=${LAPTOP}`)).status, 200);
    const cookie = await person.at(`jupyter.${domain}`);
    // nginx has checked the session a moment ago; see session/checked.js.
    for (const [headers, username] of [
      [{}, ann],
      [bearer(BOBS), bob],
      [{}, ann],
    ] as const) {
      const { body } = await ofJupyter("/api/me", { ...script, cookie, ...headers });
      assert.equal(JSON.parse(body).identity.username, username);
    }
    refused(await ofJupyter("/api/me", { cookie, ...bearer(`${BOBS}x`) }), 401, /not valid/);
    // The session still needs Jupyter's XSRF cookie: only keys are exempt.
    const forged = await ofJupyter("/api/contents", { ...script, cookie }, "POST", { type: "directory" });
    assert.equal(forged.status, 403, forged.body);
    const pretends = { ...script, cookie, "x-auth-program": "laptop" };
    assert.equal((await ofJupyter("/api/contents", pretends, "POST", { type: "directory" })).status, 403);
  });

  it("is told apart by the app, which never sees the key; the rest of the address arrives byte for byte", async () => {
    for (const [sent, arrives] of [
      [`/a?token=${ROBOT}`, "/a"],
      [`/a?token=${ROBOT}&`, "/a"],
      [`/a?token=${ROBOT}&b=1`, "/a?b=1"],
      [`/a?b=1&token=${ROBOT}`, "/a?b=1"],
      [`/a?b=1&token=${ROBOT}&c=%20%2f&&d`, "/a?b=1&c=%20%2f&&d"],
      [`/%61//b/./..%2f/;x?token=${ROBOT}&q=a+b%zz`, "/%61//b/./..%2f/;x?q=a+b%zz"],
      [`/a?token=mine&token=${ROBOT}`, "/a?token=mine"],
      [`/a?mytoken=1&token=${ROBOT}`, "/a?mytoken=1"],
      [`/?token=${ROBOT}`, "/"],
    ]) {
      const { status, body } = await ofWhoami(String(sent));
      assert.equal(status, 200, `${sent}: ${body}`);
      assert.match(
        body,
        new RegExp(`^GET ${String(arrives).replace(/[.*+?^${}()|[\]\\]/g, "\\$&")} HTTP/1\\.1$`, "m"),
        String(sent),
      );
      assert.match(body, /^X-Auth-User: ann@example\.com$/im);
      assert.match(body, /^X-Auth-Program: robot$/im);
      assert.doesNotMatch(body, /jup_|^Authorization:/im);
    }
    const { body } = await ofWhoami(`/a?token=${LAPTOP}&b`, {
      ...bearer(ROBOT),
      "x-auth-program": "other",
      cookie: "x=y",
      referer: `https://whoami.${domain}/a?b=1&token=${ROBOT}&c`,
    });
    assert.match(body, /^Referer: https:\/\/whoami\.lab\.example\.com\/a\r?$/im);
    assert.match(body, /^GET \/a\?b HTTP/m);
    assert.match(body, /^X-Auth-Program: robot$/im);
    assert.match(body, /^Cookie: x=y$/im);
    assert.doesNotMatch(body, /jup_|other/);
  });

  it("leaves an app's own tokens and headers alone: a session counts as before", async () => {
    const cookie = await person.at(`whoami.${domain}`);
    const { status, body } = await ofWhoami("/reset?token=abc&x=1", { ...script, cookie, ...bearer("eyJhbGciOi.x.y") });
    assert.equal(status, 200, body);
    assert.match(body, /^GET \/reset\?token=abc&x=1 HTTP/m);
    assert.doesNotMatch(body, /X-Auth-Program/i);
  });

  const page = { accept: "text/html" };
  const upgrade = { connection: "Upgrade", upgrade: "websocket" };
  for (const [name, host, path, headers, method, status, words] of [
    ["an unknown key", "jupyter", "/api/kernels", bearer(keyOf("x")), "GET", 401, /not valid/],
    ["an unknown key in the query", "jupyter", `/lab?token=${keyOf("x")}`, navigation, "GET", 401, /not valid/],
    ["a truncated key", "jupyter", "/api/kernels", bearer(LAPTOP.slice(0, -1)), "GET", 401, /not valid/],
    ["a truncated key in the query", "jupyter", `/lab?token=${LAPTOP.slice(0, 8)}`, page, "GET", 401, /not valid/],
    ["only the prefix", "jupyter", "/api/kernels", bearer("jup_"), "GET", 401, /not valid/],
    ["more after the key", "jupyter", "/api/kernels", bearer(`${LAPTOP}0`), "GET", 401, /not valid/],
    ["the hash in place of the key", "jupyter", "/api/me", bearer(`jup_${keyHashes.laptop}`), "GET", 401, /not valid/],
    ["another letter case", "jupyter", "/api/me", bearer(LAPTOP.toLowerCase()), "GET", 401, /not valid/],
    ["two keys in the query", "jupyter", `/api/me?token=${LAPTOP}&token=${LAPTOP}`, {}, "GET", 401, /not valid/],
    [
      "a wrong key in a header, a good one in the query",
      "jupyter",
      `/api/me?token=${LAPTOP}`,
      bearer(keyOf("x")),
      "GET",
      401,
      /not valid/,
    ],
    ["a token that is no key", "jupyter", "/lab", { ...page, authorization: "token abc" }, "GET", 401, /Sign in/],
    ["a form with a token that is no key", "jupyter", "/x", { ...page, ...bearer("abc") }, "POST", 401, /Sign in/],
    ["a key of another app", "whoami", "/", bearer(LAPTOP), "GET", 403, /another host name/],
    ["a key at the front page", "", "/", { ...page, ...bearer(LAPTOP) }, "GET", 403, /another host name/],
    ["a key that reads, and POST", "jupyter", "/api/kernels", bearer(READER), "POST", 403, /only read/],
    ["a key that reads, and DELETE", "jupyter", "/api/kernels/x", bearer(READER), "DELETE", 403, /only read/],
    ["a key that reads, and PUT", "jupyter", "/api/contents/x", bearer(READER), "PUT", 403, /only read/],
    ["a key that reads, and OPTIONS", "jupyter", "/api/contents", bearer(READER), "OPTIONS", 403, /only read/],
    [
      "a key that reads, and an upgrade",
      "jupyter",
      `/api/events/subscribe?token=${READER}`,
      upgrade,
      "GET",
      403,
      /only read/,
    ],
    [
      "a page of another site",
      "jupyter",
      `/api/me?token=${LAPTOP}`,
      { ...script, "sec-fetch-site": "cross-site" },
      "GET",
      403,
      /another site/,
    ],
    [
      "a page of another host name",
      "jupyter",
      "/api/me",
      { ...script, "sec-fetch-site": "same-site", ...bearer(LAPTOP) },
      "POST",
      403,
      /another site/,
    ],
  ] as [string, string, string, OutgoingHttpHeaders, string, number, RegExp][])
    it(`gets JSON and no redirect: ${name}`, async () => {
      refused(await ask(port(), host ? `${host}.${domain}` : domain, path, { method, headers }), status, words);
    });

  it("that may read gets files", async () => {
    const file = { type: "file", format: "text", content: "hello" };
    assert.equal((await ofJupyter("/api/contents/read.txt", bearer(LAPTOP), "PUT", file)).status, 201);
    for (const [method, content] of [
      ["GET", "hello"],
      ["HEAD", ""],
    ] as const) {
      const { status, body } = await ofJupyter("/files/read.txt", bearer(READER), method);
      assert.deepEqual({ status, body }, { status: 200, body: content });
    }
  });

  it("works as VS Code does, with an MCP server's requests, and for the kernels of another JupyterLab", async () => {
    const program = readFileSync(new URL("../support/keyedClient.py", import.meta.url), "utf8");
    const address = `https://jupyter.${domain}:${port()}`;
    const { code, output } = await elsewhere('exec python3 - "$@"', program, { ADDRESS: address, KEY: LAPTOP }, [
      ...["vscode", "mcp", "gateway"],
    ]);
    assert.equal(code, 0, output);
    const seen = JSON.parse(output.trim().split("\n").at(-1) ?? "");
    assert.deepEqual(seen.vscode, {
      kernelspecs: 200,
      kernels: 200,
      start: 201,
      run: ["42\n", null],
      interrupted: ["begun\n", "KeyboardInterrupt"],
      interrupt: [204],
      restart: 200,
      "run again": ["again\n", null],
      rename: 200,
      delete: 204,
      gone: [],
    });
    assert.deepEqual(seen.mcp, [201, true, 204]);
    assert.deepEqual(seen.gateway, [true, "2\n", null]);
  });

  it("runs a notebook of another machine by papermill, with the program of the documentation", async () => {
    const [, program = ""] =
      /```python\n(# papermill_at_site\.py[\s\S]*?)```/.exec(readFileSync("docs/keys.md", "utf8")) ?? [];
    const cell = (source: string, tags: string[] = []) => ({
      ...{ cell_type: "code", source, outputs: [], execution_count: null },
      metadata: { tags },
    });
    const notebook = JSON.stringify({
      ...{ nbformat: 4, nbformat_minor: 4 },
      metadata: { kernelspec: { name: "python3", display_name: "Python 3", language: "python" } },
      cells: [
        cell("n = 1", ["parameters"]),
        cell('print(n * 6, open("work/there.txt").read())'),
        cell("import time; time.sleep(5)"),
        cell("n / (n - 7)"),
      ],
    });
    const there = { type: "file", format: "text", content: "at the site" };
    assert.equal((await ofJupyter("/api/contents/there.txt", bearer(LAPTOP), "PUT", there)).status, 201);
    const kernels = async () => JSON.parse((await ofJupyter("/api/kernels", bearer(LAPTOP))).body).length;
    const before = await kernels();

    const shell = `set -e
      unset REQUESTS_CA_BUNDLE WEBSOCKET_CLIENT_CA_BUNDLE
      python3 -m venv --system-site-packages /tmp/papermill
      env -u SSL_CERT_FILE /tmp/papermill/bin/pip install --quiet papermill==2.7.0
      cd /tmp
      cat >papermill_at_site.py
      echo "$NOTEBOOK" >report.ipynb
      try() {
        /tmp/papermill/bin/python papermill_at_site.py report.ipynb "$1.ipynb" --start-timeout 120 -p n "$2" && ended=0 || ended=$?
        echo $ended >>ended
      }
      { try good 8; try bad 7; JUPYTER_GATEWAY_AUTH_TOKEN=$READER; try refused 8; } >log 2>&1
      cat log; echo; echo $(cat ended); for name in good bad; do tr -d '\n' <$name.ipynb; echo; done`;
    const { code, output } = await elsewhere(shell, program, {
      NOTEBOOK: notebook,
      READER,
      JUPYTER_GATEWAY_URL: `https://jupyter.${domain}:${port()}`,
      JUPYTER_GATEWAY_AUTH_TOKEN: LAPTOP,
      SSL_CERT_FILE: "/tmp/ca.pem",
      KERNEL_LAUNCH_TIMEOUT: "120",
    });
    assert.equal(code, 0, output);
    const [ended, good, bad] = output.trim().split("\n").slice(-3);
    assert.equal(ended, "0 1 1", output);
    const outputs = (text = "") =>
      JSON.parse(text).cells.flatMap(({ outputs }: { outputs?: object[] }) => outputs ?? []);
    assert.deepEqual(
      outputs(good).map(
        ({ text, data }: { text?: string[]; data?: Record<string, string[]> }) => text ?? data?.["text/plain"],
      ),
      [["48 at the site\n"], ["8.0"]],
    );
    assert.match(JSON.stringify(outputs(bad)), /42 at the site.*"ename":"ZeroDivisionError"/);
    assert.match(output, /This key may only read/);
    assert.equal(await kernels(), before, "no kernel stays");
  });

  it("lists, starts, runs, interrupts and ends kernels by JupyterLab's library in Node", async () => {
    const folder = mkdtempSync(`${tmpdir()}/jupyter-up-services-`);
    try {
      writeFileSync(`${folder}/ca.pem`, certificate.certificate);
      const { code, output } = await run(process.execPath, ["tests/support/kernelsByKey.program.ts"], {
        env: { ADDRESS: `https://jupyter.${domain}:${port()}/`, KEY: LAPTOP, NODE_EXTRA_CA_CERTS: `${folder}/ca.pem` },
      });
      assert.equal(code, 0, output);
      assert.deepEqual(JSON.parse(output.trim().split("\n").at(-1) ?? ""), {
        listed: true,
        run: ["42\n", "ok"],
        interrupted: ["begun\n", "KeyboardInterrupt"],
        "run again": ["6\n", "ok"],
        "listed after its end": false,
      });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("shows its last use to its person on the front page, and to nobody else", async () => {
    const front = async (email: string) => {
      const cookie = await visitor(port, email, domain).at(domain);
      return (await ask(port(), domain, "/", { headers: { ...navigation, cookie } })).body;
    };
    const anns = await front(ann);
    assert.match(anns, /<li>laptop <span class="name">jupyter, run, until 2099-12-31, last used \d{4}-\d\d-\d\d /);
    assert.match(anns, /<li>gone <span class="name">jupyter, run, until 2099-12-31, never used</);
    assert.doesNotMatch(anns, /bobs/);
    const bobsPage = await front(bob);
    assert.match(bobsPage, /<li>bobs /);
    assert.doesNotMatch(bobsPage, /laptop/);
    assert.doesNotMatch(anns + bobsPage, /jup_/);
    assert.equal((await ask(port(), domain, "/sso-keys", { headers: script })).status, 404);
    // The note is a file, written again after five minutes at the earliest.
    const note = `${site.host.layout.data}/sessions/programs/${keyHashes.laptop}`;
    assert.ok(existsSync(note));
    const before = new Date(Date.now() - 3_600_000);
    utimesSync(note, before, before);
    await ofJupyter("/api/me", bearer(LAPTOP));
    assert.ok(!(await front(ann)).includes(before.toISOString().slice(0, 16).replace("T", " ")));
    assert.deepEqual(
      readdirSync(`${site.host.layout.data}/sessions/programs`).filter((name) => !/^[0-9a-f]{64}$/.test(name)),
      [],
    );
  });

  it("is in no log, not even in that of errors, which repeats addresses", async () => {
    const large = { "content-length": String(600 * 1024 * 1024) };
    assert.equal((await ofJupyter(`/api/contents/x?token=${LAPTOP}`, large, "PUT")).status, 413);
    await run("docker", ["stop", "--time", "1", await site.container("whoami")]);
    try {
      for (const path of [`/?token=${ROBOT}`, `/%22?x="&token=${ROBOT}`])
        await until("nginx notices", async () => (await ofWhoami(path)).status === 502, 30);
    } finally {
      await run("docker", ["start", await site.container("whoami")]);
    }
    const logs = await Promise.all(
      ["nginx", "jupyter", "whoami"].map(
        async (name) => (await run("docker", ["logs", await site.container(name)])).output,
      ),
    );
    for (const text of Object.values(secretKeys)) for (const log of logs) assert.ok(!log.includes(text));
    assert.match(logs[0] ?? "", /token=jup_\.\.\./);
    assert.match(logs[0] ?? "", /too large body/);
  });

  it("loses its WebSockets within a second when the key ends, is removed, or its person is; others stay", async () => {
    const sockets = await Promise.all(
      [LAPTOP, GONE, ENDED, BOBS].map((key) => open(`jupyter.${domain}`, `/api/events/subscribe?token=${key}`)),
    );
    assert.deepEqual(
      sockets.map(({ status }) => status),
      [101, 101, 101, 101],
    );
    const areOpen = () => sockets.map(({ isOpen }) => isOpen());
    assert.deepEqual(areOpen(), [true, true, true, true]);

    const list = await listOnDisk();
    writeFileSync(list, readFileSync(list, "utf8").replace("2099-12-30", "2026-11-27"));
    const began = Date.now();
    await until("the ended key's is cut", () => !areOpen()[2], 5);
    assert.ok(Date.now() - began < 2000, `${Date.now() - began} ms`);
    assert.deepEqual(areOpen(), [true, true, false, true]);
    refused(await ofJupyter("/api/me", bearer(ENDED)), 401, /not valid/);

    await release(
      keys.filter(({ name }) => name !== "gone" && name !== "ended" && name !== "bobs"),
      [ann],
    );
    await until("those of the removed key and person are cut", () => !areOpen()[1] && !areOpen()[3], 2);
    assert.deepEqual(areOpen(), [true, false, false, false]);
    for (const key of [GONE, BOBS]) refused(await ofJupyter("/api/me", bearer(key)), 401, /not valid/);
    assert.equal((await ofJupyter("/api/me", bearer(LAPTOP))).status, 200);
  });
});
