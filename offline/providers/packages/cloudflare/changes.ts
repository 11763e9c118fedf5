let last: Promise<unknown> = Promise.resolve();

/**
 * Runs the changes of the cloud one after another: the engine sends several at once, and each reads before it writes.
 */
export function exclusively<Result>(deed: () => Promise<Result>): Promise<Result> {
  const result = last.then(deed);
  last = result.catch(() => {});
  return result;
}
