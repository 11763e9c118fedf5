import { attachDisk, detachDisk } from "../../../cloud/machines.ts";
import type { State } from "../../resource.ts";
import { deviceOf, diskPath, machineId } from "./attachments.ts";
import { diskFile } from "./diskFiles.ts";
import type { InstanceInputs, InstanceOutputs } from "./instanceTypes.ts";
import type { Site } from "./kind.ts";

/** Unplugs the disks that an instance no longer has, then plugs in its new ones. */
export async function plugDisks(
  { cloud, name, place, inputs }: Site<InstanceInputs>,
  state: State<InstanceInputs, InstanceOutputs>,
): Promise<void> {
  const id = machineId(place, name);
  const devices = ({ attachedDisks = [] }: InstanceInputs) =>
    new Map(attachedDisks.map((disk, index) => [deviceOf(disk, index), diskPath(disk, place)]));
  const before = devices(state.inputs);
  const after = devices(inputs);
  for (const [device, path] of before) {
    if (after.get(device) !== path) await detachDisk(cloud, id, device);
  }
  for (const [device, path] of after) {
    if (before.get(device) !== path) await attachDisk(cloud, id, device, diskFile(cloud, path));
  }
}
