import { createHash } from "node:crypto";
import type { Cloud } from "../../../cloud/folder.ts";
import { listRecords } from "../../../cloud/records.ts";
import { type CommonInputs, checkName, fingerprint, labelOutputs, newNumber, resourceType, timestamp } from "./kind.ts";
import { selfLinkOf } from "./scope.ts";

export type NetworkTier = "PREMIUM" | "STANDARD";

type AddressInputs = CommonInputs & {
  address?: string;
  /** Default: EXTERNAL. */
  addressType?: "EXTERNAL" | "INTERNAL";
  description?: string;
  networkTier?: NetworkTier;
};

type AddressOutputs = {
  address: string;
  addressId: number;
  creationTimestamp: string;
  effectiveLabels: Record<string, string>;
  labelFingerprint: string;
  networkTier: NetworkTier;
  pulumiLabels: Record<string, string>;
  selfLink: string;
  users: string[];
};

export const addressType = "gcp:compute/address:Address";

/** `gcp:compute/address:Address`: a loopback address of this machine. */
export const address = resourceType<AddressInputs, AddressOutputs>({
  type: addressType,
  title: "Address",
  noun: "address",
  collection: "addresses",
  scope: "region",
  quota: { metric: "STATIC_ADDRESSES", limit: 8 },
  defaults: { addressType: "EXTERNAL" },
  outputs: [
    ...(["address", "addressId", "creationTimestamp", "effectiveLabels", "labelFingerprint"] as const),
    ...(["networkTier", "pulumiLabels", "selfLink", "users"] as const),
  ],
  replaces: (path) => !path.startsWith("labels"),
  unknownAfter: () => ["effectiveLabels", "pulumiLabels", "labelFingerprint"],

  check: ({ name }) => checkName(name),

  async create({ cloud, path, inputs, operation }) {
    return {
      address: inputs.address ?? (await freeLoopbackAddress(cloud, path)),
      addressId: Number(BigInt(newNumber()) >> 11n),
      creationTimestamp: timestamp(),
      labelFingerprint: fingerprint(),
      networkTier: inputs.networkTier ?? "PREMIUM",
      selfLink: selfLinkOf(path),
      users: [],
      ...labelOutputs(inputs, operation),
    };
  },

  update: async ({ inputs, operation }, { outputs }) => ({ ...outputs, ...labelOutputs(inputs, operation) }),

  async read({ cloud, path }) {
    const users = (await listRecords(cloud)).filter(({ uses }) => uses.includes(path));
    return { users: users.map((user) => selfLinkOf(user.path)) };
  },
});

/**
 * An unused address of 127.0.0.0/8: if possible, the same one for the same path, and never one of 127.0.0.0/16, where
 * programs of this machine listen.
 */
export async function freeLoopbackAddress(cloud: Cloud, path: string): Promise<string> {
  const records = JSON.stringify(await listRecords(cloud));
  for (let tries = 0; tries < 1000; tries++) {
    const [a = 0, b = 0, c = 0] = createHash("sha256").update(`${cloud.folder} ${path} ${tries}`).digest();
    const candidate = `127.${1 + (a % 254)}.${b}.${1 + (c % 254)}`;
    if (!records.includes(`"${candidate}"`)) return candidate;
  }
  throw new Error("No loopback address is free.");
}
