import { randomBytes } from "node:crypto";

/** What the API adds to every new object: a number and the time. */
export const newNumber = () => String(randomBytes(8).readBigUInt64BE() >> 1n);

export const timestamp = () => new Date().toISOString().replace("Z", "-00:00");

/** Eight bytes in base64, like fingerprints of labels, tags and metadata. */
export const fingerprint = () => randomBytes(8).toString("base64");
