import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import * as pulumi from "@pulumi/pulumi";
import type { Host, HostCommandArgs } from "../../../components/host/host.ts";
import { SiteRelease } from "../../../components/release/siteRelease.ts";
import { endOf, hostProgram } from "../../../files/host/program.ts";
import type { HostLayout } from "../../../files/site/hostLayout.ts";
import { type Resource, runUnderMocks, secretOf } from "../../support/mocks.ts";
import { bundleWith, layout, secrets, siteWith } from "../../support/site.ts";

class AnyCommand extends pulumi.CustomResource {
  constructor(name: string, args: HostCommandArgs, opts: pulumi.CustomResourceOptions) {
    super("test:index:Command", name, { ...args }, opts);
  }
}

/** A fake host that records the commands as resources. */
class AnyHost implements Host {
  readonly layout: HostLayout;
  readonly address = pulumi.output("203.0.113.7");

  constructor(layout: HostLayout) {
    this.layout = layout;
  }

  command(name: string, args: HostCommandArgs, opts: pulumi.CustomResourceOptions): pulumi.Resource {
    return new AnyCommand(name, args, opts);
  }
}

describe("A release", () => {
  // The shell must read any folder name as one word.
  const parent = mkdtempSync(join(tmpdir(), "it's a $(release) "));
  const elsewhere: HostLayout = { ...layout, root: `${parent}/site` };
  const script = `${elsewhere.root}/bin/site-apply`;
  let commands: Resource[];
  const asked = (name: string) => {
    const found = commands.find((each) => each.name === name);
    assert.ok(found, name);
    return found.inputs;
  };
  const lineOf = (name: string, when: "create" | "delete" = "create") => String(asked(name)[when]);
  const sh = (command: string, input = "") => spawnSync("sh", ["-c", command], { input, encoding: "utf8" });

  beforeAll(async () => {
    const run = await runUnderMocks({}, async () => {
      const host = new AnyHost(elsewhere);
      const site = siteWith({ layout: { root: elsewhere.root } });
      new SiteRelease("site", { host, site, secrets: { ...secrets, doorSecret: pulumi.secret(secrets.doorSecret) } });
    });
    commands = run.resources.filter(({ type }) => type === "test:index:Command");
  });
  afterAll(() => rmSync(parent, { recursive: true }));

  it("consists of three commands", () => {
    assert.deepEqual(
      commands.map(({ name }) => name),
      ["site-setup", "site-secrets", "site-release"],
    );
  });

  it("sends the bundle's two texts, the one with the secrets as a secret", () => {
    const bundle = bundleWith({ layout: { root: elsewhere.root } });
    assert.equal(secretOf(asked("site-secrets").stdin), bundle.secrets);
    assert.equal(asked("site-secrets").shown, false);
    assert.equal(asked("site-release").stdin, bundle.release);
  });

  it("sends the host program unchanged", () => {
    assert.equal(asked("site-setup").stdin, hostProgram());
  });

  /** The set-up command with another program in place of site-apply. */
  const program = (words: string) => `#!/bin/sh\n${words}\nexit\n${endOf(hostProgram())}\n`;
  it("installs the script as a program, and lets it check the machine", () => {
    const { stdout, stderr, status } = sh(lineOf("site-setup"), program('echo "$0" "$@"'));
    assert.deepEqual({ stdout, stderr, status }, { stdout: `${script} machine\n`, stderr: "", status: 0 });
    assert.equal(statSync(script).mode & 0o777, 0o755);
  });

  it("keeps the old script intact if the new one does not arrive", () => {
    writeFileSync(script, "#!/bin/sh\necho old\n");
    const failing = lineOf("site-setup").replace(" && cat >", " && false >");
    assert.notEqual(failing, lineOf("site-setup"));
    for (const [line, input] of [
      [failing, program("echo new")],
      [lineOf("site-setup"), ""],
      [lineOf("site-setup"), program("echo cut off").slice(0, -2)],
      [lineOf("site-setup"), hostProgram().slice(0, 20_000)],
    ] as const)
      assert.notEqual(sh(line, input).status, 0);
    assert.equal(readFileSync(script, "utf8"), "#!/bin/sh\necho old\n");
  });

  const echo = program('echo "$@"');

  it("calls the script for the secrets, the release and the removal, on a noexec file system, too", () => {
    writeFileSync(script, echo);
    chmodSync(script, 0o644);
    assert.equal(sh(lineOf("site-secrets")).stdout, "secrets\n");
    assert.equal(sh(lineOf("site-release")).stdout, "release\n");
    assert.equal(sh(lineOf("site-setup", "delete"), echo).stdout, "down jupyter-up-test\n");
  });

  it("can be taken down if its folder was removed, and on a full disk", () => {
    rmSync(elsewhere.root, { recursive: true });
    assert.equal(sh(lineOf("site-setup", "delete"), echo).stdout, "down jupyter-up-test\n");
    const full = lineOf("site-setup", "delete").replace("cat >", "false >");
    assert.equal(sh(full).stdout, "down jupyter-up-test\n");
  });

  it("installs a script that only its owner can change, with any umask", () => {
    for (const umask of ["000", "027", "077"]) {
      rmSync(elsewhere.root, { recursive: true, force: true });
      sh(`umask ${umask} && ${lineOf("site-setup")}`, echo);
      assert.equal(statSync(`${elsewhere.root}/bin`).mode & 0o022, 0, umask);
    }
  });

  it("can be a rollback, which is deleted from the state before it runs", async () => {
    const { resources } = await runUnderMocks({}, async () => {
      const site = siteWith({ layout: { root: elsewhere.root } });
      new SiteRelease("site", { host: new AnyHost(elsewhere), site, secrets, rollbackTo: "0123abcd" });
    });
    const release = resources.find(({ name }) => name === "site-release");
    assert.match(String(release?.inputs.create), /^sh '.*\/bin\/site-apply' rollback --to 0123abcd$/);
    assert.equal(release?.inputs.stdin, "");
    assert.equal(release?.options.deleteBeforeReplace, true);
    const usual = commands.find(({ name }) => name === "site-release");
    assert.equal(usual?.options.deleteBeforeReplace, false);
  });

  it("has no other delete command", () => {
    assert.equal(asked("site-release").delete, undefined);
    assert.equal(asked("site-secrets").delete, undefined);
  });
});
