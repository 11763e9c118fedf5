import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { run, start } from "../support/command.ts";
import { imageMirror, pullImages } from "../support/images.ts";
import { serviceOf, siteWith } from "../support/site.ts";
import { until } from "../support/until.ts";

const { reference: image } = serviceOf(siteWith({ settings: { imageMirror } }), "nginx").image;
const skip = process.getuid?.() !== 0 && "only root has Docker's socket";
const ENGINE = "/var/run/docker.sock";
const SPAWNER = fileURLToPath(new URL("../../files/services/people-spawner/person_servers", import.meta.url));

/** The spawner's answer to a request. */
interface Answer {
  ok: boolean;
  code?: string;
  words?: string;
  running?: boolean;
}

/** The real engine, by a socket that can fail like an engine that stops or hangs. */
class Engine {
  readonly path: string;
  /** Cuts the connection before the first request whose first line matches. */
  cutsAt: RegExp | undefined;
  isHanging = false;
  private server: Server | undefined;
  private readonly open = new Set<Socket>();

  constructor(path: string) {
    this.path = path;
  }

  async goOn(): Promise<void> {
    this.server = createServer((client) => {
      this.open.add(client);
      client.on("error", () => {}).on("close", () => this.open.delete(client));
      if (this.isHanging) return;
      client.once("data", (first) => {
        if (this.cutsAt?.test(first.toString("latin1").split("\r\n")[0] ?? "")) return void this.stop();
        const engine = connect(ENGINE);
        engine.write(first);
        client.pipe(engine).on("error", () => client.destroy());
        engine.pipe(client).on("close", () => engine.destroy());
      });
    }).listen(this.path);
    await once(this.server, "listening");
  }

  /** As when the engine ends: its socket is gone. */
  stop(): void {
    this.server?.close();
    for (const socket of this.open) socket.destroy();
  }
}

