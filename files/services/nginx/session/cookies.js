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

export default { set, remove, withoutOwn, startingWith };
