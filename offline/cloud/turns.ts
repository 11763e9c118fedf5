/** Returns a function that runs its tasks one after another, even if one of them fails. */
export function turns(): <T>(deed: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (deed) => {
    const next = last.then(deed);
    last = next.catch(() => {});
    return next;
  };
}
