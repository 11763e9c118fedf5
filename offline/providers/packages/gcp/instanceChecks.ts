/** The inputs of an instance that the provider or the API refuses. */

import type { CheckFailure } from "../../resource.ts";
import { apiError, invalid } from "./apiErrors.ts";
import { bootDiskGb, type InstanceState } from "./instanceChanges.ts";
import type { InstanceInputs } from "./instanceTypes.ts";
import type { Site } from "./kindTypes.ts";
import { machineTypeOf, takesStandardDisks } from "./machineTypes.ts";
import { lastPart, selfLinkOf } from "./scope.ts";

/**
 * The provider's schema has no ForceNew for a smaller boot disk: it is planned as an update, and the API refuses it.
 */
export function refuseSmallerBootDisk({ inputs: before }: InstanceState, inputs: InstanceInputs): void {
  const [size, existing] = [bootDiskGb(inputs), bootDiskGb(before)];
  if (size >= existing) return;
  const field = `Invalid value for field 'sizeGb': '${size}'.`;
  throw new Error(invalid(`${field} New disk size '${size}' GB must be larger than existing size '${existing}' GB.`));
}

export function checkInstance({ metadata, metadataStartupScript, networkInterfaces }: InstanceInputs): CheckFailure[] {
  const both = metadataStartupScript !== undefined && metadata?.["startup-script"] !== undefined;
  const lost =
    Array.isArray(networkInterfaces) && networkInterfaces.some(({ network, subnetwork }) => !network && !subnetwork);
  return [
    ...(both
      ? [
          {
            property: "metadataStartupScript",
            reason: "Cannot provide both metadata_startup_script and metadata.startup-script.",
          },
        ]
      : []),
    ...(lost
      ? [
          {
            property: "networkInterfaces",
            reason: "exactly one of network, subnetwork, or network_attachment must be provided",
          },
        ]
      : []),
  ];
}

export function requireMachineType({ place, inputs }: Site<InstanceInputs>) {
  const name = lastPart(inputs.machineType);
  const machineType = machineTypeOf(name);
  if (machineType !== undefined) return machineType;
  const path = `zones/${place.zone}/machineTypes/${name}`;
  throw new Error(
    invalid(
      `Invalid value for field 'resource.machineType': '${selfLinkOf(`projects/${place.project}/${path}`)}'. Machine type with name '${name}' does not exist in zone '${place.zone}'.`,
    ),
  );
}

/**
 * Checked in November 2026 against users' reports for both families: "pd-standard disk type cannot be used by
 * n4-standard-2 machine type".
 */
export function refuseDiskTypes({ machineType, bootDisk }: InstanceInputs): void {
  const name = lastPart(machineType);
  const diskType = bootDisk.initializeParams?.type ?? "pd-standard";
  if (diskType !== "pd-standard" || takesStandardDisks(name)) return;
  throw new Error(apiError(400, `${diskType} disk type cannot be used by ${name} machine type.`, "badRequest"));
}

export function requireImage({ bootDisk }: InstanceInputs): void {
  const image = bootDisk.initializeParams?.image ?? "";
  if (bootDisk.autoDelete === false) throw new Error("the fake cloud keeps no boot disks: leave out autoDelete");
  if (/(^|\/)debian-13(-trixie-v\d+)?$/.test(image)) return;
  if (/(^|\/)(debian|ubuntu)-[\w-]+$/.test(image)) throw new Error(`the fake cloud boots debian-13 only, not ${image}`);
  throw new Error(`resolving image name '${image}': Could not find image or family ${image}`);
}
