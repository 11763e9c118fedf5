import { isDeepStrictEqual } from "node:util";
import {
  createMachine,
  growBootDisk,
  machineStatus,
  removeMachine,
  setMemory,
  setMetadata,
  startMachine,
  stopMachine,
} from "../../../cloud/machines.ts";
import { deleteRecord, listRecords, readRecord } from "../../../cloud/records.ts";
import { freeLoopbackAddress } from "./address.ts";
import { notFound, ProviderError } from "./apiErrors.ts";
import { deviceOf, diskPath, instanceType, machineId } from "./attachments.ts";
import { diskFile } from "./diskFiles.ts";
import { updateForwarding } from "./forwarding.ts";
import { instanceMemberType } from "./iamMembers.ts";
import { bootDiskGb, changedOutputs, foundOut, needsStop, replacing } from "./instanceChanges.ts";
import {
  checkInstance,
  refuseDiskTypes,
  refuseSmallerBootDisk,
  requireImage,
  requireMachineType,
} from "./instanceChecks.ts";
import { instanceMetadata } from "./instanceMetadata.ts";
import type { InstanceInputs, InstanceOutputs, NetworkInterface } from "./instanceTypes.ts";
import { instanceUses, refuseUsed } from "./instanceUses.ts";
import { fingerprint, labelOutputs, newNumber, resourceType, type Site, timestamp } from "./kind.ts";
import { plugDisks } from "./plugDisks.ts";
import { selfLinkOf } from "./scope.ts";

/** `gcp:compute/instance:Instance`: a machine that boots, stops, and keeps the data on its disks. */
export const instance = resourceType<InstanceInputs, InstanceOutputs>({
  type: instanceType,
  title: "instance",
  noun: "instance",
  collection: "instances",
  scope: "zone",
  quota: { metric: "CPUS", limit: 8 },
  required: ["bootDisk", "machineType", "networkInterfaces"],
  defaults: { canIpForward: false, deletionProtection: false },
  outputs: [
    ...(["cpuPlatform", "creationTimestamp", "currentStatus", "effectiveLabels", "instanceId"] as const),
    ...(["labelFingerprint", "metadataFingerprint", "networkInterfaces", "pulumiLabels", "selfLink"] as const),
    "tagsFingerprint",
  ],
  replaces: (path) => replacing.some((pattern) => pattern.test(path)),
  isSame: ({ path, kind }) => kind === "delete" && foundOut.test(path),
  unknownAfter: changedOutputs,
  check: checkInstance,
  uses: instanceUses,

  async create(site) {
    const { cloud, path, name, place, inputs, operation } = site;
    const machineType = requireMachineType(site);
    refuseDiskTypes(inputs);
    requireImage(inputs);
    await refuseUsed(site);
    const disks = (inputs.attachedDisks ?? []).map((disk, index) => [
      deviceOf(disk, index),
      diskFile(cloud, diskPath(disk, place)),
    ]);
    const id = machineId(place, name);
    const instanceId = newNumber();
    const withAddress = await externalAddresses(site);
    try {
      const address = await createMachine(
        cloud,
        {
          id,
          hostname: name,
          network: await networkName(site),
          memoryMb: machineType.memoryMb,
          bootDiskGb: bootDiskGb(inputs),
          disks: Object.fromEntries(disks),
          metadata: (networkIp) =>
            instanceMetadata(site, { instanceId, interfaces: withNetworkIp(withAddress, networkIp) }),
        },
        operation.status,
      );
      if (inputs.desiredStatus === "TERMINATED") await stopMachine(cloud, id);
      return {
        cpuPlatform: "Intel Broadwell",
        creationTimestamp: timestamp(),
        currentStatus: inputs.desiredStatus ?? "RUNNING",
        instanceId,
        labelFingerprint: fingerprint(),
        metadataFingerprint: fingerprint(),
        networkInterfaces: withNetworkIp(withAddress, address),
        selfLink: selfLinkOf(path),
        tagsFingerprint: fingerprint(),
        ...labelOutputs(inputs, operation),
      };
    } catch (error) {
      await removeMachine(cloud, id);
      throw error;
    }
  },

  async update(site, state) {
    const { cloud, path, name, place, inputs, operation } = site;
    const { outputs } = state;
    const id = machineId(place, name);
    const machineType = requireMachineType(site);
    refuseSmallerBootDisk(state, inputs);
    await refuseUsed(site);
    const status = await machineStatus(cloud, id);
    if (status === undefined) throw new Error(notFound(path));
    const isOn = status !== "exited";
    const stops = isOn && needsStop(state, inputs);
    if (stops && inputs.allowStoppingForUpdate !== true && inputs.desiredStatus !== "TERMINATED") {
      throw new ProviderError(stopRefusal);
    }
    const interfaces = withNetworkIp(
      await externalAddresses(site, outputs),
      outputs.networkInterfaces[0]?.networkIp ?? "",
    );
    if (stops) await stopMachine(cloud, id);
    // The API checks the disks only when the machine is off, and then leaves it off.
    refuseDiskTypes(inputs);
    if (inputs.machineType !== state.inputs.machineType) await setMemory(cloud, id, machineType.memoryMb);
    await setMetadata(cloud, id, () => instanceMetadata(site, { instanceId: outputs.instanceId, interfaces }));
    await plugDisks(site, state);
    if (bootDiskGb(inputs) > bootDiskGb(state.inputs)) await growBootDisk(cloud, id, bootDiskGb(inputs));
    const currentStatus = inputs.desiredStatus ?? (isOn ? "RUNNING" : "TERMINATED");
    if (currentStatus === "RUNNING" && (stops || !isOn)) await startMachine(cloud, id);
    if (currentStatus === "TERMINATED" && isOn && !stops) await stopMachine(cloud, id);
    const same = (property: "metadata" | "tags") => isDeepStrictEqual(state.inputs[property], inputs[property]);
    return {
      ...outputs,
      currentStatus,
      metadataFingerprint: same("metadata") ? outputs.metadataFingerprint : fingerprint(),
      tagsFingerprint: same("tags") ? outputs.tagsFingerprint : fingerprint(),
      networkInterfaces: interfaces,
      ...labelOutputs(inputs, operation),
    };
  },

  async delete({ cloud, name, place }, { inputs }) {
    if (inputs.deletionProtection === true) {
      throw new ProviderError(
        `Cannot delete instance ${name}: instance Deletion Protection is enabled. Set deletion_protection to false for this resource and run "terraform apply" before attempting to delete it.`,
      );
    }
    await removeMachine(cloud, machineId(place, name));
    // Its members have roles at nothing then.
    const members = await listRecords<{ instanceName: string; zone: string }>(cloud, instanceMemberType);
    for (const { path, properties } of members)
      if (properties.instanceName === name && properties.zone === place.zone) await deleteRecord(cloud, path);
  },

  afterwards: ({ cloud }) => updateForwarding(cloud),

  async read({ cloud, name, place }) {
    const status = await machineStatus(cloud, machineId(place, name));
    if (status === undefined) return undefined;
    return { currentStatus: status === "exited" ? "TERMINATED" : "RUNNING" };
  },
});