(skip ? describe.skip : describe)("The spawner, with an engine of Docker that", () => {
  const project = `jupyter-up-spawner-${randomUUID().slice(0, 8)}`;
  const network = `${project}_person-`;
  const folder = mkdtempSync(`${tmpdir()}/spawner-`);
  const engine = new Engine(`${folder}/engine.sock`);
  let spawner: ReturnType<typeof start>;

  /** Asks the spawner like the hub. Returns the answer and its seconds. */
  const ask = (action: string, name: string) =>
    new Promise<{ answer: Answer; seconds: number }>((resolve, reject) => {
      const began = Date.now();
      let said = "";
      const socket = connect(`${folder}/spawner.sock`, () => socket.write(`${JSON.stringify({ do: action, name })}\n`));
      socket.setEncoding("utf8").on("data", (text) => {
        said += text;
      });
      socket
        .on("error", reject)
        .on("close", () => resolve({ answer: JSON.parse(said || "{}"), seconds: (Date.now() - began) / 1000 }));
    });
  const answerTo = async (action: string, name: string) => (await ask(action, name)).answer;
  const idOf = async (name: string) =>
    (await run("docker", ["inspect", "--format", "{{.Id}} {{.State.Status}}", `${project}-person-${name}`])).output;

  beforeAll(async () => {
    await pullImages([image]);
    for (const place of [1, 2]) await run("docker", ["network", "create", `${network}${place}`]);
    mkdirSync(`${folder}/homes`);
    mkdirSync(`${folder}/first`);
    writeFileSync(`${folder}/key`, "key\n");
    cpSync(SPAWNER, `${folder}/person_servers`, { recursive: true });
    const container = {
      Image: image,
      Entrypoint: ["sleep", "1000"],
      StopSignal: "SIGKILL",
      HostConfig: { Mounts: [{ Type: "bind", Source: "", Target: "/home/jovyan", ReadOnly: false }] },
    };
    const definition = {
      ...{ project, networks: [`${network}1`, `${network}2`], container, home: "/home/jovyan" },
      ...{ homes: `${folder}/homes`, owner: [0, 0], first: null, prepare: [], least_mib: 1, database: null },
    };
    writeFileSync(`${folder}/definition.json`, JSON.stringify(definition));
    await engine.goOn();
    spawner = start("python3", ["-B", "-m", "person_servers.main", "serve"], {
      env: {
        PYTHONPATH: folder,
        DOCKER_SOCKET: engine.path,
        HOMES: `${folder}/homes`,
        FIRST_HOME: `${folder}/first`,
        SERVER_KEY: `${folder}/key`,
        DATABASE_KEY: `${folder}/key`,
        SPAWNER_SOCKET: `${folder}/spawner.sock`,
        SPAWNER_CLIENT: "0",
      },
    });
    await until("the spawner answers", () => spawner.said().includes("The spawner answers"), 20);
  });
  afterAll(async () => {
    spawner?.child.kill();
    engine.stop();
    const label = ["--filter", `label=jupyter-up.site=${project}`];
    const { output } = await run("docker", ["ps", "--all", "--quiet", ...label]);
    await run("docker", ["rm", "--force", ...output.split("\n").filter(Boolean)]);
    for (const place of [1, 2]) await run("docker", ["network", "rm", `${network}${place}`]);
    rmSync(folder, { recursive: true });
  });

  it("stops: says so at once, keeps servers, and starts others when it is back", async () => {
    assert.equal((await answerTo("start", "ann")).ok, true);
    const before = await idOf("ann");
    assert.match(before, / running\n$/);
    engine.stop();
    for (const [action, name] of [
      ["start", "bob"],
      ["status", "ann"],
      ["stop", "ann"],
    ] as const) {
      const { answer, seconds } = await ask(action, name);
      assert.equal(answer.code, "engine", JSON.stringify(answer));
      assert.match(answer.words ?? "", /^Docker does not answer on this machine\. Try again in a minute\./);
      assert.ok(seconds < 2, `${seconds}`);
    }
    await engine.goOn();
    assert.equal((await answerTo("start", "bob")).ok, true);
    assert.equal((await answerTo("status", "ann")).running, true);
    assert.equal(await idOf("ann"), before);
    assert.equal((await answerTo("stop", "bob")).ok, true);
  });

  it("hangs: says so within 30 seconds, also to several people at once", async () => {
    engine.isHanging = true;
    const asked = await Promise.all([
      ...["bob", "eve", "fay", "gus"].map((name) => ask("start", name)),
      ask("status", "ann"),
    ]);
    engine.isHanging = false;
    const seconds = asked.map((each) => each.seconds);
    process.stdout.write(`Words about an engine that hangs after ${Math.max(...seconds).toFixed(1)} s\n`);
    for (const { answer } of asked) assert.equal(answer.code, "engine", JSON.stringify(answer));
    assert.ok(Math.max(...seconds) < 30, `${seconds}`);
    assert.equal((await answerTo("start", "bob")).ok, true);
    assert.equal((await answerTo("stop", "bob")).ok, true);
  });

  for (const [moment, cutsAt] of [
    ["a container is created", /^POST \/containers\/create/],
    ["a container gets its secrets", /^PUT \/containers\/\w+\/archive/],
    ["a container starts", /^POST \/containers\/\w+\/start/],
  ] as const)
    it(`stops when ${moment}: the next start succeeds`, async () => {
      engine.cutsAt = cutsAt;
      const { answer, seconds } = await ask("start", "bob");
      assert.equal(answer.code, "engine", JSON.stringify(answer));
      assert.ok(seconds < 30, `${seconds}`);
      engine.cutsAt = undefined;
      await engine.goOn();
      // What is left of the first start takes no place from anybody else.
      assert.equal((await answerTo("start", "eve")).ok, true);
      assert.equal((await answerTo("stop", "eve")).ok, true);
      assert.equal((await answerTo("start", "bob")).ok, true);
      assert.equal((await answerTo("status", "bob")).running, true);
      assert.equal((await answerTo("stop", "bob")).ok, true);
    });
});
