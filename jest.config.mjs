/**
 * jest's projects, in the order in which an error is found soonest. `npm test` runs them: it gives Node the options that
 * jest needs for ES modules (see package.json).
 */

const minutes = 60_000;

const projects = [
  { name: "unit", files: "tests/unit", setup: undefined, test: 1, file: 5, runner: {} },
  { name: "offline", files: "offline", setup: "prepareSite", test: 10, file: 15, runner: {} },
  { name: "integration", files: "tests/integration", setup: "prepareSite", test: 10, file: 15, runner: {} },
  // There is one machine with one set of ports: these files take turns.
  { name: "e2e", files: "tests/e2e", setup: "prepareBrowser", test: 10, file: 15, runner: { atOnce: 1 } },
];

/** @type {import("jest").Config} */
export default {
  projects: projects.map(({ name, files, setup, test, file, runner }) => ({
    displayName: name,
    roots: [`<rootDir>/${files}`],
    testMatch: ["**/*.test.ts"],
    ...(setup
      ? { globalSetup: `<rootDir>/tests/jest/${setup}.mts`, globalTeardown: "<rootDir>/tests/jest/release.mts" }
      : {}),
    injectGlobals: false,
    extensionsToTreatAsEsm: [".ts"],
    transform: { "\\.ts$": "<rootDir>/tests/jest/stripTypes.mts" },
    runner: ["<rootDir>/tests/jest/fileRunner.mts", runner],
    testEnvironment: "<rootDir>/tests/jest/environment.mts",
    // Pulumi's SDK still uses its globals after the last test.
    testEnvironmentOptions: { globalsCleanup: "off", fileTimeout: file * minutes },
    testTimeout: test * minutes,
  })),
  maxWorkers: "100%",
  maxConcurrency: 8,
  reporters: ["default"],
  verbose: true,
  watchman: false,
};
