import { type Gcp, regionOf } from "../../settings/target/gcp.ts";
import type { Made } from "./stackState.ts";

/** Where the work lies that people have done so far, and what belongs to it. */
export interface WorkDisk {
  project: string;
  zone: string;
  /** GB; 0 where the work lies on the VM's boot disk. */
  sizeGb: number;
  /** GB of the VM's boot disk; undefined while there is no VM. */
  bootGb: number | undefined;
  /** Whether Google refuses to delete the VM, whatever the settings say by now. */
  vmIsLocked: boolean;
}

/** Where the work can be, by the keys of `madeSoFar`. */
export interface WorkKeys {
  dataDisk: string;
  vm: string;
}

/** Reads it off what the stack has made so far; undefined while there is none. */
export function workDiskOf(made: Made, { dataDisk, vm }: WorkKeys): WorkDisk | undefined {
  const machine = made[vm] as VmOutputs | undefined;
  const place = made[dataDisk] ?? machine;
  if (!place) return undefined;
  return {
    project: `${place.project}`,
    zone: `${place.zone}`,
    sizeGb: Number(made[dataDisk]?.size ?? 0),
    bootGb: machine?.bootDisk?.initializeParams?.size,
    vmIsLocked: machine?.deletionProtection === true,
  };
}

interface VmOutputs extends Record<string, unknown> {
  bootDisk?: { initializeParams?: { size?: number } };
  deletionProtection?: boolean;
}

/**
 * Why the state does not tell where the work lies, in words that end in what to do; undefined where it does, or where there is no
 * work yet. Without it, a disk that is not found would count as one that is not there.
 */
export function workNotFound(made: Made, { dataDisk, vm }: WorkKeys): string | undefined {
  const key = [dataDisk, vm].find((each) => made[each]);
  if (key) {
    const { project, zone, size } = made[key] ?? {};
    const sized = key === vm || Number(size) > 0;
    if (project && zone && sized) return undefined;
    return `The stack's state has ${key}, but not where it lies or how big it is, and the work on it has to be kept. Read it again from Google Cloud, and run pulumi up again:\n    pulumi refresh`;
  }
  const types = [dataDisk, vm].map((each) => each.split("::")[0]);
  const others = Object.keys(made).filter((each) => types.includes(each.split("::")[0]));
  if (others.length === 0) return undefined;
  return `The stack's state has ${others.join(", ")}, but neither ${dataDisk} nor ${vm}: this version of the program cannot tell which of them has the work on it. Go on with the version that ran last. This shows when it ran:\n    pulumi stack history`;
}

/** A change that would lose people's work, or that is impossible. The text ends in what to do; undefined: the change is safe. */
export function workAtRisk(
  {
    project,
    zone,
    bootDiskGb,
    dataDiskGb,
    protectData,
  }: Pick<Gcp, "project" | "zone" | "bootDiskGb" | "dataDiskGb" | "protectData">,
  disk: WorkDisk,
): string | undefined {
  const anew = "download the work, then pulumi destroy, and pulumi up makes the site anew";
  if (dataDiskGb > 0 && disk.sizeGb > dataDiskGb)
    return `dataDiskGb: a disk does not shrink; the one with your work on it has ${disk.sizeGb} GB, and ${dataDiskGb} are asked for.\n    pulumi config set dataDiskGb ${disk.sizeGb}`;
  if (project !== disk.project)
    return `project: the VM and the work on it lie in the project ${disk.project}, and do not move to ${project}. Make another stack for that (pulumi stack init), or ${anew} there.\n    pulumi config set project ${disk.project}`;
  if (regionOf(zone) !== regionOf(disk.zone))
    return `zone: the VM, its address and its disk belong to the region ${regionOf(disk.zone)}, which ${zone} does not lie in. A site does not move to another region by itself: ${anew} there.\n    pulumi config set zone ${disk.zone}`;
  if (dataDiskGb === 0 && disk.sizeGb > 0)
    return `dataDiskGb: a running site does not move from its data disk, which has your work on it, to the boot disk. To have it there: ${anew}.\n    pulumi config set dataDiskGb ${disk.sizeGb}`;
  if (dataDiskGb > 0 && disk.sizeGb === 0)
    return `dataDiskGb: your work lies on the VM's boot disk, and a running site does not move from there to a data disk. To have it there: ${anew}.\n    pulumi config set dataDiskGb 0`;
  // In another zone there is another VM, whose boot disk may have any size.
  if (zone === disk.zone && disk.bootGb !== undefined && disk.bootGb > bootDiskGb)
    return `bootDiskGb: a disk does not shrink; the VM's boot disk has ${disk.bootGb} GB, and ${bootDiskGb} are asked for.\n    pulumi config set bootDiskGb ${disk.bootGb}`;
  if (zone === disk.zone) return undefined;
  if (!protectData && disk.vmIsLocked)
    return `zone: your work lies on the boot disk of the VM in ${disk.zone}, and Google still refuses to delete that VM, because protectData was on at the last pulumi up. Run pulumi up once in the zone as it was; then set the other one:\n    pulumi config set zone ${disk.zone} && pulumi up`;
  if (!protectData) return undefined;
  if (disk.sizeGb === 0)
    return `zone: your work lies on the boot disk of the VM in ${disk.zone}, and would go with it. Download it first. If nothing on it matters any more: pulumi config set protectData false\n    pulumi config set zone ${disk.zone}`;
  return `zone: the disk with your work on it lies in ${disk.zone}, and no disk moves. The work can: into a new disk in ${zone}, by a snapshot, while the site is down; the old disk is deleted after that, which protectData forbids. Allow it for this once, and run pulumi up again:\n    pulumi config set protectData false`;
}
