let last: Promise<unknown> = Promise.resolve();

/** Runs one change of the cloud after the other: the engine asks for several at once, and each looks before it writes. */
export function exclusively<Result>(deed: () => Promise<Result>): Promise<Result> {
  const result = last.then(deed);
  last = result.catch(() => {});
  return result;
}
