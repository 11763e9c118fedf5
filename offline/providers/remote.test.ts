import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { createServer, type Socket, type Server as TcpServer } from "node:net";
import type { constants } from "node:os";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import ssh2, { type ServerChannel, type Connection as SshConnection } from "ssh2";
import { freePort } from "../support/freePort.ts";
import { opensshKeys } from "./openssh.ts";
import command from "./packages/command/index.ts";
import { type Properties, UNKNOWN } from "./resource.ts";
import { serveForTests, type TestEngine } from "./testing/engine.ts";

const remote = "command:remote:Command";
const hostKeys = ssh2.utils.generateKeyPairSync("ed25519");
// Keys in the formats of tls.PrivateKey.
const userKey = generateKeyPairSync("ed25519").privateKey;
const userKeys = opensshKeys(userKey);
const otherKeys = ssh2.utils.generateKeyPairSync("ed25519");

describe("remote.Command", () => {
  let served: Awaited<ReturnType<typeof serveForTests>>;
  let engine: TestEngine;
  let host: SshHost;
  let connection: Properties;

  beforeAll(async () => {
    served = await serveForTests(command);
    engine = await served.attach();
    host = await SshHost.start();
    connection = {
      host: "127.0.0.1",
      port: host.port,
      user: "ann",
      privateKey: userKeys.privateKeyOpenssh,
      hostKey: `${hostKeys.public} comment`,
      dialErrorLimit: 0,
    };
  });

  afterAll(() => {
    served.close();
    host.stop();
  });

  it("opens no connection in a preview", async () => {
    const before = host.connections;
    const { outputs } = await engine.create(remote, { connection, create: "echo x" }, { preview: true });
    assert.deepEqual([outputs.stdout, outputs.stderr], [UNKNOWN, UNKNOWN]);
    assert.equal(host.connections, before);
  });

  it("opens no connection without a command", async () => {
    const before = host.connections;
    await engine.delete(remote, await engine.create(remote, { connection }));
    assert.equal(host.connections, before);
  });

  it("keeps the command's output, and shows it line by line", async () => {
    const own = await served.attach();
    const { outputs } = await own.create(remote, { connection, create: "echo out; sleep 0.05; echo err >&2" });
    assert.deepEqual([outputs.stdout, outputs.stderr], ["out", "err"]);
    assert.deepEqual(
      own.messages.map(({ text, ephemeral }) => [text, ephemeral]),
      [
        ["out", true],
        ["err", true],
      ],
    );
  });

  it("passes stdin completely, and closes it even if it is empty", async () => {
    const stdin = "line\n".repeat(200_000);
    const counted = await engine.create(remote, { connection, create: "wc -c", stdin });
    assert.equal(String(counted.outputs.stdout).trim(), "1000000");
    assert.equal((await engine.create(remote, { connection, create: "cat; echo done" })).outputs.stdout, "done");
  });

  it("updates with update or create, and deletes with the connection of the state", async () => {
    const made = await engine.create(remote, { connection, create: "echo made", delete: "exit 5" });
    const news = {
      connection,
      create: "echo made",
      update: "echo updated",
      delete: "exit 5",
      addPreviousOutputInEnv: false,
    };
    const updated = await engine.update(remote, made, news);
    assert.equal(updated.outputs.stdout, "updated");
    await assert.rejects(engine.delete(remote, updated), {
      message: 'Process exited with status 5: running "exit 5":\n',
    });
  });

  it("warns that the previous output does not reach the host, unless that is disabled", async () => {
    const own = await served.attach();
    const made = await own.create(remote, { connection, create: "echo made", logging: "none" });
    await own.update(remote, made, { connection, create: "true" });
    assert.equal(own.messages.length, 1);
    assert.match(
      own.messages[0]?.text ?? "",
      /^Unable to set 'PULUMI_COMMAND_STDOUT'\. This only works if your SSH server/,
    );
    await own.update(remote, made, { connection, create: "true", addPreviousOutputInEnv: false });
    assert.equal(own.messages.length, 1);
  });

  it("updates on a change of triggers (a replacement in the SDK) or of the connection, but not when a default is set explicitly", async () => {
    const inputs = { connection: { host: "h" }, create: "a", triggers: ["1"] };
    const resource = { id: "it1", inputs, outputs: inputs };
    const changes = (news: Properties) => engine.diff(remote, resource, { ...inputs, ...news });
    assert.deepEqual(await changes({ triggers: ["2"] }), { "triggers[0]": "update" });
    // It is a secret, so the error does not say which part.
    assert.deepEqual(await changes({ connection: { host: "i", privateKey: "k" } }), { connection: "update" });
    const written = { host: "h", port: 22, user: "root", dialErrorLimit: 10, perDialTimeout: 15 };
    assert.deepEqual(await changes({ connection: written }), {});
  });

  describe("failure texts", () => {
    const failures: [string, string, string][] = [
      ["an exit status", "echo out; exit 3", 'Process exited with status 3: running "echo out; exit 3":\nout\n'],
      ["a signal", "kill -KILL $$", 'Process exited with status 137 from signal KILL: running "kill -KILL $$":\n'],
      [
        "a signal whose number Go does not know",
        "kill -USR1 $$",
        'Process exited with status 128 from signal USR1: running "kill -USR1 $$":\n',
      ],
      [
        "a connection that is lost",
        "hang up",
        'wait: remote command exited without exit status or exit signal: running "hang up":\n',
      ],
    ];
    for (const [what, create, message] of failures) {
      it(`of ${what}`, async () => {
        await assert.rejects(engine.create(remote, { connection, create }), { message });
      });
    }

    const unreachable: [string, () => Properties | Promise<Properties>, string | RegExp][] = [
      [
        "the wrong user key",
        () => ({ privateKey: otherKeys.private }),
        "after 0 failed attempts: ssh: handshake failed: ssh: unable to authenticate, attempted methods [none publickey], no supported methods remain",
      ],
      [
        "the wrong host key",
        () => ({ hostKey: otherKeys.public }),
        "after 0 failed attempts: ssh: handshake failed: ssh: host key mismatch",
      ],
      ["an invalid private key", () => ({ privateKey: "x" }), "ssh: no key found"],
      ["an invalid host key", () => ({ hostKey: "x" }), "failed to parse host key: ssh: no key found"],
      [
        "a missing agent",
        () => ({ agentSocketPath: "/no/agent" }),
        "dial unix /no/agent: connect: no such file or directory",
      ],
      ["an agent without a path", () => ({ agentSocketPath: "" }), "dial unix: missing address"],
      [
        "a port where nobody listens",
        async () => ({ port: await freePort() }),
        /^after 0 failed attempts: dial tcp 127\.0\.0\.1:\d+: connect: connection refused$/,
      ],
      [
        "an IPv6 address where nobody listens",
        async () => ({ host: "::1", port: await freePort() }),
        /^after 0 failed attempts: dial tcp \[::1\]:\d+: connect: /,
      ],
      [
        "a name that is unknown",
        () => ({ host: "no-such-host.invalid" }),
        /^after 0 failed attempts: dial tcp: lookup no-such-host\.invalid on \S+:53: no such host$/,
      ],
      [
        "a port that closes the connection",
        async () => ({ port: await portThatHangsUp() }),
        "after 0 failed attempts: ssh: handshake failed: EOF",
      ],
    ];
    const hangingUp: TcpServer[] = [];
    afterAll(() => {
      for (const server of hangingUp) server.close();
    });
    async function portThatHangsUp(): Promise<number> {
      const server = createServer((socket) => socket.end());
      hangingUp.push(server);
      return listen(server);
    }
    for (const [what, changes, message] of unreachable) {
      it(`of ${what}`, async () => {
        const inputs = { connection: { ...connection, ...(await changes()) }, create: "true" };
        await assert.rejects(engine.create(remote, inputs), { message });
      });
    }
  });

  it("offers only the type of the host key, which sshd does not support for an RSA key", async () => {
    // The server of this test offers its only key, as a current sshd offers every other signature.
    const { public: hostKey } = ssh2.utils.generateKeyPairSync("rsa", { bits: 2048 });
    await assert.rejects(engine.create(remote, { connection: { ...connection, hostKey }, create: "true" }), {
      message:
        "after 0 failed attempts: ssh: handshake failed: ssh: no common algorithm for host key; we offered: [ssh-rsa], peer offered: [ssh-ed25519]",
    });
  });

  it("accepts a known_hosts line as a host key, and any host without one", async () => {
    for (const hostKey of [`[127.0.0.1]:22 ${hostKeys.public}`, undefined]) {
      const { outputs } = await engine.create(remote, { connection: { ...connection, hostKey }, create: "echo in" });
      assert.equal(outputs.stdout, "in");
    }
  });

  it("signs in with a key in PKCS #8, too", async () => {
    const privateKey = userKey.export({ type: "pkcs8", format: "pem" });
    const { outputs } = await engine.create(remote, { connection: { ...connection, privateKey }, create: "echo in" });
    assert.equal(outputs.stdout, "in");
  });

  it("signs in with a password", async () => {
    const withPassword = { ...connection, privateKey: undefined, password: "open sesame" };
    assert.equal((await engine.create(remote, { connection: withPassword, create: "echo in" })).outputs.stdout, "in");
    const wrong = { ...withPassword, password: "open barley" };
    await assert.rejects(engine.create(remote, { connection: wrong, create: "echo in" }), {
      message: /ssh: unable to authenticate, attempted methods \[none password\]/,
    });
  });

  it("dials again until the limit of errors, with a message each time", async () => {
    const own = await served.attach();
    const inputs = { connection: { ...connection, port: await freePort(), dialErrorLimit: 2 }, create: "true" };
    await assert.rejects(own.create(remote, inputs), { message: /^after 2 failed attempts: dial tcp / });
    assert.deepEqual(
      own.messages.map(({ text }) => text),
      ["Dial 1/2 failed: retrying", "Dial 2/2 failed: retrying"],
    );
  });

  describe("Ctrl-C", () => {
    it("ends dialling at once", async () => {
      const own = await served.attach();
      own.onMessage = async ({ text }) => {
        if (text === "Dial 1/inf failed: retrying") await own.cancel();
      };
      const inputs = { connection: { ...connection, port: await freePort(), dialErrorLimit: -1 }, create: "true" };
      await assert.rejects(own.create(remote, inputs), { message: "context canceled" });
    });

    it("does not time out if a host accepts the connection and stays silent", async () => {
      const own = await served.attach();
      const silent = new SilentHost();
      const quiet = { ...connection, port: await silent.start(), dialErrorLimit: 1 };
      const made = own.create(remote, { connection: quiet, create: "true" });
      const ended = made.then(
        () => "ended",
        () => "ended",
      );
      await silent.connected;
      await own.cancel();
      assert.equal(await Promise.race([ended, pause(300).then(() => "waiting")]), "waiting");
      silent.stop();
      await assert.rejects(made, { message: "context canceled" });
    });

    it("waits for a command that runs", async () => {
      const own = await served.attach();
      own.onMessage = () => own.cancel();
      const { outputs } = await own.create(remote, { connection, create: "echo on; sleep 0.1; echo finished" });
      assert.equal(outputs.stdout, "on\nfinished");
    });
  });

  it("marks keys and passwords as secret, inside the connection, which is secret itself", async () => {
    const withAll = { host: "h", privateKey: "k", password: "p", privateKeyPassword: "q" };
    const marked = secret({
      ...{ host: "h", user: "root", port: 22, dialErrorLimit: 10, perDialTimeout: 15 },
      ...{ privateKey: secret("k"), password: secret("p"), privateKeyPassword: secret("q") },
    });
    assert.deepEqual((await engine.checked(remote, { connection: withAll })).connection, marked);
    const made = await engine.create(remote, { connection: withAll });
    assert.deepEqual(made.outputs.connection, marked);
    assert.deepEqual(
      (await engine.create(remote, { connection: withAll }, { preview: true })).outputs.connection,
      marked,
    );
    assert.deepEqual((await engine.update(remote, made, { connection: withAll })).outputs.connection, marked);
    assert.deepEqual((await engine.read(remote, made)).outputs.connection, marked);
  });

  describe("invalid inputs", () => {
    const decoding = "connection: An error occurred decoding 'CommandInputs.connection': 1 failures decoding:\n\t";
    const cases: [string, unknown, string[]][] = [
      ["no connection", undefined, ["connection: Missing required field 'connection' on 'remote.CommandInputs'"]],
      [
        "a text instead of a connection",
        "h",
        [
          "connection: Field 'connection' on 'remote.CommandInputs' must be a 'remote.Connection'; got 'string' instead",
        ],
      ],
      ["no host", { user: "a" }, [`${decoding}host: Missing required field 'host' on 'remote.Connection'`]],
      [
        "a field that does not exist",
        { host: "h", nope: 1 },
        [`${decoding}nope: Unrecognized field 'nope' on 'remote.Connection'`],
      ],
      [
        "a port that is not a number",
        { host: "h", port: "22" },
        [`${decoding}port: Field 'port' on 'remote.Connection' must be a 'float64'; got 'string' instead`],
      ],
      ["unknown values", { host: UNKNOWN, privateKey: UNKNOWN }, []],
    ];
    for (const [what, wrong, expected] of cases)
      it(what, async () => {
        assert.deepEqual(await engine.check(remote, { connection: wrong }), expected);
      });
  });

  it("refuses the environment and the proxy, which it does not support", async () => {
    const proxied = { ...connection, proxy: { host: "h" } };
    const failures = await engine.check(remote, { connection: proxied, environment: { A: "1" } });
    assert.equal(failures.length, 2);
    assert.match(failures[0] ?? "", /^environment: .*AcceptEnv/);
    assert.match(failures[1] ?? "", /^connection: .*connection\.proxy/);
    assert.deepEqual(await engine.check(remote, { connection: UNKNOWN }), []);
  });
});

