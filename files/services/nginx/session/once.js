/*
 * Things that are accepted only once, such as a hand-over. Each that was used is an empty file, so a restart of nginx forgets none.
 */

import crypto from "crypto";

const NAME = /^[0-9a-f]{64}$/;

/**
 * @param files Shelf of the things that were used.
 * @param validFor Milliseconds after which a thing is not accepted anyway.
 * @param now Returns the time in milliseconds.
 */
function onlyOnce(files, validFor, now) {
  /** Whether this is the first use of a thing. */
  function isFirst(thing) {
    return files.claim(crypto.createHash("sha256").update(thing).digest("hex"));
  }

  /** Forgets the things that are not accepted any more. */
  function prune() {
    files
      .names(NAME)
      .filter((name) => now() - files.written(name) > validFor)
      .forEach(files.remove);
  }

  return { isFirst, prune };
}

export default onlyOnce;
