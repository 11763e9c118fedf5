import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { run } from "../support/command.ts";
import { type TestHost, testHost } from "../support/host.ts";
import { pullImages } from "../support/images.ts";
import { jupyterOptions } from "../support/jupyterContainer.ts";
import { serviceOf, siteWith } from "../support/site.ts";
import { onThisMachine } from "../support/variants.ts";

const program = new URL("../support/kernelSockets.py", import.meta.url);

describe("Jupyter's WebSockets", () => {
  const changes = onThisMachine({});
  const { reference } = serviceOf(siteWith(changes), "jupyter").image;
  let host: TestHost;
  /** The results of kernelSockets.py. */
  let seen: {
    words: string;
    pings: Record<string, boolean>;
    cut: boolean;
    unconfirmed: boolean;
    "in transit": string;
    stale: string;
    "two pages": string[][];
    idle: string;
    "at once": boolean;
    million: { lines: number; whole: boolean };
    large: string[];
  };

  beforeAll(async () => {
    await pullImages([reference]);
    host = testHost();
    const options = await jupyterOptions(host, changes);
    const { code, output } = await run("docker", ["run", ...options, "--entrypoint", "python3", reference, "-"], {
      input: readFileSync(program, "utf8"),
    });
    assert.equal(code, 0, output);
    seen = JSON.parse(output.trim().split("\n").at(-1) ?? "");
  });
  afterAll(() => host?.remove());

  it("send pings before a proxy would close them as idle", () => {
    assert.deepEqual(seen.pings, { kernel: true, terminal: true, events: true });
  });

  it("lose no output that is printed while they are cut: all arrives later, once and in order", () => {
    assert.equal(seen.cut, true);
  });

  it("send again what a page has received but not confirmed before they were cut", () => {
    assert.equal(seen.unconfirmed, true);
  });

  it("lose no output that was in transit when they were cut", () => {
    assert.equal(seen["in transit"], "whole");
  });

  it("lose no output if the page connects again before the server has noticed the cut", () => {
    assert.equal(seen.stale, "whole");
  });

  it("lose no output if a kernel has two pages, and one or both are cut", () => {
    const whole = ["whole", "whole"];
    assert.deepEqual(seen["two pages"], [whole, whole, whole]);
  });

  it("lose no output of a thread if they are cut while no cell runs", () => {
    assert.equal(seen.idle, "whole");
  });

  it("send each message at once, so that little is in transit when one is cut", () => {
    assert.equal(seen["at once"], true);
  });

  it("transfer a million lines that are printed at once", () => {
    assert.deepEqual(seen.million, { lines: 1_000_000, whole: true });
  });

  it("transfer a message of 15 MB to a kernel", () => {
    assert.deepEqual(seen.large, ["15000000"]);
  });

  it("show instructions if more is printed than a browser can show", () => {
    assert.match(
      seen.words,
      /^Some output was left out: .* \(more than 10 MB .*\)\. The code keeps running\. Print less, or write to a file\.\n$/,
    );
  });
});
