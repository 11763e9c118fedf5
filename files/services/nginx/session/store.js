/*
 * The sessions that have not ended: one file each. A session without its file has ended, at every host name.
 *
 * The file's content is the person and the time of the sign-in. It was last written when the session was last used. Files outlive
 * nginx, and all workers see the same.
 */

import crypto from "crypto";
import random from "./random.js";

/** Uses are noted at most this often, in milliseconds: each note is a write to the disk. */
const NOTED_EVERY = 5 * 60 * 1000;
/** Most sessions of a person. Before there are more, the one that was unused for longest ends. */
const MOST = 50;
const ID = /^[0-9a-f]{16}-[\w-]{22}$/;

/**
 * @param files Shelf of the sessions.
 * @param idle Milliseconds without use after which a session ends.
 * @param max Milliseconds after the sign-in at which a session ends.
 * @param rotation A text. Sessions that began with another one have ended.
 * @param now Returns the time in milliseconds.
 * @param forget Called with the id of a session that has ended.
 */
function sessionStore(files, idle, max, rotation, now, forget) {
  /** Ids of one person's sessions start with the same characters, so they are found without reading any file. */
  const prefixOf = (person) =>
    `${crypto.createHash("sha256").update(person.toLowerCase()).digest("hex").slice(0, 16)}-`;
  const sessionsOf = (person) => files.names(ID).filter((id) => id.startsWith(prefixOf(person)));
  const unusedFor = (id) => now() - files.written(id);
  /** A use that is not noted shortens the session by up to this time. */
  const notedEvery = Math.min(NOTED_EVERY, idle / 10);

  /** Starts a session of a person. Returns its id. */
  function start(person) {
    const own = sessionsOf(person).sort((one, other) => unusedFor(other) - unusedFor(one));
    own.slice(0, Math.max(0, own.length - MOST + 1)).forEach(end);
    const id = prefixOf(person) + random.text(16);
    files.write(id, JSON.stringify({ person: person, started: now(), rotation: rotation }));
    return id;
  }

  /** Whether a session goes on. This is no use of it. */
  function isOpen(id) {
    return ID.test(id) && unusedFor(id) < idle;
  }

  /** Whether a session goes on; then it is used. */
  function use(id) {
    if (!ID.test(id)) return false;
    const unused = unusedFor(id);
    if (unused >= idle) return false;
    if (unused > notedEvery) files.touch(id);
    return true;
  }

  /** The person of a session, and the time of the sign-in in milliseconds; undefined if it has ended. */
  function read(id) {
    const text = ID.test(id) ? files.read(id) : undefined;
    const session = text === undefined ? undefined : JSON.parse(text);
    return session !== undefined && session.rotation === rotation ? session : undefined;
  }

  /** Ends a session. */
  function end(id) {
    if (!ID.test(id)) return;
    files.remove(id);
    forget(id);
  }

  /** Ends all sessions of a person. Returns their number. */
  function endAllOf(person) {
    const own = sessionsOf(person);
    own.forEach(end);
    return own.length;
  }

  /** Ends the sessions of people for whom a condition is not true, and those of another rotation. */
  function endUnless(isWelcome) {
    files.names(ID).forEach((id) => {
      const session = read(id);
      if (session === undefined || !isWelcome(session.person)) end(id);
    });
  }

  /** Deletes the files of sessions that are over. */
  function prune() {
    files.names(ID).forEach((id) => {
      const session = read(id);
      if (!isOpen(id) || session === undefined || now() - session.started > max) end(id);
    });
  }

  return { start, isOpen, use, read, end, endAllOf, endUnless, prune };
}

export default sessionStore;
