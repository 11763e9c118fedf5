import { Address, type AddressArgs } from "@pulumi/gcp/compute/address.js";
import { Firewall } from "@pulumi/gcp/compute/firewall.js";
import { Network } from "@pulumi/gcp/compute/network.js";
import { Subnetwork } from "@pulumi/gcp/compute/subnetwork.js";
import type * as pulumi from "@pulumi/pulumi";
import { regionOf } from "../../settings/target/gcp.ts";
import { type Transform, transformed } from "../transform.ts";

/** The VM has its own network, so any private range is possible. */
const RANGE = "10.77.0.0/24";

export interface GcpNetworkArgs {
  /** Name of the address's resource in Pulumi. The names of the other resources start with the name of the VM's component. */
  addressName: string;
  called: string;
  zone: string;
  sshFrom: string[];
  /** Undefined: no rule, so that no browser reaches the VM. */
  webFrom: pulumi.Input<string[]> | undefined;
}

/** Creates the VM's network, its firewall rules and its address. GcpVmArgs explains the arguments. */
export function createNetwork(
  name: string,
  { addressName, called, zone, sshFrom, webFrom }: GcpNetworkArgs,
  parent: pulumi.Resource,
  transformAddress?: Transform<AddressArgs>,
): { subnetwork: Subnetwork; address: Address; sshRule: Firewall } {
  const region = regionOf(zone);
  const network = new Network(`${name}-network`, { name: called, autoCreateSubnetworks: false }, { parent });
  const subnetwork = new Subnetwork(
    `${name}-subnetwork`,
    { name: called, region, network: network.id, ipCidrRange: RANGE },
    { parent },
  );
  const letIn = (what: string, sourceRanges: pulumi.Input<string[]>, ports: string[]) =>
    new Firewall(
      `${name}-${what}-firewall`,
      {
        name: `${called}-${what}`,
        network: network.id,
        sourceRanges,
        targetTags: [called],
        allows: [{ protocol: "tcp", ports }],
      },
      { parent },
    );
  const sshRule = letIn("ssh", sshFrom, ["22"]);
  if (webFrom) letIn("web", webFrom, ["443", "80"]);
  const address = new Address(
    ...transformed(transformAddress, addressName, { name: called, region, networkTier: "STANDARD" }, { parent }),
  );
  return { subnetwork, address, sshRule };
}
