import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import { run } from "../../support/command.ts";
import { onTerminal, type TerminalOptions } from "../../support/terminal.ts";

const program = new URL("step.program.ts", import.meta.url).pathname;
const stackTrace = /^\s+at /m;

const show = (ending: string, options: TerminalOptions) => onTerminal([process.execPath, program, ending], options);

describe("A step", () => {
  // Terminals on which a step is redrawn, and terminals to which it writes lines.
  const terminals: [name: string, options: TerminalOptions, drawn: boolean][] = [
    ["of 80 columns", { columns: 80 }, true],
    ["of 40 columns", { columns: 40 }, true],
    ["of 10 columns", { columns: 10 }, false],
    ["that does not know its width", { columns: 0 }, false],
    ["that cannot move its cursor", { columns: 80, env: { ...process.env, TERM: "dumb" } }, false],
  ];
  for (const [name, options, drawn] of terminals) {
    it.concurrent(`that succeeds, on a terminal ${name}`, async () => {
      const { code, text, written, cursorIsVisible } = await show("succeeds", options);
      assert.equal(code, 0, text);
      assert.match(text, drawn ? /^✔ The site is ready \[0\.\d s\]$/m : /^ {2}The site is ready \(0\.\d s\)$/m);
      assert.equal(
        /^ {2}Open: (\S+)$/m.exec(text)?.[1],
        "https://jupyter.with-a-long-name.lab.example.com:8443/lab/tree",
      );
      assert.match(written, /this line is shown while/);
      const kept = text.match(/^ +jupyter: two packages are still being installed, beside the running server$/gm);
      assert.equal(kept?.length, 1, text);
      assert.doesNotMatch(text, stackTrace);
      assert.ok(cursorIsVisible);
    });

    it.concurrent(`that fails, on a terminal ${name}`, async () => {
      const { code, text, cursorIsVisible } = await show("fails", options);
      assert.equal(code, 1, text);
      assert.match(text, drawn ? /^✖ Making ready what/m : /^ {2}failed: Making ready what/m);
      assert.match(
        text,
        /^There is no room\.\n\nMake some: docker image prune --all --force --filter until=240h --filter label!=keep && npm start$/m,
      );
      assert.doesNotMatch(text, stackTrace);
      assert.ok(cursorIsVisible);
    });

    it.concurrent(`that is interrupted by Ctrl-C, on a terminal ${name}`, async () => {
      const type = { when: /shown/, keys: "\u0003" };
      const { code, text, cursorIsVisible } = await show("waits", { ...options, type });
      assert.equal(code, 130, text);
      assert.match(text, /^Interrupted\. Run the command again to go on\.$/m);
      assert.doesNotMatch(text, stackTrace);
      assert.ok(cursorIsVisible);
    });
  }

  it.concurrent("that succeeds, without a terminal", async () => {
    const { code, output } = await run(process.execPath, [program, "succeeds"]);
    assert.equal(code, 0, output);
    assert.match(output, /^ {2}The site is ready \(0\.\d s\)$/m);
    assert.match(output, /^ {4}this line is shown while the step runs: the images are pulled$/m);
  });

  it.concurrent("that is interrupted by Ctrl-C, and whose command ended first", async () => {
    const { code, output } = await run(process.execPath, [program, "loses its command"]);
    assert.equal(code, 130, output);
    assert.match(output, /^Interrupted\. Run the command again to go on\.$/m);
  });

  it.concurrent("that fails, without a terminal", async () => {
    const { code, output } = await run(process.execPath, [program, "fails"]);
    assert.equal(code, 1, output);
    assert.match(output, /^There is no room\.\n\nMake some: /m);
    assert.doesNotMatch(output, stackTrace);
  });
});
