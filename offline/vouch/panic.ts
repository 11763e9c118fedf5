/**
 * Thrown where the real Vouch panics. While it serves, a panic closes the connection without an answer and the process
 * continues; during the start, the process exits with 2.
 */
export class GoPanic extends Error {}

/** Thrown where the real Vouch runs out of memory: Go cannot recover from that, and the process exits with 2. */
export class OutOfMemory extends Error {}
