/**
 * Runs the test files of two folders with the project's own configuration, three at once: those of the first one after another.
 * Other options of the runner may follow.
 */

import { runCLI } from "jest";
import { projectFolder } from "../../../scripts/cli/folders.ts";
import { countsOf } from "../../../scripts/test/counts.ts";

const [turns, others, options = "{}"] = process.argv.slice(2);
const { default: config } = await import(new URL("../../../jest.config.mjs", import.meta.url).href);
const [unit] = config.projects;
const runner = [unit.runner[0], { atOnce: 3, oneByOne: [turns], testTimeout: 60_000, ...JSON.parse(options) }];
const projects = [
  { ...unit, rootDir: projectFolder, runner, displayName: "turns", roots: [turns] },
  { ...unit, rootDir: projectFolder, runner, displayName: "others", roots: [others] },
];
const argv = { $0: "", _: [], config: JSON.stringify({ ...config, rootDir: projectFolder, projects }) };
const { results } = await runCLI(argv, [projectFolder]);
process.stdout.write(`\n${JSON.stringify(countsOf(results))}\n`);
