/*
 * Signing keys. They are made on this machine and never leave it.
 *
 * Each key is a file, whose name is the time at which it was made. The newest key signs. Older keys verify what they have signed until
 * nothing of it is valid any more. So a new key ends no session.
 */

import crypto from "crypto";
import random from "./random.js";

const DAY = 24 * 60 * 60 * 1000;
const RENEWED_AFTER = 30 * DAY;
const NAME = /^[0-9]{13}$/;
const SECRET = /^[\w-]{43}$/;

/**
 * @param files Shelf of the keys.
 * @param memory Keys that were read: `get` and `set`, by name.
 * @param validFor Milliseconds for which anything signed is valid.
 * @param now Returns the time in milliseconds.
 */
function signingKeys(files, memory, validFor, now) {
  const isOver = (name) => now() - Number(name) > RENEWED_AFTER + validFor;

  /** Name of the key to sign with. */
  function newest() {
    const name = files.names(NAME).sort().pop();
    if (name !== undefined && now() - Number(name) < RENEWED_AFTER) return name;
    const made = String(now());
    files.write(made, random.text(32));
    return made;
  }

  /** The secret of a key; undefined if there is no such key, or nothing that it signed is valid any more. */
  function secretOf(name) {
    if (!NAME.test(name) || isOver(name)) return undefined;
    const known = memory.get(name);
    if (known !== undefined) return known;
    const secret = files.read(name);
    if (secret === undefined || !SECRET.test(secret)) return undefined;
    memory.set(name, secret);
    return secret;
  }

  /** HMAC-SHA-256 of a text, as base64url; undefined without the key. */
  function mac(name, text) {
    const secret = secretOf(name);
    return secret === undefined ? undefined : crypto.createHmac("sha256", secret).update(text).digest("base64url");
  }

  /** Deletes the keys whose signatures are not valid any more. */
  function prune() {
    files.names(NAME).filter(isOver).forEach(files.remove);
  }

  return { newest, mac, prune };
}

export default signingKeys;