const stopRefusal =
  'Changing the machine_type, min_cpu_platform, service_account, enable_display, shielded_instance_config, scheduling.node_affinities, scheduling.max_run_duration or network_interface.[#d].(network/subnetwork/subnetwork_project) or advanced_machine_features on a started instance requires stopping it. To acknowledge this, please set allow_stopping_for_update = true in your config. You can also stop it by setting desired_status = "TERMINATED", but the instance will not be restarted after the update.';

/** The address of each interface: the requested one, the previous one, or any. */
async function externalAddresses(
  { cloud, path, inputs }: Site<InstanceInputs>,
  outputs?: InstanceOutputs,
): Promise<NetworkInterface[]> {
  return Promise.all(
    inputs.networkInterfaces.map(async (networkInterface, index) => {
      const accessConfigs = await Promise.all(
        (networkInterface.accessConfigs ?? []).map(async (config, number) => ({
          networkTier: "PREMIUM" as const,
          ...config,
          natIp:
            config.natIp ??
            outputs?.networkInterfaces[index]?.accessConfigs?.[number]?.natIp ??
            (await freeLoopbackAddress(cloud, path)),
        })),
      );
      return { name: `nic${index}`, stackType: "IPV4_ONLY", ...networkInterface, accessConfigs };
    }),
  );
}

function withNetworkIp(interfaces: NetworkInterface[], networkIp: string): NetworkInterface[] {
  return interfaces.map((networkInterface) => ({ ...networkInterface, networkIp }));
}

/** Instances of all subnetworks of one network reach each other. */
async function networkName({ cloud, place, inputs }: Site<InstanceInputs>): Promise<string> {
  const uses = await instanceUses(inputs, place, cloud);
  const path = uses.find((used) => used.includes("/networks/")) ?? "";
  const record = await readRecord<{ name: string }>(cloud, path);
  return `${record?.properties.name}`;
}
