import assert from "node:assert/strict";
import { createServer, type Server, type Socket } from "node:net";
import { after, describe, it } from "node:test";
import { isSilent, silentHost, silentVm } from "../../../components/silentMachine.ts";
import { freePort } from "../../support/freePort.ts";

const WAITS = { connection: 300, greeting: 300 };

describe("A machine is silent", () => {
  const servers: Server[] = [];
  after(() => {
    for (const server of servers) server.close();
  });

  function listening(greet: (socket: Socket) => void): Promise<number> {
    const server = createServer((socket) => {
      socket.on("error", () => {});
      greet(socket);
    });
    servers.push(server);
    return new Promise((resolve) =>
      server.listen(0, "127.0.0.1", () => resolve((server.address() as { port: number }).port)),
    );
  }

  const cases: [what: string, greet: (socket: Socket) => void, silent: boolean][] = [
    ["that takes a connection and says nothing", () => {}, true],
    ["that says what no SSH server says", (socket) => socket.write("220 smtp.example.com\r\n"), true],
    ["but not one that greets", (socket) => socket.write("SSH-2.0-OpenSSH_10.0\r\n"), false],
    ["nor one that says something before it greets", (socket) => socket.write("Welcome\r\nSSH-2.0-x\r\n"), false],
    ["nor one that greets in pieces", (socket) => void socket.write("SS", () => socket.write("H-2.0-x\r\n")), false],
    ["nor one that hangs up, which Pulumi notices", (socket) => socket.end(), false],
  ];
  for (const [what, greet, silent] of cases)
    it(what, async () => {
      assert.equal(await isSilent("127.0.0.1", await listening(greet), WAITS), silent);
    });

  it("nor one that takes no connection", async () => {
    assert.equal(await isSilent("127.0.0.1", await freePort(), WAITS), false);
    assert.equal(await isSilent("no-such-host.invalid", 22, WAITS), false);
  });
});

describe("What to do about a silent machine", () => {
  it("that one already has", () => {
    assert.match(
      silentHost({ host: "lab.example.com", port: 2222, user: "ann" }),
      /^ssh\.host: lab\.example\.com takes connections at port 2222, but no SSH server .* 10 seconds\..*\n {4}ssh -p 2222 ann@lab\.example\.com true$/,
    );
    assert.match(silentHost({ host: "203.0.113.7", port: 22, user: "root" }), /\n {4}ssh root@203\.0\.113\.7 true$/);
  });

  it("that is the stack's own", () => {
    const vm = { name: "jupyter-up-dev", zone: "us-central1-a", project: "p" };
    assert.match(
      silentVm("198.51.100.7", vm),
      /^198\.51\.100\.7 takes .*\n {4}gcloud compute instances reset jupyter-up-dev --zone us-central1-a --project p$/,
    );
    assert.match(silentVm("198.51.100.7", undefined), /reset it first\.$/);
  });
});
