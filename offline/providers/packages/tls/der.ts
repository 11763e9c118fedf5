/** The part of ASN.1's DER that X.509 needs: writing and reading. Tags are those of the universal class. */

export function sequence(...parts: Buffer[]): Buffer {
  return element(0x30, Buffer.concat(parts));
}

/** The parts of a SET OF must be sorted by their bytes. */
export function setOf(...parts: Buffer[]): Buffer {
  return element(0x31, Buffer.concat(parts.toSorted(Buffer.compare)));
}

/** An integer, not negative. */
export function integer(value: bigint | number): Buffer {
  const hex = value.toString(16);
  const bytes = Buffer.from(hex.padStart(hex.length + (hex.length % 2), "0"), "hex");
  // A leading one bit would make it negative.
  return element(0x02, (bytes[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.of(0), bytes]) : bytes);
}

export function boolean(value: boolean): Buffer {
  return element(0x01, Buffer.of(value ? 0xff : 0x00));
}

export function nullValue(): Buffer {
  return element(0x05, Buffer.alloc(0));
}

export function octetString(bytes: Buffer): Buffer {
  return element(0x04, bytes);
}

/** `unusedBits`: how many of the last byte's low bits do not count. */
export function bitString(bytes: Buffer, unusedBits = 0): Buffer {
  return element(0x03, Buffer.concat([Buffer.of(unusedBits), bytes]));
}

/** Bits by their number, bit 0 first, without trailing zeros. */
export function namedBits(numbers: readonly number[]): Buffer {
  const length = Math.max(-1, ...numbers) + 1;
  const bytes = Buffer.alloc(Math.ceil(length / 8));
  for (const number of numbers) bytes[number >> 3] = (bytes[number >> 3] ?? 0) | (0x80 >> (number & 7));
  return bitString(bytes, bytes.length * 8 - length);
}

/** From the dotted form: `2.5.4.3`. */
export function objectIdentifier(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split(".").map(Number);
  return element(0x06, Buffer.from([first * 40 + second, ...rest].flatMap(base128)));
}

function base128(value: number): number[] {
  const digits = [value & 0x7f];
  for (let rest = value >>> 7; rest > 0; rest >>>= 7) digits.unshift((rest & 0x7f) | 0x80);
  return digits;
}

/** PrintableString if its few characters suffice, otherwise UTF8String. */
export function text(value: string): Buffer {
  return /^[A-Za-z0-9 '()+,\-./:=?]*$/.test(value)
    ? element(0x13, Buffer.from(value, "ascii"))
    : element(0x0c, Buffer.from(value, "utf8"));
}

export function ia5String(value: string): Buffer {
  return element(0x16, Buffer.from(value, "ascii"));
}

/** UTCTime until 2049, then GeneralizedTime, as RFC 5280 says. */
export function time(value: Date): Buffer {
  const digits = value.toISOString().replace(/[-:T]|\.\d+/g, "");
  return value.getUTCFullYear() < 2050
    ? element(0x17, Buffer.from(digits.slice(2), "ascii"))
    : element(0x18, Buffer.from(digits, "ascii"));
}

/** A value of the context-specific class: explicitly tagged (constructed) or implicitly (primitive). */
export function tagged(number: number, kind: "explicit" | "implicit", content: Buffer): Buffer {
  return element((kind === "explicit" ? 0xa0 : 0x80) | number, content);
}

function element(tag: number, content: Buffer): Buffer {
  return Buffer.concat([Buffer.of(tag), encodedLength(content.length), content]);
}

function encodedLength(length: number): Buffer {
  if (length < 0x80) return Buffer.of(length);
  const hex = length.toString(16);
  const bytes = Buffer.from(hex.padStart(hex.length + (hex.length % 2), "0"), "hex");
  return Buffer.concat([Buffer.of(0x80 | bytes.length), bytes]);
}

export interface Element {
  readonly tag: number;
  readonly content: Buffer;
  /** Tag, length and content. */
  readonly whole: Buffer;
}

/** The consecutive elements in `bytes`. Throws if one is truncated. */
export function elements(bytes: Buffer): Element[] {
  const found: Element[] = [];
  for (let rest = bytes; rest.length > 0; ) {
    const first = rest.readUInt8(1);
    const lengthBytes = first < 0x80 ? 0 : first & 0x7f;
    const length = lengthBytes === 0 ? first : rest.readUIntBE(2, lengthBytes);
    const start = 2 + lengthBytes;
    if (start + length > rest.length) throw new Error("asn1: syntax error: data truncated");
    found.push({
      tag: rest.readUInt8(0),
      content: rest.subarray(start, start + length),
      whole: rest.subarray(0, start + length),
    });
    rest = rest.subarray(start + length);
  }
  return found;
}
