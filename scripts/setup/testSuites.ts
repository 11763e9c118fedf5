import { globSync } from "node:fs";
import { join } from "node:path";
import { spec } from "node:test/reporters";
import { run } from "@jest/globals";
import { attempt } from "../cli/command.ts";
import { projectFolder } from "../cli/folders.ts";
import { type Counts, LeafCounter } from "./leafCounter.ts";

/** A suite of tests that is run by its name. */
export interface Suite {
  name: string;
  /** What the machine has to have for it: nothing, or all that the site needs, or a browser besides. */
  needs: "nothing" | "site" | "browser";
  run(): Promise<Counts>;
}

/**
 * The suites, in the order in which an error is found soonest.
 * @param file part of the path of the test files to run; default: all.
 */
export const suites = (file = ""): Suite[] => [
  { name: "check", needs: "nothing", run: runChecks },
  { name: "unit", needs: "nothing", run: () => runFiles("tests/unit/**/*.test.ts", file, true) },
  { name: "offline", needs: "site", run: () => runFiles("offline/**/*.test.ts", file, true) },
  { name: "integration", needs: "site", run: () => runFiles("tests/integration/**/*.test.ts", file, true) },
  // There is one machine with one set of ports: these take turns.
  { name: "e2e", needs: "browser", run: () => runFiles("tests/e2e/**/*.test.ts", file, false) },
];

/** A file that takes longer than this has come to a halt: it fails, and the others go on. In milliseconds. */
const ONE_FILE = 15 * 60_000;

/** Runs test files with Node's own runner and prints its report. */
async function runFiles(pattern: string, part: string, concurrency: boolean): Promise<Counts> {
  const files = globSync(pattern, { cwd: projectFolder })
    .filter((file) => file.includes(part))
    .sort()
    .map((file) => join(projectFolder, file));
  const counter = new LeafCounter();
  if (files.length === 0) return counter.counts;
  const reports = run({ files, concurrency, timeout: ONE_FILE })
    .on("test:pass", (report) => counter.add("passed", report))
    .on("test:fail", (report) => counter.add("failed", report));
  const printed = reports.compose(spec);
  printed.pipe(process.stdout, { end: false });
  await new Promise((resolve, reject) => printed.once("end", resolve).once("error", reject));
  return counter.counts;
}

/** Format, lint and types: each counts as one test. */
async function runChecks(): Promise<Counts> {
  const counts: Counts = { passed: 0, failed: 0, skipped: 0 };
  const checks: [string, string[]][] = [
    ["biome", ["check", "."]],
    ["tsc", ["--noEmit"]],
  ];
  for (const [program, args] of checks) {
    const command = join(projectFolder, "node_modules/.bin", program);
    const { code, stdout, stderr } = await attempt(command, args, { cwd: projectFolder });
    process.stdout.write(`${code === 0 ? "✔" : "✖"} ${[program, ...args].join(" ")}\n`);
    if (code !== 0) process.stdout.write(`${stdout}${stderr}`);
    counts[code === 0 ? "passed" : "failed"]++;
  }
  return counts;
}
