/*
 * Sealed values: JSON with a signature. A browser keeps them, and cannot change them.
 *
 * A sealed value is KEY.VALUE.MAC: the name of the signing key, the JSON as base64url, and the signature of both. The signature
 * includes a purpose, so a value that was sealed for one purpose does not open for another.
 */

const SEALED = /^([0-9]{13})\.([\w-]{1,3000})\.([\w-]{43})$/;

/** @param {{ newest(): string, mac(name: string, text: string): string | undefined }} keys */
function sealing(keys) {
  const macOf = (purpose, key, value) => keys.mac(key, `${purpose}\n${key}.${value}`);

  /** Seals a value. */
  function seal(purpose, value) {
    const key = keys.newest();
    const text = Buffer.from(JSON.stringify(value)).toString("base64url");
    return `${key}.${text}.${macOf(purpose, key, text)}`;
  }

  /** The value that was sealed for this purpose; undefined if it was not, or was changed. */
  function open(purpose, sealed) {
    const parts = SEALED.exec(sealed);
    if (!parts) return undefined;
    const mac = macOf(purpose, parts[1], parts[2]);
    if (mac === undefined || !isEqual(mac, parts[3])) return undefined;
    return JSON.parse(Buffer.from(parts[2], "base64url").toString());
  }

  return { seal, open };
}

/** Compares texts of equal length in a time that does not depend on where they differ. */
function isEqual(one, other) {
  let difference = one.length ^ other.length;
  for (let at = 0; at < one.length; at++) difference |= one.charCodeAt(at) ^ other.charCodeAt(at);
  return difference === 0;
}

export default sealing;
