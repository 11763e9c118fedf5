import assert from "node:assert/strict";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, it } from "@jest/globals";
import { Clone } from "../../e2e/support/clone.ts";
import type { Seen } from "../../support/terminal.ts";

/** Output of a script or the engine that fails by an internal error. */
const internalError = /^\s+at |TypeError|undefined|\[object Object\]/m;

describe("a user at a terminal", () => {
  let clone: Clone;
  let seen: Seen;
  let locks: string;

  beforeAll(async () => {
    clone = await Clone.make();
    locks = join(clone.folder, ".state/pulumi/.pulumi/locks/organization/jupyter-up/local");
  });
  afterAll(async () => {
    await clone?.npm("stop");
    await clone?.remove();
  });
  afterEach(() => {
    assert.doesNotMatch(seen.text, internalError);
    assert.ok(seen.cursorIsVisible, "the cursor is hidden");
  });

  /** The summary of `npm start`, whose lines must not be truncated because users copy them. */
  async function assertSummary(text: string): Promise<void> {
    const password = await clone.output("password");
    const lines = [
      "Open:       https://jupyter.lab.localhost:8443",
      "Sign in as: you@example.com",
      `Password:   ${password}`,
      `Notebooks:  ${join(clone.folder, "notebooks")}`,
      `Trust once: ${join(clone.folder, ".state/authority.pem")}`,
      "Stop:       npm stop",
    ];
    for (const line of lines) assert.ok(text.split("\n").includes(`  ${line}`), `no line "  ${line}" in:\n${text}`);
  }

  interface Checkpoint {
    checkpoint: { latest: { resources: { urn: string }[]; pending_operations?: unknown[] } };
  }

  const checkpoint = ".state/pulumi/.pulumi/stacks/jupyter-up/local.json";
  const state = async () => JSON.parse(await clone.read(checkpoint)) as Checkpoint;

  /** A pending operation: the engine records it before it creates a resource, and leaves it in the state when killed. */
  async function leaveCreatePending(): Promise<void> {
    const noted = await state();
    const { latest } = noted.checkpoint;
    const resource = latest.resources.find(({ urn }) => urn.endsWith("::site-release"));
    latest.pending_operations = [{ resource, type: "creating" }];
    await writeFile(join(clone.folder, checkpoint), JSON.stringify(noted));
  }

  /** A completed step: redrawn in its place, or another line if the width is unknown. */
  const done = (columns: number, title: string) =>
    columns > 0
      ? new RegExp(`^✔ ${title}(?: \\[[\\dmins. ]+\\])?$`, "m")
      : new RegExp(`^  ${title} \\([\\dmins. ]+\\)$`, "m");

  for (const columns of [80, 40, 0])
    describe(`of ${columns || "unknown"} columns`, () => {
      it("starts the site", async () => {
        seen = await clone.npmOnTerminal({ columns }, "start");
        assert.equal(seen.code, 0, seen.text);
        assert.match(seen.text, done(columns, "Docker \\d\\S+"));
        assert.match(seen.text, done(columns, "pulumi up: \\d+ created"));
        assert.match(seen.text, /^The site is up \([\dmins. ]+\)\.$/m);
        await assertSummary(seen.text);
      });

      it("gets the issue of an invalid setting", async () => {
        await clone.pulumi("config", "set", "--path", "allow[0]", "nobody");
        seen = await clone.npmOnTerminal({ columns }, "start");
        await clone.pulumi("config", "set", "--path", "allow[0]", "you@example.com");
        assert.equal(seen.code, 1, seen.text);
        const failed = columns > 0 ? "✖ pulumi up" : "  failed: pulumi up";
        assert.equal(
          seen.text.slice(seen.text.indexOf(failed)),
          `${failed}

One thing is wrong with the settings of the stack local. Nothing was changed.

  allow[0]: "nobody" has no @ in it. An address is written ann@example.com, a whole domain @example.com.
    pulumi config set --path 'allow[0]' ann@example.com

(There is no \`pulumi\` command on this machine: use \`npm run pulumi --\` instead.)`,
        );
      });

      it("changes a setting", async () => {
        await clone.pulumi("config", "set", "--path", "allow[1]", `@team-${columns}.test`);
        seen = await clone.npmOnTerminal({ columns }, "start");
        assert.equal(seen.code, 0, seen.text);
        assert.match(seen.text, done(columns, "pulumi up: [\\d a-z,]*updated"));
        await assertSummary(seen.text);
      });

      it("stops the site", async () => {
        seen = await clone.npmOnTerminal({ columns }, "stop");
        assert.equal(seen.code, 0, seen.text);
        assert.match(seen.text, done(columns, "The site is stopped"));
        assert.ok(seen.text.includes(join(clone.folder, "notebooks")), seen.text);
      });
    });

  describe("with a running site", () => {
    beforeAll(async () => {
      const { code, text } = await clone.npm("start");
      assert.equal(code, 0, text);
    });

    for (const columns of [80, 0]) {
      it(`gets a preview of the Pulumi CLI, on ${columns} columns`, async () => {
        seen = await clone.npmOnTerminal({ columns }, "run", "pulumi", "--", "preview");
        assert.equal(seen.code, 0, seen.text);
        assert.match(seen.text, /^ +\d+ unchanged$/m);
      });
    }

    it("interrupts a change by Ctrl-C, on 80 columns", async () => {
      await clone.pulumi("config", "set", "--path", "allow[1]", "@other.test");
      seen = await clone.npmOnTerminal({ columns: 80, type: { when: /pulumi up/, keys: "\u0003" } }, "start");
      assert.equal(seen.code, 130, seen.text);
      assert.match(seen.text, /^Interrupted\. Run the command again to go on\.$/m);
    });

    for (const command of [["start"], ["run", "pulumi", "--", "up", "--yes", "--skip-preview"]]) {
      it(`gets the command that removes the lock of a killed run: npm ${command.slice(0, 4).join(" ")}`, async () => {
        await mkdir(locks, { recursive: true });
        const lock = { pid: 1, username: "you", hostname: "here", timestamp: new Date().toISOString() };
        await writeFile(join(locks, "2b0c5b2e-7a4c-4b3c-9d58-2f6f4f7a1b11.json"), JSON.stringify(lock));
        seen = await clone.npmOnTerminal({ columns: 40 }, ...command);
        const cancelled = await clone.pulumi("cancel", "--yes");
        assert.notEqual(seen.code, 0, seen.text);
        assert.match(
          seen.text,
          /^Another run is in progress, or a killed run left its lock\. .*\n *pulumi cancel --yes$/m,
        );
        assert.equal(cancelled.code, 0, cancelled.text);
      });
    }

    it("gets the command for an interrupted create, on a terminal that does not know its width", async () => {
      await leaveCreatePending();
      seen = await clone.npmOnTerminal({ columns: 0 }, "start");
      assert.equal(seen.code, 0, seen.text);
      await assertSummary(seen.text);
      assert.match(seen.text, /^An earlier run was interrupted while it created site-release,/m);
      const [, args = ""] = /^pulumi (refresh --yes --non-interactive --clear-pending-creates)$/m.exec(seen.text) ?? [];
      // On a terminal, `refresh` asks about each of them, unless its arguments forbid that.
      const refreshed = await clone.npmOnTerminal({ columns: 80 }, "run", "pulumi", "--", ...args.split(" "));
      assert.equal(refreshed.code, 0, refreshed.text);
      assert.deepEqual((await state()).checkpoint.latest.pending_operations ?? [], []);
    });
  });
});
