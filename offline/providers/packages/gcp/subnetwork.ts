import { isIPv4 } from "node:net";
import { covers } from "../../../cloud/forwarder/rules.ts";
import { listRecords } from "../../../cloud/records.ts";
import { type CheckFailure, UNKNOWN } from "../../resource.ts";
import { invalid } from "./apiErrors.ts";
import { type CommonInputs, checkName, fingerprint, newNumber, resourceType, timestamp } from "./kind.ts";
import { referredPath, selfLinkOf } from "./scope.ts";

type SubnetworkInputs = CommonInputs & {
  /** A name, a path or an address. */
  network: string;
  ipCidrRange?: string;
  description?: string;
  /** Default: PRIVATE. */
  purpose?: string;
  privateIpGoogleAccess?: boolean;
  stackType?: string;
};

type SubnetworkOutputs = {
  creationTimestamp: string;
  fingerprint: string;
  gatewayAddress: string;
  selfLink: string;
  state: string;
  stackType: string;
  subnetworkId: number;
  network: string;
};

const type = "gcp:compute/subnetwork:Subnetwork";

/** `gcp:compute/subnetwork:Subnetwork` */
export const subnetwork = resourceType<SubnetworkInputs, SubnetworkOutputs>({
  type,
  title: "Subnetwork",
  noun: "subnetwork",
  collection: "subnetworks",
  scope: "region",
  quota: { metric: "SUBNETWORKS", limit: 100 },
  required: ["network", "ipCidrRange"],
  defaults: { purpose: "PRIVATE" },
  outputs: [
    ...(["creationTimestamp", "fingerprint", "gatewayAddress", "selfLink", "state", "stackType"] as const),
    ...(["subnetworkId", "network"] as const),
  ],
  replaces: (path, state, inputs) =>
    ["network", "description", "purpose"].includes(path) || isMoved(path, state, inputs),
  isSame: ({ path }, { inputs: before, outputs }, inputs) =>
    path === "network" &&
    pathOfNetwork(before, { project: outputs.project ?? "" }) ===
      pathOfNetwork(inputs, { project: outputs.project ?? "" }),

  check: ({ name, ipCidrRange }): CheckFailure[] => [...checkName(name), ...checkRange(ipCidrRange)],

  uses: (inputs, place) => [pathOfNetwork(inputs, place)],

  async create({ cloud, path, place, inputs }) {
    const { ipCidrRange = "" } = inputs;
    const siblings = await listRecords<SubnetworkInputs>(cloud, type);
    const overlapping = siblings.find(
      (other) =>
        other.path !== path &&
        other.uses.includes(pathOfNetwork(inputs, place)) &&
        overlap(other.properties.ipCidrRange ?? "", ipCidrRange),
    );
    if (overlapping !== undefined) {
      throw new Error(
        invalid(
          `Invalid IPCidrRange: ${ipCidrRange} conflicts with existing subnetwork '${overlapping.properties.name}' in region '${overlapping.properties.region}'.`,
        ),
      );
    }
    return {
      creationTimestamp: timestamp(),
      fingerprint: fingerprint(),
      gatewayAddress: ipCidrRange.replace(/\d+\/\d+$/, "1"),
      selfLink: selfLinkOf(path),
      state: "READY",
      stackType: inputs.stackType ?? "IPV4_ONLY",
      subnetworkId: Number(BigInt(newNumber()) >> 11n),
      network: selfLinkOf(pathOfNetwork(inputs, place)),
    };
  },
});

const pathOfNetwork = ({ network }: SubnetworkInputs, place: { project: string }) =>
  referredPath(network, "networks", place, "global");

/** A range grows in place if the new one contains the old one. */
function isMoved(
  path: string,
  { inputs: before }: { inputs: SubnetworkInputs },
  { ipCidrRange = "" }: SubnetworkInputs,
): boolean {
  if (path !== "ipCidrRange" || ipCidrRange === UNKNOWN) return path === "ipCidrRange";
  const [address = "", prefix] = (before.ipCidrRange ?? "").split("/");
  return !covers([ipCidrRange], address) || Number(ipCidrRange.split("/")[1]) > Number(prefix);
}

function overlap(one: string, other: string): boolean {
  return covers([one], other.split("/")[0] ?? "") || covers([other], one.split("/")[0] ?? "");
}

function checkRange(range: string | undefined): CheckFailure[] {
  if (range === undefined || range === UNKNOWN) return [];
  const [address = "", prefix = ""] = range.split("/");
  if (isIPv4(address) && /^\d+$/.test(prefix) && Number(prefix) <= 29) return [];
  return [
    { property: "ipCidrRange", reason: `"${range}" is not a valid IP CIDR range: invalid CIDR address: ${range}` },
  ];
}
