import assert from "node:assert/strict";
import { beforeAll, describe, it } from "@jest/globals";
import * as pulumi from "@pulumi/pulumi";
import { remoteLayout } from "../../../components/host/remoteHost.ts";
import { SshHost } from "../../../components/host/sshHost.ts";
import { sshLineOf } from "../../../components/host/sshLine.ts";
import { MARKER, openTexts, type Resource, runUnderMocks, secretOf } from "../../support/mocks.ts";

describe("The user's own machine (SshHost)", () => {
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

  it("is reached with the host, port, user, key and host key of the settings", () => {
    const { dialErrorLimit, perDialTimeout, ...connection } = secretOf(
      named("host-command").inputs.connection,
    ) as Record<string, unknown>;
    const { address, trusted, ...login } = args;
    assert.deepEqual(connection, login);
  });

  it("publishes a site that only an SSH forward reaches on its loopback address", () => {
    const { address, httpsPort, httpPort, public: isPublic } = remoteLayout(true, { port: 8443, httpPort: 8080 });
    assert.deepEqual([address, httpsPort, httpPort, isPublic], ["127.0.0.1", 8443, 8080, false]);
    const open = remoteLayout(true);
    assert.deepEqual([open.address, open.httpsPort, open.httpPort, open.public], ["0.0.0.0", 443, 80, true]);
  });

  it("outlives the stack, so a delete command takes its site down", () => {
    const { inputs, options } = named("host-command");
    assert.equal(inputs.delete, "sudo -n sh -c 'take away'");
    assert.equal(options.deletedWith, "");
  });

  it("needs no sudo for root", () => {
    assert.equal(named("other-command").inputs.create, "make");
  });

  it("is provisioned first, without a disk, with so few connection attempts that sshd does not block them", () => {
    const provision = named("host-provision");
    assert.ok(named("host-command").dependencies.includes(provision.urn));
    assert.match(String(provision.inputs.create), /provision \/srv\/jupyter-up'$/);
    assert.equal((secretOf(provision.inputs.connection) as { dialErrorLimit: number }).dialErrorLimit, 2);
    assert.match(String(provision.inputs.stdin), /^#!\/bin\/sh\n# provision:/);
  });

  it("logs no output of a secret command, and has no key readable in the state", () => {
    assert.equal(named("host-command").inputs.logging, "none");
    for (const { name, inputs } of resources)
      for (const text of openTexts(inputs)) assert.equal(text.includes(MARKER), false, name);
  });

  it("outputs its address and its ssh command", () => {
    assert.equal(outputs.address, "203.0.113.7");
    assert.match(String(outputs.ssh), /^ssh -p 2222 .* ann@lab\.example\.com$/);
  });
});

describe("The ssh command in the outputs", () => {
  it("pins the host key, and fetches the key that the stack created", () => {
    assert.equal(
      sshLineOf("203.0.113.7", "jupyter-up", "ssh-ed25519 AAAA", 22, "dev"),
      "(umask 077; mkdir -p ~/.ssh; pulumi stack output sshKey --show-secrets --stack dev >~/.ssh/jupyter-up-dev) && ssh -i ~/.ssh/jupyter-up-dev -o UserKnownHostsFile=/dev/null -o 'KnownHostsCommand=/bin/echo %H ssh-ed25519 AAAA' jupyter-up@203.0.113.7",
    );
  });

  it("uses the user's own key on their machine, and omits the host key's comment", () => {
    assert.equal(
      sshLineOf("lab.example.com", "root", "ssh-ed25519 AAAA it's mine"),
      "ssh -o UserKnownHostsFile=/dev/null -o 'KnownHostsCommand=/bin/echo %H ssh-ed25519 AAAA' root@lab.example.com",
    );
  });
});
