/**
 * Thrown where the real Vouch panics. While it serves, that closes the connection without an answer and the process
 * lives on; while it starts, the process exits 2.
 */
export class GoPanic extends Error {}

/** Thrown where the real Vouch asks for more memory than there is: Go cannot recover from that, the process exits 2. */
export class OutOfMemory extends Error {}
