import { randomBytes as bytes, randomUUID } from "node:crypto";
import { immutableResource, type Keepers } from "./immutable.ts";

/**
 * `random:index/randomBytes:RandomBytes`. Its id is the bytes themselves, and ids are never secret. The real provider
 * does the same, so its state contains them in plain text.
 */
export const randomBytes = immutableResource<Keepers & { length: number }, { base64: string; hex: string }>({
  inputs: ["length"],
  outputs: ["base64", "hex"],
  create({ length }) {
    const value = bytes(length);
    const base64 = value.toString("base64");
    return { id: base64, outputs: { base64, hex: value.toString("hex") } };
  },
});

type RandomIdOutputs = { b64Std: string; b64Url: string; dec: string; hex: string };

/** `random:index/randomId:RandomId` */
export const randomId = immutableResource<Keepers & { byteLength: number; prefix?: string }, RandomIdOutputs>({
  inputs: ["byteLength", "prefix"],
  outputs: ["b64Std", "b64Url", "dec", "hex"],
  create({ byteLength, prefix = "" }) {
    const value = bytes(byteLength);
    const hex = value.toString("hex");
    const id = value.toString("base64url");
    const outputs = {
      b64Std: prefix + value.toString("base64"),
      b64Url: prefix + id,
      dec: prefix + BigInt(`0x${hex}`),
      hex: prefix + hex,
    };
    return { id, outputs };
  },
});

/** `random:index/randomUuid:RandomUuid`, version 4. */
export const randomUuid = immutableResource<Keepers, { result: string }>({
  inputs: [],
  outputs: ["result"],
  create() {
    const result = randomUUID();
    return { id: result, outputs: { result } };
  },
});
