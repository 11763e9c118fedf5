import { type Gcp, regionOf } from "../../settings/target/gcp.ts";
import type { StackState } from "./stackState.ts";

/** The disk with the users' work, and its VM. */
export interface WorkDisk {
  project: string;
  zone: string;
  /** Size of the data disk in GB; 0 if the work is on the VM's boot disk. */
  sizeGb: number;
  /** Size of the VM's boot disk in GB; undefined if there is no VM. */
  bootGb: number | undefined;
  /** Whether Google refuses to delete the VM, even if the settings now allow it. */
  vmIsLocked: boolean;
}

/** Keys of the resources in `StackState` that can hold the work. */
export interface WorkKeys {
  dataDisk: string;
  vm: string;
}

/** The disk with the work, read from the stack's state; undefined before the first update. */
export function workDiskOf(state: StackState, { dataDisk, vm }: WorkKeys): WorkDisk | undefined {
  const machine = state[vm] as VmOutputs | undefined;
  const place = state[dataDisk] ?? machine;
  if (!place) return undefined;
  return {
    project: `${place.project}`,
    zone: `${place.zone}`,
    sizeGb: Number(state[dataDisk]?.size ?? 0),
    bootGb: machine?.bootDisk?.initializeParams?.size,
    vmIsLocked: machine?.deletionProtection === true,
  };
}

interface VmOutputs extends Record<string, unknown> {
  bootDisk?: { initializeParams?: { size?: number } };
  deletionProtection?: boolean;
}

/**
 * The message if the stack's state does not tell where the work is; undefined if it does, or if there is no work yet.
 * Without this check, a disk that is not found would count as one that does not exist.
 */
export function workNotFound(state: StackState, { dataDisk, vm }: WorkKeys): string | undefined {
  const key = [dataDisk, vm].find((each) => state[each]);
  if (key) {
    const { project, zone, size } = state[key] ?? {};
    const sized = key === vm || Number(size) > 0;
    if (project && zone && sized) return undefined;
    return `The stack's state has ${key}, but not its location or size, so the program cannot protect the work on it. Read the state again from Google Cloud, and run pulumi up again:\n    pulumi refresh`;
  }
  const types = [dataDisk, vm].map((each) => each.split("::")[0]);
  const others = Object.keys(state).filter((each) => types.includes(each.split("::")[0]));
  if (others.length === 0) return undefined;
  return `The stack's state has ${others.join(", ")}, but neither ${dataDisk} nor ${vm}: this version of the program cannot tell which of them has your work. Use the version that ran last. This shows when it ran:\n    pulumi stack history`;
}

/** The message for a change that would lose the users' work, or that is impossible; undefined if the change is safe. */
export function dataLossRisk(
  {
    project,
    zone,
    bootDiskGb,
    dataDiskGb,
    protectData,
  }: Pick<Gcp, "project" | "zone" | "bootDiskGb" | "dataDiskGb" | "protectData">,
  disk: WorkDisk,
): string | undefined {
  const recreate = "download the work, run pulumi destroy, then create a new site with pulumi up";
  if (dataDiskGb > 0 && disk.sizeGb > dataDiskGb)
    return `dataDiskGb: a disk cannot shrink; the disk with your work has ${disk.sizeGb} GB, and the setting is ${dataDiskGb}.\n    pulumi config set dataDiskGb ${disk.sizeGb}`;
  if (project !== disk.project)
    return `project: the VM and your work are in the project ${disk.project} and cannot move to ${project}. Create another stack for that project (pulumi stack init), or ${recreate} there.\n    pulumi config set project ${disk.project}`;
  if (regionOf(zone) !== regionOf(disk.zone))
    return `zone: the VM, its address and its disk are in the region ${regionOf(disk.zone)}, and ${zone} is in another one. To move a site to another region, ${recreate} there.\n    pulumi config set zone ${disk.zone}`;
  if (dataDiskGb === 0 && disk.sizeGb > 0)
    return `dataDiskGb: the site has your work on its data disk and cannot move it to the boot disk. To do that, ${recreate}.\n    pulumi config set dataDiskGb ${disk.sizeGb}`;
  if (dataDiskGb > 0 && disk.sizeGb === 0)
    return `dataDiskGb: the site has your work on the VM's boot disk and cannot move it to a data disk. To do that, ${recreate}.\n    pulumi config set dataDiskGb 0`;
  // Another zone has a new VM, whose boot disk can have any size.
  if (zone === disk.zone && disk.bootGb !== undefined && disk.bootGb > bootDiskGb)
    return `bootDiskGb: a disk cannot shrink; the VM's boot disk has ${disk.bootGb} GB, and the setting is ${bootDiskGb}.\n    pulumi config set bootDiskGb ${disk.bootGb}`;
  if (zone === disk.zone) return undefined;
  if (!protectData && disk.vmIsLocked)
    return `zone: your work is on the boot disk of the VM in ${disk.zone}, and Google still refuses to delete that VM, because protectData was on at the last pulumi up. Run pulumi up once in the old zone; then set the new one:\n    pulumi config set zone ${disk.zone} && pulumi up`;
  if (!protectData) return undefined;
  if (disk.sizeGb === 0)
    return `zone: your work is on the boot disk of the VM in ${disk.zone} and would be deleted with it. Download it first. If you no longer need it: pulumi config set protectData false\n    pulumi config set zone ${disk.zone}`;
  return `zone: the disk with your work is in ${disk.zone}, and a disk cannot move. The program can copy the work by a snapshot to a new disk in ${zone}, while the site is down, and then delete the old disk; protectData forbids that. Allow it once, and run pulumi up again:\n    pulumi config set protectData false`;
}
