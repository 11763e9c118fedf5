import type { runCLI } from "jest";

/** Numbers of tests. */
export interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

/** Counts jest's results. Every kind of failure counts. */
export function countsOf(results: Awaited<ReturnType<typeof runCLI>>["results"]): Counts {
  // jest reports no failed test for a file that could not be loaded, was killed, or failed in its last hook.
  const failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
  return {
    passed: results.numPassedTests,
    failed: results.success ? failed : Math.max(1, failed),
    skipped: results.numPendingTests + results.numTodoTests,
  };
}
