import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import * as pulumi from "@pulumi/pulumi";
import { refuseDeadAgent } from "../../../components/host/remoteHost.ts";
import { SshHost } from "../../../components/host/sshHost.ts";
import { sshLineOf } from "../../../components/host/sshLine.ts";
import { MARKER, openTexts, type Resource, runUnderMocks, secretOf } from "../../support/mocks.ts";

describe("A machine that one already has", () => {
  const args = {
    host: "lab.example.com",
    port: 2222,
    user: "ann",
    privateKey: `${MARKER}-key`,
    hostKey: "ssh-ed25519 AAAA ann's machine",
    address: "203.0.113.7",
    trusted: false,
  };
  let resources: Resource[];
  let outputs: Record<string, unknown>;
  const named = (name: string) => resources.find((each) => each.name === name) as Resource;

  beforeAll(async () => {
    const run = await runUnderMocks({}, async () => {
      const host = new SshHost("host", args);
      const command = { create: "make", delete: "take away", stdin: pulumi.secret("x"), shown: false };
      host.command("host-command", command, { parent: host });
      const root = new SshHost("other", { ...args, user: "root" });
      root.command("other-command", { create: "make", stdin: "" }, { parent: root });
    });
    resources = run.resources;
    outputs = run.outputs[named("host").urn] ?? {};
  });

  it("is reached as the settings say, and by no other key than its own", () => {
    const { dialErrorLimit, perDialTimeout, ...connection } = secretOf(
      named("host-command").inputs.connection,
    ) as Record<string, unknown>;
    const { address, trusted, ...login } = args;
    assert.deepEqual(connection, login);
  });

  it("stays when the stack goes: its site is taken away by a command", () => {
    const { inputs, options } = named("host-command");
    assert.equal(inputs.delete, "sudo -n sh -c 'take away'");
    assert.equal(options.deletedWith, "");
  });

  it("needs no sudo for root", () => {
    assert.equal(named("other-command").inputs.create, "make");
  });

  it("is made ready first, without a disk, and by few tries, which sshd does not mind", () => {
    const provision = named("host-provision");
    assert.ok(named("host-command").dependencies.includes(provision.urn));
    assert.match(String(provision.inputs.create), /provision \/srv\/jupyter-up'$/);
    assert.equal((secretOf(provision.inputs.connection) as { dialErrorLimit: number }).dialErrorLimit, 2);
    assert.match(String(provision.inputs.stdin), /^#!\/bin\/sh\n# provision:/);
  });

  it("shows no output of what is secret, and no key", () => {
    assert.equal(named("host-command").inputs.logging, "none");
    for (const { name, inputs } of resources)
      for (const text of openTexts(inputs)) assert.equal(text.includes(MARKER), false, name);
  });

  it("says where it is", () => {
    assert.equal(outputs.address, "203.0.113.7");
    assert.match(String(outputs.ssh), /^ssh -p 2222 .* ann@lab\.example\.com$/);
  });
});

describe("The line that opens a shell", () => {
  it("brings the host key along, and fetches the key that the stack has made", () => {
    assert.equal(
      sshLineOf("203.0.113.7", "jupyter-up", "ssh-ed25519 AAAA", 22, "dev"),
      "(umask 077; pulumi stack output sshKey --show-secrets --stack dev >~/.ssh/jupyter-up-dev) && ssh -i ~/.ssh/jupyter-up-dev -o UserKnownHostsFile=/dev/null -o 'KnownHostsCommand=/bin/echo %H ssh-ed25519 AAAA' jupyter-up@203.0.113.7",
    );
  });

  it("leaves a machine's own key to its owner, and a comment behind", () => {
    assert.equal(
      sshLineOf("lab.example.com", "root", "ssh-ed25519 AAAA it's mine"),
      "ssh -o UserKnownHostsFile=/dev/null -o 'KnownHostsCommand=/bin/echo %H ssh-ed25519 AAAA' root@lab.example.com",
    );
  });
});

describe("An ssh agent", () => {
  const folder = mkdtempSync(join(tmpdir(), "agent-"));
  afterAll(() => rmSync(folder, { recursive: true }));

  it("that is not there is refused in words that say how to forget it", async () => {
    const path = join(folder, "gone");
    await assert.rejects(refuseDeadAgent(path), (error: Error) => {
      assert.ok(pulumi.RunError.isInstance(error));
      assert.match(
        error.message,
        /^SSH_AUTH_SOCK names an ssh agent that does not answer \(.*gone\).*\n\n {4}unset SSH_AUTH_SOCK\n$/,
      );
      return true;
    });
  });

  it("that answers, or is not named, is none of our business", async () => {
    const path = join(folder, "agent");
    const agent = createServer().listen(path);
    await refuseDeadAgent(path);
    await new Promise((resolve) => agent.close(resolve));
    await refuseDeadAgent("");
  });
});
