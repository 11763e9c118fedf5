/**
 * jest's projects, in the order in which an error is found soonest. `npm test` runs them: it gives Node the options that
 * jest needs for ES modules (see package.json).
 */

import { availableParallelism } from "node:os";

const minutes = 60_000;

const quick = { testTimeout: 1 * minutes, fileTimeout: 15 * minutes };
// All projects with these options share one runner, so their files run at the same time. They wait for containers a third of the
// time, so there is one more than processors. Files of the folders `oneByOne` use the same ports or the one cluster. Those of `first`
// take longest.
const slow = {
  testTimeout: 10 * minutes,
  fileTimeout: 40 * minutes,
  atOnce: availableParallelism() + 1,
  oneByOne: ["tests/e2e/local", "tests/long/local", "tests/kubernetes"],
  first: "tests/e2e",
};

const projects = [
  { name: "unit", folder: "tests/unit", ...quick },
  { name: "offline", folder: "offline", ...slow, setup: "prepareSite" },
  { name: "integration", folder: "tests/integration", ...slow, setup: "prepareSite" },
  { name: "e2e", folder: "tests/e2e", ...slow, setup: "prepareBrowser" },
  // Only by their names: see docs/architecture/testing.md.
  { name: "long", folder: "tests/long", ...slow, setup: "prepareBrowser" },
  { name: "kubernetes", folder: "tests/kubernetes", ...slow, setup: "prepareKubernetes" },
];

/** @type {import("jest").Config} */
export default {
  projects: projects.map(({ name, folder, setup, testTimeout, fileTimeout, ...order }) => ({
    displayName: name,
    roots: [`<rootDir>/${folder}`],
    testMatch: ["**/*.test.ts"],
    ...(setup && {
      globalSetup: `<rootDir>/tests/jest/${setup}.mts`,
      globalTeardown: "<rootDir>/tests/jest/release.mts",
    }),
    injectGlobals: false,
    extensionsToTreatAsEsm: [".ts"],
    transform: { "\\.ts$": "<rootDir>/tests/jest/stripTypes.mts" },
    // As in components/withoutClosures.ts: parts of Pulumi's SDK that nothing here uses through its index. They take a third of a second
    // in each file.
    moduleNameMapper: {
      "^\\./closure/(serializeClosure|codePaths)$|^\\./automation$": "<rootDir>/tests/jest/empty.cjs",
    },
    runner: ["<rootDir>/tests/jest/fileRunner.mts", { ...order, testTimeout }],
    testEnvironment: "<rootDir>/tests/jest/environment.mts",
    // Pulumi's SDK still uses its globals after the last test.
    testEnvironmentOptions: { globalsCleanup: "off", fileTimeout },
  })),
  maxWorkers: "100%",
  maxConcurrency: 8,
  reporters: ["default"],
  verbose: true,
  watchman: false,
};
