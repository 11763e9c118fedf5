/** Runs the test files of two folders with the project's configuration and time limits of a few seconds: files that never end, and others. */

import { runCLI } from "jest";
import { projectFolder } from "../../../scripts/cli/folders.ts";
import { countsOf } from "../../../scripts/test/counts.ts";

const [endless, others] = process.argv.slice(2);
const { default: config } = await import(new URL("../../../jest.config.mjs", import.meta.url).href);
const [unit] = config.projects;
const project = { ...unit, rootDir: projectFolder, runner: [unit.runner[0], { testTimeout: 1000 }] };
const testEnvironmentOptions = { ...unit.testEnvironmentOptions, fileTimeout: 1000 };
const projects = [
  { ...project, displayName: "endless", roots: [endless], testEnvironmentOptions },
  { ...project, displayName: "others", roots: [others] },
];
const argv = { $0: "", _: [], config: JSON.stringify({ ...config, rootDir: projectFolder, projects }) };
const { results } = await runCLI(argv, [projectFolder]);
process.stdout.write(`\n${JSON.stringify(countsOf(results))}\n`);
