/** Which disk is attached to which machine, under which name. */

import type { Cloud } from "../../../cloud/folder.ts";
import { listRecords } from "../../../cloud/records.ts";
import { type Place, referredPath } from "./scope.ts";

export interface AttachedDisk {
  /** A name, a path or an address. */
  readonly source: string;
  /** Default: `persistent-disk-<its number>`. */
  readonly deviceName?: string;
  /** Default: READ_WRITE. */
  readonly mode?: "READ_WRITE" | "READ_ONLY";
}

export const instanceType = "gcp:compute/instance:Instance";

/** The parts of an instance that matter for its disks. */
interface InstanceRecord {
  readonly name: string;
  readonly project: string;
  readonly zone: string;
  readonly attachedDisks?: readonly AttachedDisk[];
}

/** The machine's name in the cloud of machines: instances in two zones may have the same name. */
export const machineId = ({ zone }: Pick<Place, "zone">, name: string) => `${zone}-${name}`;

export const diskPath = ({ source }: AttachedDisk, place: Place) => referredPath(source, "disks", place, "zone");

/** The first one is the boot disk, so the numbers of the others begin with 1. */
export const deviceOf = ({ deviceName }: AttachedDisk, index: number) => deviceName ?? `persistent-disk-${index + 1}`;

/** The instances that a disk is attached to. */
export async function attachmentsOf(cloud: Cloud, path: string): Promise<{ id: string; device: string }[]> {
  const instances = await listRecords<InstanceRecord>(cloud, instanceType);
  return instances.flatMap(({ properties }) =>
    (properties.attachedDisks ?? []).flatMap((attached, index) =>
      diskPath(attached, properties) === path
        ? [{ id: machineId(properties, properties.name), device: deviceOf(attached, index) }]
        : [],
    ),
  );
}
