import { isIP } from "node:net";
import { UNKNOWN } from "../../resource.ts";
import { invalid } from "./apiErrors.ts";
import { type FirewallInputs, firewallType } from "./firewallInputs.ts";
import { updateForwarding } from "./forwarding.ts";
import { checkName, resourceType, timestamp } from "./kind.ts";
import { type Place, referredPath, selfLinkOf } from "./scope.ts";

type FirewallOutputs = { creationTimestamp: string; selfLink: string; direction: string; network: string };

/** `gcp:compute/firewall:Firewall`: decides which ports of the instances are forwarded, and from which sources. */
export const firewall = resourceType<FirewallInputs, FirewallOutputs>({
  type: firewallType,
  title: "Firewall",
  noun: "firewall",
  collection: "firewalls",
  scope: "global",
  quota: { metric: "FIREWALLS", limit: 100 },
  required: ["network"],
  defaults: { priority: 1000 },
  outputs: ["creationTimestamp", "selfLink", "direction", "network"],
  replaces: (path) => ["direction", "network"].includes(path),
  isSame: ({ path }, { inputs: before, outputs }, inputs) => {
    const place = { project: outputs.project ?? "" };
    return path === "network" && networkPath(before, place) === networkPath(inputs, place);
  },

  check: ({ name, allows = [], denies = [], sourceRanges = [] }) => [
    ...checkName(name),
    ...(allows.length + denies.length > 0 ? [] : [{ reason: "one of `allow,deny` must be specified" }]),
    ...(allows.length === 0 || denies.length === 0
      ? []
      : [{ property: "allows", reason: '"allow": conflicts with deny' }]),
    ...[sourceRanges]
      .flat()
      .filter(isNoRange)
      .map((range) => ({
        property: "sourceRanges",
        reason: `"${range}" is not a valid CIDR address range or IP address`,
      })),
  ],

  uses: (inputs, place) => [networkPath(inputs, place)],

  async create({ path, place, inputs }) {
    const sources = [inputs.sourceRanges, inputs.sourceTags].flatMap((list = []) => list);
    if (inputs.direction !== "EGRESS" && sources.length === 0) {
      throw new Error(
        invalid("Firewall must have at least one of source ranges, source tags or source service accounts"),
      );
    }
    return {
      creationTimestamp: timestamp(),
      selfLink: selfLinkOf(path),
      direction: inputs.direction ?? "INGRESS",
      network: selfLinkOf(networkPath(inputs, place)),
    };
  },

  afterwards: ({ cloud }) => updateForwarding(cloud),
});

const networkPath = ({ network }: FirewallInputs, place: Place) => referredPath(network, "networks", place, "global");

function isNoRange(range: string): boolean {
  const [address = "", prefix = "0"] = range.split("/");
  return range !== UNKNOWN && (isIP(address) === 0 || !/^\d{1,3}$/.test(prefix));
}
