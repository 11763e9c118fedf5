import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import command from "./packages/command/index.ts";
import { goQuote } from "./packages/command/output.ts";
import { type Properties, UNKNOWN } from "./resource.ts";
import { serveForTests, type TestEngine, urn } from "./testing/engine.ts";

const local = "command:local:Command";

describe("local.Command", () => {
  let served: Awaited<ReturnType<typeof serveForTests>>;
  let engine: TestEngine;
  let folder: string;

  beforeAll(async () => {
    served = await serveForTests(command);
    engine = await served.attach();
    folder = await mkdtemp(join(tmpdir(), "local-command-"));
  });

  afterAll(async () => {
    served.close();
    await rm(folder, { recursive: true });
  });

  it("runs nothing in a preview, and shows the outputs as unknown", async () => {
    const file = join(folder, "preview");
    const create = `echo x > ${file}`;
    const previewed = await engine.create(local, { create }, { preview: true });
    assert.deepEqual(previewed.outputs, { create, stdout: UNKNOWN, stderr: UNKNOWN });
    assert.match(previewed.id, /^it[0-9a-f]{8}$/);
    await engine.update(local, await engine.create(local, {}), { create }, { preview: true });
    await assert.rejects(readFile(file), { code: "ENOENT" });
  });

  it("keeps the output of create, without the last newline of each stream", async () => {
    const inputs = { create: "printf 'a\\n\\n'; printf 'b\\n' >&2" };
    const { id, outputs } = await engine.create(local, inputs, { name: "hello" });
    assert.deepEqual(outputs, { ...inputs, stdout: "a\n", stderr: "b" });
    assert.match(id, /^hello[0-9a-f]{8}$/);
  });

  it("creates a resource with only a delete command", async () => {
    const { outputs } = await engine.create(local, { delete: "true" });
    assert.deepEqual(outputs, { delete: "true", stdout: "", stderr: "" });
  });

  it("passes stdin completely, and ignores that the command does not read it", async () => {
    const stdin = "line\n".repeat(1_000_000);
    const counted = await engine.create(local, { create: "wc -c", stdin });
    assert.equal(String(counted.outputs.stdout).trim(), "5000000");
    const unread = await engine.create(local, { create: "exec true", stdin });
    assert.equal(unread.outputs.stdout, "");
  });

  it("inherits the environment, and adds to it", async () => {
    const inputs = { create: 'test -n "$PATH" && echo "$GREETING"', environment: { GREETING: "hello  you" } };
    assert.equal((await engine.create(local, inputs)).outputs.stdout, "hello  you");
  });

  it("runs in dir, or in the server's own directory", async () => {
    assert.equal((await engine.create(local, { create: "pwd -P", dir: folder })).outputs.stdout, folder);
    assert.equal((await engine.create(local, { create: "pwd -P" })).outputs.stdout, process.cwd());
  });

  it("gives the command to the interpreter as its last argument", async () => {
    const inputs = { create: "console.log(6 * 7)", interpreter: [process.execPath, "-e"] };
    assert.equal((await engine.create(local, inputs)).outputs.stdout, "42");
  });

  describe("update", () => {
    it("runs update, else create, else nothing", async () => {
      const made = await engine.create(local, { create: "echo created" });
      const updated = await engine.update(local, made, { create: "echo created", update: "echo updated" });
      assert.equal(updated.outputs.stdout, "updated");
      const again = await engine.update(local, updated, { create: "echo created again" });
      assert.equal(again.outputs.stdout, "created again");
      const nothing = await engine.update(local, again, { delete: "true" });
      assert.deepEqual(nothing.outputs, { delete: "true", stdout: "created again", stderr: "" });
      assert.equal(nothing.id, made.id);
    });

    it("has the previous output in its environment, unless that is disabled", async () => {
      const made = await engine.create(local, { create: "echo out; echo err >&2" });
      const update = 'echo "$PULUMI_COMMAND_STDOUT-$PULUMI_COMMAND_STDERR"';
      assert.equal((await engine.update(local, made, { update })).outputs.stdout, "out-err");
      const without = { update, addPreviousOutputInEnv: false };
      assert.equal((await engine.update(local, made, without)).outputs.stdout, "-");
    });
  });

  it("deletes with the commands and the environment of the state", async () => {
    const inputs = { create: "echo made", delete: 'echo "$PULUMI_COMMAND_STDOUT $WHAT" > gone', dir: folder };
    const made = await engine.create(local, { ...inputs, environment: { WHAT: "and gone" } });
    await engine.delete(local, made);
    assert.equal(await readFile(join(folder, "gone"), "utf8"), "made and gone\n");
  });

  describe("diff", () => {
    const old: Properties = {
      create: "a",
      triggers: [1, { deep: "x" }],
      environment: { KEEP: "1", CHANGE: "1", "odd.name": "1" },
    };
    const cases: [string, Properties, Record<string, string>][] = [
      ["nothing", old, {}],
      ["create", { ...old, create: "b" }, { create: "update" }],
      ["a new property", { ...old, stdin: "x" }, { stdin: "add" }],
      ["a removed property", { triggers: old.triggers, environment: old.environment }, { create: "delete" }],
      // The SDK's option `replaceOnChanges` causes the replacement: engine.test.ts.
      ["a trigger's value", { ...old, triggers: [2, { deep: "x" }] }, { "triggers[0]": "update" }],
      ["a nested value of a trigger", { ...old, triggers: [1, { deep: "y" }] }, { "triggers[1].deep": "update" }],
      ["an additional trigger", { ...old, triggers: [1, { deep: "x" }, 3] }, { "triggers[2]": "add" }],
      ["a removed trigger", { ...old, triggers: [1] }, { "triggers[1]": "delete" }],
      ["all triggers removed", { create: "a", environment: old.environment }, { triggers: "delete & replace" }],
      [
        "variables",
        { ...old, environment: { KEEP: "1", CHANGE: "2", NEW: "1" } },
        { "environment.CHANGE": "update", 'environment["odd.name"]': "delete", "environment.NEW": "add" },
      ],
    ];
    for (const [what, news, expected] of cases) {
      it(`of ${what}`, async () => {
        const resource = { id: "it1", inputs: old, outputs: { ...old, stdout: "x", stderr: "" } };
        assert.deepEqual(await engine.diff(local, resource, news), expected);
      });
    }
  });

  // A text of more than 64 KiB does not reach a client on Node; engine.test.ts shows what the engine does with one.
  describe("failure texts", () => {
    const cases: [string, Properties, string][] = [
      ["an exit status", { create: "exit 7" }, 'exit status 7: running "exit 7":\n'],
      [
        "all output and the command, quoted on one line",
        { create: 'echo "out"\necho err >&2\nexit 3', logging: "none" },
        'exit status 3: running "echo \\"out\\"\\necho err >&2\\nexit 3":\nout\nerr\n',
      ],
      [
        "no such command",
        { create: "no-such-command-here 2>/dev/null" },
        'exit status 127: running "no-such-command-here 2>/dev/null":\n',
      ],
      ["a signal", { create: "kill -KILL $$" }, 'signal: killed: running "kill -KILL $$":\n'],
      ["another signal", { create: "kill -TERM $$" }, 'signal: terminated: running "kill -TERM $$":\n'],
      [
        "no such folder",
        { create: "true", dir: "/no/such" },
        'chdir /no/such: no such file or directory: running "true":\n',
      ],
      [
        "a folder that is a file",
        { create: "true", dir: "/etc/passwd" },
        'fork/exec /bin/sh: not a directory: running "true":\n',
      ],
      [
        "no such interpreter, by path",
        { create: "x", interpreter: ["/no/such"] },
        'fork/exec /no/such: no such file or directory: running "x":\n',
      ],
      [
        "no such interpreter, by name",
        { create: "x", interpreter: ["no-such-program-here"] },
        'exec: "no-such-program-here": executable file not found in $PATH: running "x":\n',
      ],
      [
        "an interpreter without execute permission",
        { create: "x", interpreter: ["/etc/passwd"] },
        'fork/exec /etc/passwd: permission denied: running "x":\n',
      ],
    ];
    for (const [what, inputs, text] of cases) {
      it(`of ${what}`, async () => {
        await assert.rejects(engine.create(local, inputs), { message: text });
      });
    }

    it("are the same for update and delete", async () => {
      const made = await engine.create(local, { delete: "exit 2" });
      await assert.rejects(engine.update(local, made, { update: "exit 4" }), {
        message: 'exit status 4: running "exit 4":\n',
      });
      await assert.rejects(engine.delete(local, made), { message: 'exit status 2: running "exit 2":\n' });
    });
  });

  describe("logging", () => {
    const cases: [string | undefined, string[]][] = [
      [undefined, ["out", "err"]],
      ["stdoutAndStderr", ["out", "err"]],
      ["stdout", ["out"]],
      ["stderr", ["err"]],
      ["none", []],
    ];
    for (const [logging, lines] of cases) {
      it(`shows ${lines.join(" and ") || "nothing"} when it is ${logging ?? "left out"}`, async () => {
        const own = await served.attach();
        const create = "echo out; sleep 0.05; echo err >&2";
        const { outputs } = await own.create(local, { create, ...(logging && { logging }) }, { name: "logger" });
        assert.deepEqual(
          own.messages,
          lines.map((text) => ({ urn: urn(local, "logger"), text, severity: 1, ephemeral: true })),
        );
        assert.deepEqual([outputs.stdout, outputs.stderr], ["out", "err"]);
      });
    }

    it("shows each line while the command runs, and a last one without its newline at the end", async () => {
      const own = await served.attach();
      const gate = join(folder, "gate");
      own.onMessage = async ({ text }) => {
        if (text === "first") await writeFile(gate, "");
      };
      const wait = `i=0; until test -e ${gate}; do i=$((i+1)); test $i -lt 500 || exit 9; sleep 0.02; done`;
      await own.create(local, { create: `printf 'fir'; printf 'st\\r\\n'; ${wait}; printf second` });
      assert.deepEqual(
        own.messages.map((message) => message.text),
        ["first", "second"],
      );
    });

    it("survives a line of more than 64 KiB", async () => {
      const { outputs } = await engine.create(local, { create: "head -c 70000 /dev/zero | tr '\\0' x" });
      assert.equal(String(outputs.stdout).length, 70_000);
    });
  });

  describe("Ctrl-C", () => {
    it("kills only the shell, and waits until its children have closed their output", async () => {
      const own = await served.attach();
      own.onMessage = async ({ text }) => {
        if (text === "running") await own.cancel();
      };
      const survivor = join(folder, "survivor");
      const create = `trap 'echo trapped' INT TERM; (echo running; sleep 0.3; echo lived > ${survivor}; echo done) & wait; echo never`;
      await assert.rejects(own.create(local, { create }), {
        message: `signal: killed: running ${goQuote(create)}:\nrunning\ndone\n`,
      });
      assert.deepEqual(
        own.messages.map(({ text }) => text),
        ["running"],
        "hides output after a Ctrl-C",
      );
      assert.equal(await readFile(survivor, "utf8"), "lived\n");
    });

    it("belongs to one engine: other engines' commands continue", async () => {
      const one = await served.attach();
      const other = await served.attach();
      other.onMessage = () => one.cancel();
      const { outputs } = await other.create(local, { create: "echo running; sleep 0.1; echo finished" });
      assert.equal(outputs.stdout, "running\nfinished");
    });

    it("has the same effect as expired customTimeouts, which count whole seconds", async () => {
      await assert.rejects(engine.create(local, { create: "exec sleep 20" }, { timeout: 1.9 }), {
        message: 'signal: killed: running "exec sleep 20":\n',
      });
      await assert.rejects(engine.create(local, { create: "exec sleep 20" }, { timeout: 0.9 }), {
        message: 'context deadline exceeded: running "exec sleep 20":\n',
      });
    });
  });

  it("lets a command of a killed CLI run until it writes again", async () => {
    const own = await served.attach();
    const file = join(folder, "orphan");
    own.onMessage = async ({ text }) => {
      if (text === "running") own.close();
    };
    const create = `trap '' PIPE; echo running; sleep 0.3; echo lost 2>/dev/null || echo pipe closed > ${file}.new && mv ${file}.new ${file}`;
    await assert.rejects(own.create(local, { create }));
    assert.equal(await eventually(() => readFile(file, "utf8")), "pipe closed\n");
  });

  describe("invalid inputs", () => {
    const on = "on 'local.CommandInputs'";
    const cases: [string, Properties, string[]][] = [
      ["nothing", {}, []],
      ["unknown values", { create: UNKNOWN, environment: UNKNOWN, interpreter: ["sh", UNKNOWN] }, []],
      ["triggers of any kind", { triggers: [1, { a: "b" }] }, []],
      [
        "fields that do not exist",
        { nope: 1, no: 2 },
        ["no", "nope"].map((f) => `${f}: Unrecognized field '${f}' ${on}`),
      ],
      [
        "values of another type",
        { create: true, stdin: 3, dir: ["a"] },
        [
          `create: Field 'create' ${on} must be a 'string'; got 'bool' instead`,
          `stdin: Field 'stdin' ${on} must be a 'string'; got 'float64' instead`,
          `dir: Field 'dir' ${on} must be a 'string'; got '[]interface {}' instead`,
        ],
      ],
      [
        "an object instead of a text",
        { create: { a: 1 } },
        [
          "create: An error occurred decoding 'CommandInputs.create': Cannot decode Object{} to type string; it isn't a struct, and no custom decoder exists",
        ],
      ],
      [
        "a variable that is not text",
        { environment: { A: 1 } },
        [`environment[A] value: Field 'environment[A] value' ${on} must be a 'string'; got 'float64' instead`],
      ],
      [
        "an interpreter that is not a list of texts",
        { interpreter: ["a", 1] },
        [`interpreter[1]: Field 'interpreter[1]' ${on} must be a 'string'; got 'float64' instead`],
      ],
      [
        "a text instead of a list",
        { triggers: "a" },
        [`triggers: Field 'triggers' ${on} must be a '[]interface {}'; got 'string' instead`],
      ],
      [
        "a logging value that is not text",
        { logging: 3 },
        [`logging: Field 'logging' ${on} must be a 'local.Logging'; got 'float64' instead`],
      ],
    ];
    for (const [what, inputs, expected] of cases)
      it(what, async () => {
        assert.deepEqual(await engine.check(local, inputs), expected);
      });
  });

  it("refuses assetPaths and archivePaths, which it does not support", async () => {
    const failures = await engine.check(local, { create: "true", assetPaths: ["*"], archivePaths: ["*"] });
    assert.deepEqual(failures, [
      "assetPaths: the fake provider command collects no files: leave assetPaths out",
      "archivePaths: the fake provider command collects no files: leave archivePaths out",
    ]);
  });

  it("reads nothing on refresh", async () => {
    const made = await engine.create(local, { create: "echo made" });
    assert.deepEqual(await engine.read(local, made), made);
  });
});

it("quotes as Go does", () => {
  assert.equal(
    goQuote('a"b\\c\n\t\r\x00\x1b\x7f é€ 😀 \u200b\u{e0001}'),
    '"a\\"b\\\\c\\n\\t\\r\\x00\\x1b\\x7f é€ 😀 \\u200b\\U000e0001"',
  );
});

async function eventually<T>(look: () => Promise<T>): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await look();
    } catch (error) {
      if (attempt === 200) throw error;
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  }
}
