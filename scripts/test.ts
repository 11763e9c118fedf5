/**
 * `npm test` runs the checks, then all tests but those of the projects `long` and `kubernetes`. `npm test -- PROJECT [PATH] [OPTIONS]`
 * runs one of jest's projects, only files with PATH in their name, with jest's own options. `npm test -- check` runs only the checks.
 * The last line of the output is `N passed, N failed`.
 */

import { basename, join } from "node:path";
import { buildArgv, runCLI } from "jest";
import { attempt } from "./cli/command.ts";
import { projectFolder } from "./cli/folders.ts";
import { interrupted } from "./cli/interruption.ts";
import { main } from "./cli/main.ts";
import { PlainError } from "./cli/plainError.ts";
import { ensurePythonTools } from "./machine/pythonTools.ts";
import { type Counts, countsOf } from "./test/counts.ts";
import { release } from "./test/machine.ts";
import { useQuickStarts } from "./test/quickStarts.ts";

const usual = ["unit", "offline", "integration", "e2e"];
const projects = [...usual, "long", "kubernetes"];
const formerNames: Record<string, string> = { rendered: "integration", fakes: "offline" };

await main(async () => {
  const [first, ...others] = process.argv.slice(2);
  const total: Counts = { passed: 0, failed: 0, skipped: 0 };
  const add = (counts: Counts) => {
    for (const outcome of ["passed", "failed", "skipped"] as const) total[outcome] += counts[outcome];
  };

  if (first === undefined || first === "check") add(await runChecks());
  if (first !== "check") {
    try {
      add(await runTests(first === undefined ? ["--selectProjects", ...usual] : jestArguments(first, others)));
    } catch (error) {
      interrupted.throwIfAborted();
      process.stdout.write(`\n${error instanceof PlainError ? error.message : (error as Error).stack}\n`);
      total.failed++;
    }
  }
  if (total.skipped > 0) process.stdout.write(`\n${total.skipped} skipped\n`);
  process.stdout.write(`\n${total.passed} passed, ${total.failed} failed\n`);
  return total.failed === 0 ? 0 : 1;
});

/** jest's arguments: a project's name in the first place selects it. */
function jestArguments(first: string, others: string[]): string[] {
  const now = formerNames[first];
  if (now)
    throw new PlainError(`The tests "${first}" are now called "${now}": npm test -- ${[now, ...others].join(" ")}`);
  // --selectProjects comes last, because it takes every word that follows it.
  return projects.includes(first) ? [...others, "--selectProjects", first] : [first, ...others];
}

async function runTests(args: string[]): Promise<Counts> {
  const argv = await buildArgv([...args, "--passWithNoTests"]);
  await useQuickStarts();
  try {
    const { results } = await runCLI(argv, [projectFolder]);
    interrupted.throwIfAborted();
    const counts = countsOf(results);
    if (counts.passed + counts.failed === 0 && (counts.skipped === 0 || argv.testNamePattern)) {
      throw new PlainError(`No test was run: no test matches "${args.join(" ")}".`);
    }
    return counts;
  } finally {
    // jest does this, too, but not after an error.
    await release();
  }
}

/** Format, lint and types of both languages: each counts as one test. */
async function runChecks(): Promise<Counts> {
  const counts: Counts = { passed: 0, failed: 0, skipped: 0 };
  const ofNode = (program: string) => join(projectFolder, "node_modules/.bin", program);
  const python = await ensurePythonTools();
  const checks: [program: string, args: string[]][] = [
    [ofNode("biome"), ["check", "."]],
    [ofNode("tsc"), ["--noEmit", "--allowJs"]],
    [python, ["-m", "ruff", "format", "--check"]],
    [python, ["-m", "ruff", "check"]],
    [python, ["-m", "mypy"]],
  ];
  // All at once, because each of them uses one processor.
  const outcomes = checks.map(([program, args]) => attempt(program, args, { cwd: projectFolder }));
  for (const [index, { code, stdout, stderr }] of (await Promise.all(outcomes)).entries()) {
    const [program = "", args = []] = checks[index] ?? [];
    process.stdout.write(`${code === 0 ? "✔" : "✖"} ${[basename(program), ...args].join(" ")}\n`);
    if (code !== 0) process.stdout.write(`${stdout}${stderr}`);
    counts[code === 0 ? "passed" : "failed"]++;
  }
  return counts;
}
