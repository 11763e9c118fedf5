import type { Cloud } from "../../../cloud/folder.ts";
import type { Forward, IngressRule } from "../../../cloud/forwarder/rules.ts";
import { machineAddresses, registryPort } from "../../../cloud/machines.ts";
import { gatewayOf, listNetworks } from "../../../cloud/networks.ts";
import { listRecords } from "../../../cloud/records.ts";
import { forward } from "../../../cloud/servers.ts";
import { turns } from "../../../cloud/turns.ts";
import { instanceType, machineId } from "./attachments.ts";
import { type FirewallInputs, firewallType } from "./firewallInputs.ts";

/** The parts of an instance that matter for forwarding. */
interface Reachable {
  readonly name: string;
  readonly zone: string;
  readonly tags?: readonly string[];
  readonly networkInterfaces: readonly { readonly accessConfigs?: readonly { readonly natIp?: string }[] }[];
}

// Each reads the current state and sends it to the forwarder.
const inTurn = turns();

/** Updates the forwarder to the current firewalls, addresses and instances of the cloud. */
export function updateForwarding(cloud: Cloud): Promise<void> {
  return inTurn(() => forwardAll(cloud));
}

async function forwardAll(cloud: Cloud): Promise<void> {
  const targets = await machineAddresses(cloud);
  // Without a machine, there is nothing to forward and no forwarder.
  if (Object.keys(targets).length === 0) return;
  const firewalls = await listRecords<FirewallInputs>(cloud, firewallType);
  const instances = await listRecords<Reachable>(cloud, instanceType);
  const forwards = instances.flatMap(({ uses, properties }): Forward[] => {
    const target = targets[machineId(properties, properties.name)];
    const address = properties.networkInterfaces[0]?.accessConfigs?.[0]?.natIp;
    if (target === undefined || address === undefined) return [];
    const rules = firewalls
      .filter((firewall) => firewall.uses.some((path) => uses.includes(path)))
      .flatMap(({ properties: rule }) => ingressRules(rule, properties.tags ?? []));
    return [{ address, target, rules }];
  });
  const networks = await listNetworks(cloud);
  const loopbacks = networks.map((network) => ({ address: gatewayOf(network), port: registryPort }));
  await forward(cloud, { forwards, loopbacks });
}

/** A firewall's rules for incoming traffic to an instance with these tags. */
export function ingressRules(firewall: FirewallInputs, tags: readonly string[]): IngressRule[] {
  const { name = "", priority = 1000, sourceRanges = [], targetTags = [], allows = [], denies = [] } = firewall;
  if (firewall.direction === "EGRESS" || firewall.disabled === true) return [];
  if (targetTags.length > 0 && !targetTags.some((tag) => tags.includes(tag))) return [];
  const rule = { name, priority, sourceRanges };
  return [
    ...(allows.length > 0 ? [{ ...rule, action: "allow" as const, protocols: allows }] : []),
    ...(denies.length > 0 ? [{ ...rule, action: "deny" as const, protocols: denies }] : []),
  ];
}
