/* Cookies of the sign-in. */

/** Names that no app receives. Older versions of the site set VouchCookie for all host names. */
const OWN = /^(?:__Host-(?:session|nonce|answer.*)|sso_return|VouchCookie.*)$/i;

/** A Set-Cookie header. Without a path, for the whole host name. */
function set(name, value, seconds, path) {
  return `${name}=${value}; Path=${path || "/"}; Max-Age=${seconds}; Secure; HttpOnly; SameSite=Lax`;
}

/** A Set-Cookie header that removes a cookie. */
function remove(name, path) {
  return set(name, "", 0, path);
}

/**
 * The value of a cookie; empty without it. As browsers write the header: nginx's own $cookie_... also finds a name after a comma and in
 * other letters, so a cookie that another host name may set could pass for one that only this host name can set.
 */
function read(header, name) {
  const start = `${name}=`;
  // Not by a regular expression: njs takes 200 µs to split a header by one.
  const found = header
    .split(";")
    .map(afterBlanks)
    .find((cookie) => cookie.startsWith(start));
  return found === undefined ? "" : found.slice(start.length);
}

/** A text without the blanks at its start. Unlike trim(), it keeps other characters, which would be part of a cookie's name. */
function afterBlanks(text) {
  let at = 0;
  while (text[at] === " " || text[at] === "\t") at++;
  return text.slice(at);
}

/** A Cookie header without the cookies of the sign-in. */
function withoutOwn(header) {
  return header
    .split(";")
    .filter((cookie) => !OWN.test(cookie.split("=")[0].trim()))
    .join(";")
    .trim();
}

/** The cookies of a Cookie header whose names start with a text. */
function startingWith(start, header) {
  return header
    .split(";")
    .map((cookie) => cookie.trim())
    .filter((cookie) => cookie.startsWith(start))
    .join("; ");
}

export default { set, remove, read, withoutOwn, startingWith };
