/** What node:test reports of a test, as far as it is counted. */
export interface TestReport {
  /** How deep it lies in others. */
  nesting: number;
  file?: string | undefined;
  skip?: boolean | string | undefined;
  details: { type?: string | undefined; error?: object };
}

/** Numbers of tests. */
export interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

/**
 * Counts tests that have no tests in them: suites, and tests that only hold others together, are passed over. One of those
 * that fails for a reason of its own (a hook, say) counts as a failure, because nothing that fails may go uncounted.
 */
export class LeafCounter {
  readonly counts: Counts = { passed: 0, failed: 0, skipped: 0 };
  /** By file: how deep the test lay that was reported before. Children are reported right before their parent. */
  private readonly lastNesting = new Map<string | undefined, number>();

  add(outcome: "passed" | "failed", { nesting, file, skip, details }: TestReport): void {
    const isParent = details.type === "suite" || (this.lastNesting.get(file) ?? nesting) > nesting;
    this.lastNesting.set(file, nesting);
    const reason = (details.error as { failureType?: string } | undefined)?.failureType;
    if (isParent && (outcome === "passed" || reason === "subtestsFailed")) return;
    if (skip !== undefined && skip !== false) this.counts.skipped++;
    else this.counts[outcome]++;
  }
}
