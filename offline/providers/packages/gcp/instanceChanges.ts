/** What a change of an instance's inputs means: a replacement, a stop, other outputs. */

import { isDeepStrictEqual } from "node:util";
import type { State } from "../../resource.ts";
import type { InstanceInputs, InstanceOutputs } from "./instanceTypes.ts";

export type InstanceState = State<InstanceInputs, InstanceOutputs>;

// The cloud's defaults, which a refresh writes to the state.
export const foundOut =
  /^networkInterfaces\[\d+\]\.(name|networkIp|stackType|accessConfigs|accessConfigs\[\d+\]\.(natIp|networkTier))$/;

export const replacing = [
  /^(hostname|metadataStartupScript|guestAccelerators|scratchDisks|confidentialInstanceConfig|params|reservationAffinity)\b/,
  // The provider's resource_compute_instance.go of version 5 has ForceNew for labels, too.
  /^bootDisk(?!\.(autoDelete|initializeParams\.size)\b)/,
  /^networkInterfaces(\[\d+\])?$/,
  /^networkInterfaces\[\d+\]\.(nicType|networkAttachment|queueCount)\b/,
  /^scheduling\.(preemptible|provisioningModel|maxRunDuration|terminationTime)\b/,
];

export const bootDiskGb = ({ bootDisk }: InstanceInputs) => Number(bootDisk.initializeParams?.size ?? 10);

const stopping = [
  "machineType",
  "minCpuPlatform",
  "serviceAccount",
  "enableDisplay",
  "shieldedInstanceConfig",
] as const;

export function needsStop({ inputs: before }: InstanceState, inputs: InstanceInputs): boolean {
  return [...stopping, "advancedMachineFeatures" as const].some(
    (property) => !isDeepStrictEqual(before[property], inputs[property]),
  );
}

/** The outputs that change with the inputs. */
export function changedOutputs({ inputs: before }: InstanceState, inputs: InstanceInputs): (keyof InstanceOutputs)[] {
  const changed = (property: keyof InstanceInputs) => !isDeepStrictEqual(before[property], inputs[property]);
  return [
    ...(changed("metadata") ? (["metadataFingerprint"] as const) : []),
    ...(changed("tags") ? (["tagsFingerprint"] as const) : []),
    ...(changed("networkInterfaces") ? (["networkInterfaces"] as const) : []),
    ...(changed("labels") ? (["labelFingerprint", "effectiveLabels", "pulumiLabels"] as const) : []),
    ...(changed("desiredStatus") ? (["currentStatus"] as const) : []),
  ];
}
