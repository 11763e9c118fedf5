/** Random text of so many bytes, as base64url. */
function text(bytes) {
  return Buffer.from(globalThis.crypto.getRandomValues(new Uint8Array(bytes))).toString("base64url");
}

export default { text };
