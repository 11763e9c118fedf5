import assert from "node:assert/strict";
import { createServer, type Server, type Socket } from "node:net";
import { afterAll, describe, it } from "@jest/globals";
import {
  type GreetingProblem,
  greetingProblem,
  problemOfHost,
  problemOfVm,
} from "../../../components/host/sshGreeting.ts";
import { freePort } from "../../../offline/support/freePort.ts";

const WAITS = { connection: 300, greeting: 300 };

describe("greetingProblem() returns", () => {
  const servers: Server[] = [];
  afterAll(() => {
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

  const cases: [what: string, greet: (socket: Socket) => void, problem: GreetingProblem | undefined][] = [
    ["silent, if the server accepts a connection and sends nothing", () => {}, "silent"],
    [
      "silent, if the server sends another protocol's greeting",
      (socket) => socket.write("220 smtp.example.com\r\n"),
      "silent",
    ],
    [
      "shut out, if the server refuses this address",
      (socket) => socket.end("Not allowed at this time\r\n"),
      "shut out",
    ],
    ["undefined, if the server sends an SSH greeting", (socket) => socket.write("SSH-2.0-OpenSSH_10.0\r\n"), undefined],
    [
      "undefined, if the server sends a line before its greeting",
      (socket) => socket.write("Welcome\r\nSSH-2.0-x\r\n"),
      undefined,
    ],
    [
      "undefined, if the server sends its greeting in pieces",
      (socket) => void socket.write("SS", () => socket.write("H-2.0-x\r\n")),
      undefined,
    ],
    ["undefined, if the server closes the connection, which Pulumi reports", (socket) => socket.end(), undefined],
  ];
  for (const [what, greet, problem] of cases)
    it(what, async () => {
      assert.equal(await greetingProblem("127.0.0.1", await listening(greet), WAITS), problem);
    });

  it("undefined, if the server refuses the connection", async () => {
    assert.equal(await greetingProblem("127.0.0.1", await freePort(), WAITS), undefined);
    assert.equal(await greetingProblem("no-such-host.invalid", 22, WAITS), undefined);
  });
});

describe("The message about a greeting problem", () => {
  const host = { host: "lab.example.com", port: 2222, user: "ann" };
  const vm = { name: "jupyter-up-dev", zone: "us-central1-a", project: "p" };

  it("of the user's own machine that is silent shows the command that tries SSH", () => {
    assert.match(
      problemOfHost("silent", host),
      /^ssh\.host: lab\.example\.com accepts connections on port 2222, but its SSH server .* 40 seconds\..*\n {4}ssh -p 2222 ann@lab\.example\.com true$/,
    );
    assert.match(
      problemOfHost("silent", { host: "203.0.113.7", port: 22, user: "root" }),
      /\n {4}ssh root@203\.0\.113\.7 true$/,
    );
  });

  it("of the user's own machine that refuses this address says to wait", () => {
    assert.match(
      problemOfHost("shut out", host),
      /^ssh\.host: lab\.example\.com temporarily refuses SSH connections from here .* Wait a minute, and run pulumi up again\..*\n {4}ssh -p 2222 ann@lab\.example\.com true$/,
    );
  });

  it("of the stack's VM shows the command that resets it, or says to wait", () => {
    assert.match(
      problemOfVm("silent", "198.51.100.7", vm),
      /^198\.51\.100\.7 accepts connections .*\n {4}gcloud compute instances reset jupyter-up-dev --zone us-central1-a --project p$/,
    );
    assert.match(problemOfVm("silent", "198.51.100.7", undefined), /reset it first\.$/);
    assert.match(
      problemOfVm("shut out", "198.51.100.7", vm),
      /^198\.51\.100\.7 temporarily refuses SSH .* wait a minute, and run it again\.$/,
    );
  });
});
