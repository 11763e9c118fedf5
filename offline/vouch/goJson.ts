import { toBytes } from "./goUrl.ts";

/**
 * Parses JSON; throws Go's message if the first byte is already wrong. Go writes a byte that is not a printable
 * character as its number. Node's own message would put the raw byte into a header, and nginx then rejects the whole
 * answer. Checked against Vouch Proxy 0.45.1 in November 2026.
 */
export function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString("utf8"));
  } catch {
    const [first] = bytes.toString("latin1").replace(/^[ \t\r\n]+/, "");
    if (first === undefined || /[[{"\d\-tfn]/.test(first)) throw new Error("unexpected end of JSON input");
    throw new Error(`invalid character '${quoted(first)}' looking for beginning of value`);
  }
}

function quoted(character: string): string {
  const code = character.charCodeAt(0);
  const named = { "\x07": "\\a", "\b": "\\b", "\v": "\\v", "\f": "\\f", "'": "\\'", "\\": "\\\\" }[character];
  if (named) return named;
  if (code < 0x20 || code === 0x7f) return `\\x${code.toString(16).padStart(2, "0")}`;
  if (code >= 0x80 && code <= 0xa0) return `\\u${code.toString(16).padStart(4, "0")}`;
  return toBytes(character);
}
