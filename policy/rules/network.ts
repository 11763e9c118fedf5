import { listAt, mayBe, UNKNOWN, valueAt } from "../inputs.ts";
import type { Resource, ResourceRule } from "../policies.ts";

/** Rules for the network of a VM. */

export const FIREWALL = /^gcp:compute\/firewall:Firewall$/;
const NETWORKED = /^gcp:compute\/(instance:Instance|firewall:Firewall|subnetwork:Subnetwork|network:Network)$/;

/** Ports of the site and of SSH: the only ones that may be open. */
const SITE = ["443", "80"];
const SSH = "22";
/** Shorter prefixes open SSH to too much of the internet. The setting `sshFrom` has the same limit. */
const SHORTEST_PREFIX = 8;

/** What a firewall rule lets in: `tcp 443`, or `tcp all ports`. */
function openPorts({ inputs }: Resource): string[] {
  if (valueAt(inputs, "direction") === "EGRESS") return [];
  return listAt(inputs, "allows").flatMap((allowed) => {
    const ports = listAt(allowed, "ports").map(String);
    return (ports.length > 0 ? ports : ["all ports"]).map((port) => `${String(valueAt(allowed, "protocol"))} ${port}`);
  });
}

/** Whether a firewall rule opens the site to browsers. */
export const opensTheSite = (rule: Resource): boolean => openPorts(rule).some((port) => port === `tcp ${SITE[0]}`);

/** Source ranges that contain more than a /8. No range at all means every address. */
export function wideRanges({ inputs }: Resource): string[] {
  if (valueAt(inputs, "sourceRanges") === UNKNOWN) return [];
  const ranges = listAt(inputs, "sourceRanges");
  if (ranges.length === 0) return ["0.0.0.0/0"];
  return ranges.map(String).filter((range) => Number(range.split("/")[1] ?? 32) < SHORTEST_PREFIX);
}

export const portsOfTheSite: ResourceRule = {
  name: "no-port-but-the-sites",
  description: "A VM has no open port but 443 and 80 for the site, and 22 for SSH.",
  types: FIREWALL,
  check(rule) {
    const promised = [...SITE, SSH].map((port) => `tcp ${port}`);
    return openPorts(rule)
      .filter((open) => !promised.includes(open))
      .map((open) => `It opens ${open}. Only tcp 443, 80 and 22 may be open: remove it. Apps are behind port 443.`);
  },
};

export const sshFromNamedAddresses: ResourceRule = {
  name: "ssh-from-named-addresses",
  description: "SSH is allowed from named addresses only.",
  types: FIREWALL,
  check: (rule) =>
    openPorts(rule).includes(`tcp ${SSH}`)
      ? wideRanges(rule).map(
          (range) =>
            `It opens SSH to ${range}. List the addresses that you connect from: pulumi config set --path 'sshFrom[0]' 203.0.113.7/32`,
        )
      : [],
};

export const firewallForTheVm: ResourceRule = {
  name: "firewall-for-the-vm",
  description: "A firewall rule applies to the VM of the stack, not to all of a network.",
  types: FIREWALL,
  check: ({ inputs }) =>
    valueAt(inputs, "targetTags") === UNKNOWN || listAt(inputs, "targetTags").length > 0
      ? []
      : ["It applies to every VM of its network. Set targetTags to the tag of the VM."],
};

export const ownNetwork: ResourceRule = {
  name: "own-network",
  description: "The VM is in a network of the stack, not in the project's default network, whose rules let more in.",
  types: NETWORKED,
  check({ type, inputs }) {
    if (/:Network$/.test(type))
      return mayBe(inputs, "autoCreateSubnetworks", false)
        ? []
        : ["It has a subnetwork in every region. Set autoCreateSubnetworks to false."];
    const used = [inputs, ...listAt(inputs, "networkInterfaces")].flatMap((place) =>
      [valueAt(place, "network"), valueAt(place, "subnetwork")].filter((name) => /(^|\/)default$/.test(nameOf(name))),
    );
    return used.map((name) => `It uses the network ${nameOf(name)}. Use the stack's own: createNetwork() creates it.`);
  },
};

const nameOf = (name: unknown) => (typeof name === "string" ? name : "");
