/*
 * Cookies of sessions that were checked a moment ago: one empty file for each, in memory. While the file is there, nginx takes the
 * person and the session's id from the cookie without running JavaScript; see $session_cookie in maps.conf.
 *
 * The file's name is the mark: PERIOD:HOST:COOKIE. nginx looks for the marks of the present ten seconds only.
 */

/** Milliseconds of a period. */
const PERIOD = 10 * 1000;
const MARK = /^[0-9]{9}:/;

/**
 * @param files Shelf of the marks.
 * @param now Returns the time in milliseconds.
 */
function checkedCookies(files, now) {
  /** Marks a cookie that was checked. */
  function add(mark) {
    try {
      files.claim(mark);
    } catch (_error) {
      // No room, or the name is too long. Then the next request is checked, too.
    }
  }

  /** Removes the marks of a session. */
  function forget(id) {
    files
      .names(MARK)
      .filter((mark) => mark.indexOf(`.${id}.`) !== -1)
      .forEach(files.remove);
  }

  /** Removes the marks of all periods but the present one and the one before. */
  function prune() {
    const present = Math.floor(now() / PERIOD);
    files
      .names(MARK)
      .filter((mark) => [present, present - 1].indexOf(Number(mark.slice(0, 9))) === -1)
      .forEach(files.remove);
  }

  return { add, forget, prune };
}

export default checkedCookies;
