/**
 * jest's projects, in the order in which an error is found soonest. `npm test` runs them: it gives Node the options that
 * jest needs for ES modules (see package.json).
 */

const minutes = 60_000;

const quick = { testTimeout: 1 * minutes, fileTimeout: 5 * minutes };
const slow = { testTimeout: 10 * minutes, fileTimeout: 15 * minutes };

const projects = [
  { name: "unit", folder: "tests/unit", ...quick },
  { name: "offline", folder: "offline", ...slow, setup: "prepareSite" },
  { name: "integration", folder: "tests/integration", ...slow, setup: "prepareSite" },
  // There is one machine with one set of ports: these files take turns.
  { name: "e2e", folder: "tests/e2e", ...slow, setup: "prepareBrowser", atOnce: 1 },
];

/** @type {import("jest").Config} */
export default {
  projects: projects.map(({ name, folder, setup, testTimeout, fileTimeout, atOnce }) => ({
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
    runner: ["<rootDir>/tests/jest/fileRunner.mts", { atOnce, testTimeout }],
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
