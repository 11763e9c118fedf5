/** Bytes as PEM, lines of 64 characters, with a last newline. */
export function toPem(label: string, bytes: Buffer): string {
  const lines = bytes.toString("base64").match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join("\n")}\n-----END ${label}-----\n`;
}

/** The bytes of the first PEM block. Throws if there is none or its type is not the expected one. */
export function fromPem(label: string, pem: string): Buffer {
  const block = /-----BEGIN ([^-]+)-----([^-]+)-----END \1-----/.exec(pem);
  if (block === null) throw new Error(`failed to decode PEM of expected type "${label}" from bytes`);
  if (block[1] !== label) throw new Error(`invalid PEM type - expected "${label}", got "${block[1]}"`);
  return Buffer.from(block[2] ?? "", "base64");
}
