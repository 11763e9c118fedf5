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
import { readRecord } from "../../../cloud/records.ts";
import type { CheckFailure, State } from "../../resource.ts";
import { freeLoopbackAddress } from "./address.ts";
import { apiError, invalid, notFound, ProviderError } from "./apiErrors.ts";
import { deviceOf, diskPath, instanceType, machineId } from "./attachments.ts";
import { diskFile } from "./diskFiles.ts";
import { updateForwarding } from "./forwarding.ts";
import { instanceMetadata } from "./instanceMetadata.ts";
import type { InstanceInputs, InstanceOutputs, NetworkInterface } from "./instanceTypes.ts";
import { instanceUses, refuseUsed } from "./instanceUses.ts";
import { fingerprint, labelOutputs, newNumber, resourceType, type Site, timestamp } from "./kind.ts";
import { machineTypeOf, takesStandardDisks } from "./machineTypes.ts";
import { plugDisks } from "./plugDisks.ts";
import { lastPart, selfLinkOf } from "./scope.ts";

type InstanceState = State<InstanceInputs, InstanceOutputs>;

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

// The cloud's defaults, which a refresh writes to the state.
const foundOut =
  /^networkInterfaces\[\d+\]\.(name|networkIp|stackType|accessConfigs|accessConfigs\[\d+\]\.(natIp|networkTier))$/;

const replacing = [
  /^(hostname|metadataStartupScript|guestAccelerators|scratchDisks|confidentialInstanceConfig|params|reservationAffinity)\b/,
  /^bootDisk(?!\.(autoDelete|initializeParams\.(size|labels))\b)/,
  /^networkInterfaces(\[\d+\])?$/,
  /^networkInterfaces\[\d+\]\.(nicType|networkAttachment|queueCount)\b/,
  /^scheduling\.(preemptible|provisioningModel|maxRunDuration|terminationTime)\b/,
];

const bootDiskGb = ({ bootDisk }: InstanceInputs) => Number(bootDisk.initializeParams?.size ?? 10);

/**
 * The provider's schema has no ForceNew for a smaller boot disk: it is planned as an update, and the API refuses it.
 */
function refuseSmallerBootDisk({ inputs: before }: InstanceState, inputs: InstanceInputs): void {
  const [size, existing] = [bootDiskGb(inputs), bootDiskGb(before)];
  if (size >= existing) return;
  const field = `Invalid value for field 'sizeGb': '${size}'.`;
  throw new Error(invalid(`${field} New disk size '${size}' GB must be larger than existing size '${existing}' GB.`));
}

const stopping = [
  "machineType",
  "minCpuPlatform",
  "serviceAccount",
  "enableDisplay",
  "shieldedInstanceConfig",
] as const;

function needsStop({ inputs: before }: InstanceState, inputs: InstanceInputs): boolean {
  return [...stopping, "advancedMachineFeatures" as const].some(
    (property) => !isDeepStrictEqual(before[property], inputs[property]),
  );
}

/** The outputs that change with the inputs. */
function changedOutputs({ inputs: before }: InstanceState, inputs: InstanceInputs): (keyof InstanceOutputs)[] {
  const changed = (property: keyof InstanceInputs) => !isDeepStrictEqual(before[property], inputs[property]);
  return [
    ...(changed("metadata") ? (["metadataFingerprint"] as const) : []),
    ...(changed("tags") ? (["tagsFingerprint"] as const) : []),
    ...(changed("networkInterfaces") ? (["networkInterfaces"] as const) : []),
    ...(changed("labels") ? (["labelFingerprint", "effectiveLabels", "pulumiLabels"] as const) : []),
    ...(changed("desiredStatus") ? (["currentStatus"] as const) : []),
  ];
}

function checkInstance({ metadata, metadataStartupScript, networkInterfaces }: InstanceInputs): CheckFailure[] {
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

function requireMachineType({ place, inputs }: Site<InstanceInputs>) {
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
function refuseDiskTypes({ machineType, bootDisk }: InstanceInputs): void {
  const name = lastPart(machineType);
  const diskType = bootDisk.initializeParams?.type ?? "pd-standard";
  if (diskType !== "pd-standard" || takesStandardDisks(name)) return;
  throw new Error(apiError(400, `${diskType} disk type cannot be used by ${name} machine type.`, "badRequest"));
}

function requireImage({ bootDisk }: InstanceInputs): void {
  const image = bootDisk.initializeParams?.image ?? "";
  if (bootDisk.autoDelete === false) throw new Error("the fake cloud keeps no boot disks: leave out autoDelete");
  if (/(^|\/)debian-13(-trixie-v\d+)?$/.test(image)) return;
  if (/(^|\/)(debian|ubuntu)-[\w-]+$/.test(image)) throw new Error(`the fake cloud boots debian-13 only, not ${image}`);
  throw new Error(`resolving image name '${image}': Could not find image or family ${image}`);
}

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
