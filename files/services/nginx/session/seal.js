/*
 * Signed texts and sealed values. A browser keeps them, and cannot change them.
 *
 * A signed text is KEY.TEXT.MAC: the name of the signing key, the text, and the signature of both. The signature includes a purpose, so
 * a text that was signed for one purpose is not valid for another. A sealed value is JSON as base64url, signed.
 */

const SIGNED = /^([0-9]{13})\.([\x21-\x7e]{1,3000})\.([\w-]{43})$/;

/** @param {{ newest(): string, mac(name: string, text: string): string | undefined }} keys */
function sealing(keys) {
  const macOf = (purpose, key, text) => keys.mac(key, `${purpose}\n${key}.${text}`);

  /** Signs a text of printable ASCII characters without blanks. */
  function sign(purpose, text) {
    const key = keys.newest();
    return `${key}.${text}.${macOf(purpose, key, text)}`;
  }

  /** The text that was signed for this purpose; undefined if it was not, or was changed. */
  function verify(purpose, signed) {
    const parts = SIGNED.exec(signed);
    if (!parts) return undefined;
    const mac = macOf(purpose, parts[1], parts[2]);
    return mac !== undefined && isEqual(mac, parts[3]) ? parts[2] : undefined;
  }

  /** Seals a value. */
  function seal(purpose, value) {
    return sign(purpose, Buffer.from(JSON.stringify(value)).toString("base64url"));
  }

  /** The value that was sealed for this purpose; undefined if it was not, or was changed. */
  function open(purpose, sealed) {
    const text = verify(purpose, sealed);
    return text === undefined ? undefined : JSON.parse(Buffer.from(text, "base64url").toString());
  }

  return { sign, verify, seal, open };
}

/** Compares texts of equal length in a time that does not depend on where they differ. */
function isEqual(one, other) {
  let difference = one.length ^ other.length;
  for (let at = 0; at < one.length; at++) difference |= one.charCodeAt(at) ^ other.charCodeAt(at);
  return difference === 0;
}

export default sealing;
