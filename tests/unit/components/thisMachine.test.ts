import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join, relative } from "node:path";
import { setTimeout } from "node:timers/promises";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { localLayout, ThisMachine } from "../../../components/host/localHost.ts";
import { stackFolder } from "../../../components/names.ts";
import { checkout } from "../../../settings/checkout.ts";
import { type Resource, runUnderMocks, secretOf } from "../../support/mocks.ts";

describe("localLayout()", () => {
  const args = { folder: "local", port: 8443, httpPort: 8080, notebooks: "notebooks" };
  const facts = (platform: string, uid?: number) => ({
    platform,
    ...(uid === undefined ? {} : { getuid: () => uid }),
  });
  const linuxRoot = facts("linux", 0);

  it("puts the site below .state of the checkout, on the loopback address", () => {
    assert.deepEqual(localLayout(linuxRoot, args), {
      root: join(checkout, ".state/local/site"),
      data: join(checkout, ".state/local/data"),
      notebooks: join(checkout, "notebooks"),
      backup: join(homedir(), "jupyter-up-backup/local"),
      address: "127.0.0.1",
      httpsPort: 8443,
      httpPort: 8080,
      public: false,
      systemd: false,
    });
  });

  it("gives stacks different folders even if their names are not valid or differ only in letter case", () => {
    const rootOf = (stack: string) => localLayout(linuxRoot, { ...args, folder: stackFolder(stack) }).root;
    const roots = ["Prod", "prod", ".."].map(rootOf);
    assert.equal(roots[1], join(checkout, ".state/prod/site"));
    // To a Mac's file system, Prod and prod are the same folder.
    assert.equal(new Set(roots.map((root) => root.toLowerCase())).size, 3);
    for (const root of roots) assert.match(relative(checkout, root), /^\.state\/[a-z0-9_-]+\/site$/);
  });

  const users: [who: string, process: ReturnType<typeof facts>, uid: number | undefined][] = [
    ["sets no uid for root on Linux, who gives each file to its image's user", linuxRoot, undefined],
    ["runs containers as the current user on Linux", facts("linux", 1000), 1000],
    ["sets no uid on macOS, where Docker maps owners", facts("darwin", 501), undefined],
    ["sets no uid on a platform without numeric users", facts("win32"), undefined],
  ];
  for (const [who, process, uid] of users)
    it(who, () => {
      assert.equal(localLayout(process, args).uid, uid);
    });

  const folders: [notebooks: string, expected: string][] = [
    ["notebooks", join(checkout, "notebooks")],
    ["./a/b/", join(checkout, "a/b")],
    ["/srv/My Notebooks", "/srv/My Notebooks"],
    ["~/work", `${homedir()}/work`],
    ["a~b", join(checkout, "a~b")],
    ["$HOME/x", join(checkout, "$HOME/x")],
  ];
  for (const [notebooks, expected] of folders)
    it(`resolves the notebooks folder ${notebooks}`, () => {
      assert.equal(localLayout(linuxRoot, { ...args, notebooks }).notebooks, expected);
    });
});

describe("A command on this machine", () => {
  let folder: string;
  let resources: Resource[];
  const inputsOf = (name: string) => resources.find((each) => each.name === name)?.inputs ?? {};
  const createOf = (name: string) => String(inputsOf(name).create);

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "this-machine-"));
    const { default: pulumi } = await import("@pulumi/pulumi");
    const run = await runUnderMocks({}, async () => {
      const host = new ThisMachine("host", { folder: "dev", port: 8443, httpPort: 8080, notebooks: "notebooks" });
      const opts = { parent: host };
      host.command("host-shown", { create: "tr a-z A-Z; echo to stderr >&2; exit 3", stdin: "hello\n" }, opts);
      host.command("host-hidden", { create: "true", delete: "false", stdin: pulumi.secret("x"), shown: false }, opts);
      // Prints its process group, the fifth field of /proc/self/stat.
      const group = "read _ _ _ _ group _ </proc/self/stat; cat && echo $group";
      const slow = `{ ${group}; } >'${folder}/new' && mv '${folder}/new' '${folder}/begun' && sleep 1 && echo whole >'${folder}/ended'`;
      host.command("host-slow", { create: slow, stdin: "" }, opts);
    });
    resources = run.resources;
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it("is a resource of type command:local:Command", () => {
    for (const { type, parent, custom } of resources) if (custom && parent) assert.equal(type, "command:local:Command");
    assert.equal(resources.filter(({ type }) => type === "command:local:Command").length, 3);
  });

  it("logs its output, unless `shown` is false", () => {
    assert.equal(inputsOf("host-shown").logging, "stdoutAndStderr");
    assert.equal(inputsOf("host-hidden").logging, "none");
  });

  it("keeps a secret input secret", () => {
    assert.equal(secretOf(inputsOf("host-hidden").stdin), "x");
    assert.equal(inputsOf("host-shown").stdin, "hello\n");
  });

  it("has its own delete command, or none", () => {
    assert.match(String(inputsOf("host-hidden").delete), / sh -c 'false' /);
    assert.equal(inputsOf("host-shown").delete, undefined);
  });

  /** A PATH with only these programs. */
  function pathWith(...programs: string[]): string {
    const path = mkdtempSync(join(folder, "path-"));
    for (const name of programs) {
      const program = String(spawnSync("sh", ["-c", `command -v ${name}`]).stdout).trim();
      symlinkSync(program, join(path, name));
    }
    return path;
  }
  const tools = ["sh", "cat", "mv", "sleep", "tr"];
  const machines: [which: string, programs: string[], survives: boolean][] = [
    ["on Linux, with setsid", [...tools, "setsid"], true],
    ["on macOS, with perl instead of setsid", [...tools, "perl"], true],
    ["without setsid and perl", tools, false],
  ];
  for (const [which, programs, survives] of machines)
    describe(which, () => {
      const begin = () => {
        for (const file of ["begun", "ended"]) rmSync(join(folder, file), { force: true });
        const shell = spawn("/bin/sh", ["-c", createOf("host-slow")], {
          stdio: ["pipe", "ignore", "ignore"],
          env: { PATH: pathWith(...programs) },
          detached: true,
        });
        shell.stdin?.end();
        return shell;
      };

      it("gets its standard input, and passes on its output and exit code", () => {
        const options = { input: "hello\n", env: { PATH: pathWith(...programs) } };
        const { stdout, stderr, status } = spawnSync("/bin/sh", ["-c", createOf("host-shown")], options);
        assert.deepEqual([String(stdout), String(stderr), status], ["HELLO\n", "to stderr\n", 3]);
      });

      it("finishes its work when its shell is killed, as by a first Ctrl-C", async () => {
        const shell = begin();
        await there(`${folder}/begun`);
        shell.kill("SIGKILL");
        await there(`${folder}/ended`);
        assert.equal(readFileSync(`${folder}/ended`, "utf8"), "whole\n");
      });

      const skip = !existsSync("/proc/self/stat") && "there is no /proc";
      (skip ? it.skip : it)(
        `is ${survives ? "not " : ""}in the process group that a second Ctrl-C interrupts`,
        async () => {
          const shell = begin();
          await there(`${folder}/begun`);
          const group = readFileSync(`${folder}/begun`, "utf8").trim();
          assert.match(group, /^\d+$/);
          assert.equal(group === String(shell.pid), !survives);
          await there(`${folder}/ended`);
        },
      );
    });
});

/** Waits up to ten seconds for a file. */
async function there(path: string): Promise<void> {
  for (let tries = 0; tries < 200 && !existsSync(path); tries++) await setTimeout(50);
  assert.ok(existsSync(path), `${path} did not appear`);
}
