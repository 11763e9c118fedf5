/** Makes a function that runs what it is given one after another, whatever becomes of the one before. */
export function turns(): <T>(deed: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (deed) => {
    const next = last.then(deed);
    last = next.catch(() => {});
    return next;
  };
}
