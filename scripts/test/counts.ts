import type { runCLI } from "jest";

/** Numbers of tests. */
export interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

/** What jest's results come to. Nothing that fails goes uncounted. */
export function countsOf(results: Awaited<ReturnType<typeof runCLI>>["results"]): Counts {
  // A file that could not be loaded, that was killed, or whose last hook failed, has no test that says so.
  const failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
  return {
    passed: results.numPassedTests,
    failed: results.success ? failed : Math.max(1, failed),
    skipped: results.numPendingTests + results.numTodoTests,
  };
}
