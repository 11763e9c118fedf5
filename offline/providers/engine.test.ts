import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import type { Properties } from "./resource.ts";
import { cli, firstLine, skip, type TrialStack, trialStack } from "./testing/trialStack.ts";

/** Each test starts where the previous one ended, as in a stack's life. */
(skip ? describe.skip : describe)("the real engine with the fake plugins", () => {
  let stack: TrialStack;
  let folder: string;
  let env: NodeJS.ProcessEnv;
  let deeds: string;

  /** A command that leaves a trace of each run. */
  const traced = () => ({
    create: `cat > /dev/null; echo create >> ${deeds}; echo made`,
    update: `echo update >> ${deeds}; echo updated`,
    delete: `echo delete >> ${deeds}`,
    triggers: ["first"],
  });
  const tracesOf = async () => (await readFile(deeds, "utf8").catch(() => "")).split("\n").filter(Boolean);

  beforeAll(async () => {
    stack = await trialStack("engine.program.ts");
    ({ folder, env } = stack);
    deeds = join(folder, "deeds");
    assert.equal((await pulumi(["stack", "init", "dev"])).code, 0);
  });

  afterAll(() => stack.remove());

  async function pulumi(args: string[], inputs: Properties = {}): Promise<{ code: number; text: string }> {
    await writeFile(join(folder, "inputs.json"), JSON.stringify(inputs));
    return new Promise((resolve) => {
      const options = { cwd: folder, env, maxBuffer: 64 * 1024 * 1024 };
      execFile(cli?.command ?? "", [...args, "--non-interactive"], options, (error, stdout, stderr) => {
        resolve({ code: error === null ? 0 : Number(error.code), text: stdout + stderr });
      });
    });
  }

  const up = (inputs: Properties) => pulumi(["up", "--yes", "--skip-preview"], inputs);

  async function output(name: string): Promise<string> {
    return JSON.parse((await pulumi(["stack", "output", name, "--json"])).text);
  }

  it("does not run with a CLI older than Pulumi.yaml requires", async () => {
    const file = join(folder, "Pulumi.yaml");
    const project = await readFile(file, "utf8");
    await writeFile(file, `${project}requiredPulumiVersion: ">=99.0.0"\n`);
    const { code, text } = await pulumi(["preview"]);
    await writeFile(file, project);
    assert.notEqual(code, 0);
    assert.match(text, /Pulumi CLI version \S+ does not satisfy the version range ">=99\.0\.0"/);
  });

  it("shows unknown outputs in a preview, and runs nothing", async () => {
    const { code, text } = await pulumi(["preview"], { command: traced() });
    assert.equal(code, 0, text);
    assert.match(text, /\+ 5 to create/);
    assert.match(text, /stdout *: \[unknown\]/);
    assert.deepEqual(await tracesOf(), []);
  });

  it("creates everything once, showing a command's output", async () => {
    const { code, text } = await up({ command: traced() });
    assert.equal(code, 0, text);
    assert.match(text, /\+ 5 created/);
    assert.match(text, /command:local:Command command creat(ing|ed) \([\d.]+s\) made/);
    assert.deepEqual(await tracesOf(), ["create"]);
    assert.equal(await output("stdout"), "made");
    assert.match(await output("certPem"), /^-----BEGIN CERTIFICATE-----\n/);
  });

  it("lets Node strip the types, as Pulumi.yaml says", async () => {
    assert.equal(await output("compiled"), "false");
  });

  it("keeps secrets encrypted in the state", async () => {
    const state = await readFile(join(folder, "backend/.pulumi/stacks/trial/dev.json"), "utf8");
    const { resources } = JSON.parse(state).checkpoint.latest;
    const named = (name: string) => resources.find(({ urn }: { urn: string }) => urn.endsWith(`::${name}`));
    for (const value of [
      named("password").outputs.result,
      named("password").outputs.bcryptHash,
      named("key").outputs.privateKeyPem,
      named("key").outputs.privateKeyOpenssh,
      named("certificate").inputs.privateKeyPem,
      named("command").inputs.stdin,
      named("command").outputs.stdin,
    ]) {
      assert.match(value.ciphertext, /^v1:/);
    }
    assert.doesNotMatch(state, /BEGIN PRIVATE KEY/);
  });

  it("runs nothing when nothing has changed, nor on refresh", async () => {
    const { text } = await up({ command: traced() });
    assert.match(text, /Resources:\n +5 unchanged/);
    const refreshed = await pulumi(["refresh", "--yes", "--skip-preview"], { command: traced() });
    assert.equal(refreshed.code, 0, refreshed.text);
    assert.deepEqual(await tracesOf(), ["create"]);
  });

  it("updates in place when anything but a trigger has changed", async () => {
    const { code, text } = await up({ command: { ...traced(), environment: { A: "1" } } });
    assert.equal(code, 0, text);
    assert.match(text, /~ 1 updated\n +4 unchanged/);
    assert.deepEqual(await tracesOf(), ["create", "update"]);
    assert.equal(await output("stdout"), "updated");
  });

  it("reports a failed update in the provider's words, and keeps the old state", async () => {
    const failing = { ...traced(), environment: { A: "1" }, update: 'echo "half a deed"; exit 7', logging: "none" };
    const { code, text } = await up({ command: failing });
    assert.equal(code, 1);
    assert.ok(
      text.includes('error: exit status 7: running "echo \\"half a deed\\"; exit 7":\n    half a deed\n'),
      text,
    );
    assert.match((await up({ command: { ...traced(), environment: { A: "1" } } })).text, /Resources:\n +5 unchanged/);
    assert.deepEqual(await tracesOf(), ["create", "update"]);
  });

  it("shows even a very long error text completely", async () => {
    const long = { ...traced(), update: "head -c 300000 /dev/zero | tr '\\0' x; exit 1", logging: "none" };
    const { code, text } = await up({ command: long });
    assert.equal(code, 1);
    assert.ok(text.includes("x".repeat(300_000)), text.slice(0, 2000));
  });

  it("says that a command is too long for a shell's argument", async () => {
    const { code, text } = await up({ command: { ...traced(), update: `: ${"x".repeat(131_072)}` } });
    assert.equal(code, 1);
    assert.match(text, /error: fork\/exec \/bin\/sh: argument list too long: running ": x/);
  });

  it("replaces when a trigger has changed: the new create first, then the old delete", async () => {
    const { code, text } = await up({ command: { ...traced(), triggers: ["second"] } });
    assert.equal(code, 0, text);
    assert.match(text, /\+-1 replaced\n +4 unchanged/);
    assert.deepEqual(await tracesOf(), ["create", "update", "create", "delete"]);
  });

  it("replaces a certificate once its early renewal has come, and only then", async () => {
    const inputs = { command: { ...traced(), triggers: ["second"] } };
    const old = await output("certPem");
    assert.match((await up({ ...inputs, certificate: { earlyRenewalHours: 99 } })).text, /~ 1 updated\n +4 unchanged/);
    assert.equal(await output("certPem"), old);
    assert.match(
      (await up({ ...inputs, certificate: { earlyRenewalHours: 100 } })).text,
      /\+-1 replaced\n +4 unchanged/,
    );
    assert.notEqual(await output("certPem"), old);
  });

  it("runs delete on destroy", async () => {
    const { code, text } = await pulumi(["destroy", "--yes", "--skip-preview"]);
    assert.equal(code, 0, text);
    assert.match(text, /- 5 deleted/);
    assert.deepEqual((await tracesOf()).slice(4), ["delete"]);
  });
});

describe("main.ts", () => {
  it("prints one line, ignores SIGINT, and ends with its standard input", async () => {
    const server = spawn(process.execPath, [join(import.meta.dirname, "main.ts")], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    const [line, lines] = await firstLine(server);
    assert.match(line, /(^|,)command:\d+,/);
    assert.match(line, /^([a-z]+:\d+)(,[a-z]+:\d+)*$/);
    server.kill("SIGINT");
    server.stdin.end();
    const [code, signal] = await new Promise<[number | null, string | null]>((resolve) => {
      server.once("close", (...how) => resolve(how));
    });
    assert.deepEqual([code, signal], [0, null]);
    assert.deepEqual(lines, [line]);
  });
});
