/*
 * Keys of programs, from the setting `keys`. A program sends its key with each request, in place of a session; see maps.conf.
 *
 * The machine has only the SHA-256 of each key, in a list; see keysMap in keysMap.ts. A key has 256 random bits: nobody finds one that
 * fits a hash, and guessing needs no limit. The list is read at each use, so old workers of nginx see a removed key, too.
 */

import crypto from "crypto";

const DAY = 24 * 60 * 60 * 1000;
/** Uses are noted this often, in milliseconds: each note is a write to the disk. */
const NOTED_EVERY = 5 * 60 * 1000;
const LINE = /^"key:([0-9a-f]{64}) ([a-z0-9-]+) (\S+) ([0-9-]{10}) (read|run) ([a-z0-9-]+)" allow;$/;
const HASH = /^[0-9a-f]{64}$/;

const hashOf = (key) => crypto.createHash("sha256").update(key).digest("hex");

/**
 * @param uses Shelf with a file for each used key. It was last written when the key was last used.
 * @param now Returns the time in milliseconds.
 * @param read Returns the list.
 */
function programKeys(uses, now, read) {
  /** All keys that have not ended. */
  function list() {
    return read()
      .split("\n")
      .map((line) => LINE.exec(line))
      .filter((found) => found !== null && Date.parse(`${found[4]}T00:00:00Z`) + DAY > now())
      .map((found) => ({
        hash: found[1],
        name: found[2],
        person: found[3],
        until: found[4],
        may: found[5],
        at: found[6],
      }));
  }

  /** The key with a hash; undefined if there is none, or it has ended. */
  function find(hash) {
    return list().filter((key) => key.hash === hash)[0];
  }

  /** The key of which a program sent the text. */
  function open(text) {
    return find(hashOf(text));
  }

  /** Notes that a key is used. */
  function use(key) {
    if (now() - uses.written(key.hash) > NOTED_EVERY) uses.write(key.hash, "used");
  }

  /** The keys of a person, each with the time of its last use in milliseconds; 0 if it was never used. */
  function ofPerson(person) {
    return list()
      .filter((key) => key.person === person.toLowerCase())
      .map((key) => Object.assign({ used: uses.written(key.hash) }, key));
  }

  /** Deletes the notes about keys that are gone. */
  function prune() {
    const known = list().map((key) => key.hash);
    uses
      .names(HASH)
      .filter((hash) => known.indexOf(hash) === -1)
      .forEach(uses.remove);
  }

  return { find, open, use, ofPerson, prune };
}

export default programKeys;