function secret(value: unknown): Properties {
  return { "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", value };
}

/** Accepts connections and stays silent, like a machine without free memory. */
class SilentHost {
  readonly connected: Promise<void>;
  readonly #server = createServer();
  readonly #sockets: Socket[] = [];

  constructor() {
    this.connected = new Promise((resolve) => {
      this.#server.on("connection", (socket) => {
        this.#sockets.push(socket);
        resolve();
      });
    });
  }

  start(): Promise<number> {
    return listen(this.#server);
  }

  stop(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
  }
}

/** An SSH server that runs commands with /bin/sh, for one user with a key and a password. */
class SshHost {
  connections = 0;
  port = 0;
  readonly #server: InstanceType<typeof ssh2.Server>;

  static async start(): Promise<SshHost> {
    const host = new SshHost();
    host.port = await listen(host.#server as unknown as TcpServer);
    return host;
  }

  private constructor() {
    this.#server = new ssh2.Server({ hostKeys: [hostKeys.private] }, (client) => {
      this.connections++;
      client.on("error", () => {});
      client.on("authentication", (attempt) => {
        const known = ssh2.utils.parseKey(userKeys.publicKeyOpenssh);
        if (known instanceof Error) throw known;
        const byKey =
          attempt.method === "publickey" &&
          attempt.key.data.equals(known.getPublicSSH()) &&
          (attempt.signature === undefined || known.verify(attempt.blob ?? "", attempt.signature, attempt.hashAlgo));
        const byPassword = attempt.method === "password" && attempt.password === "open sesame";
        if (attempt.username === "ann" && (byKey || byPassword)) attempt.accept();
        else attempt.reject();
      });
      client.on("session", (accept) => {
        accept().on("exec", (acceptCommand, _reject, { command: text }) => execute(client, acceptCommand(), text));
      });
    });
  }

  stop(): void {
    this.#server.close();
  }
}

function execute(client: SshConnection, channel: ServerChannel, text: string): void {
  if (text === "hang up") {
    client.end();
    return;
  }
  const child = spawn("/bin/sh", ["-c", text]);
  child.stdin.on("error", () => {});
  channel.pipe(child.stdin);
  child.stdout.on("data", (chunk) => channel.write(chunk));
  child.stderr.on("data", (chunk) => channel.stderr.write(chunk));
  child.once("close", (code, signal) => {
    if (signal === null) channel.exit(code ?? 0);
    else channel.exit(signal.replace(/^SIG/, "") as keyof typeof constants.signals);
    channel.end();
  });
}

function listen(server: TcpServer): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      resolve(typeof address === "object" && address !== null ? address.port : 0);
    });
  });
}
