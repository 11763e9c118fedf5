import type { Metadata } from "../../../cloud/metadata/tree.ts";
import { deviceOf } from "./attachments.ts";
import type { InstanceInputs, NetworkInterface } from "./instanceTypes.ts";
import type { Site } from "./kind.ts";
import { lastPart } from "./scope.ts";

/** What an instance's metadata server answers. */
export function instanceMetadata(
  { name, place, inputs }: Site<InstanceInputs>,
  { instanceId, interfaces }: { instanceId: string; interfaces: NetworkInterface[] },
): Metadata {
  const number = "123456789012";
  const startup = inputs.metadataStartupScript;
  return {
    instance: {
      attributes: { ...inputs.metadata, ...(startup === undefined ? {} : { "startup-script": startup }) },
      "cpu-platform": "Intel Broadwell",
      description: inputs.description ?? "",
      disks: numbered(
        ["boot", ...(inputs.attachedDisks ?? [])].map((disk, index) => ({
          "device-name":
            typeof disk === "string" ? (inputs.bootDisk.deviceName ?? "persistent-disk-0") : deviceOf(disk, index - 1),
          index: String(index),
          interface: "SCSI",
          mode: typeof disk === "string" ? "READ_WRITE" : (disk.mode ?? "READ_WRITE"),
          type: "PERSISTENT-BALANCED",
        })),
      ),
      hostname: inputs.hostname ?? `${name}.${place.zone}.c.${place.project}.internal`,
      id: instanceId,
      image: `projects/debian-cloud/global/images/${lastPart(inputs.bootDisk.initializeParams?.image ?? "")}`,
      "machine-type": `projects/${number}/machineTypes/${lastPart(inputs.machineType)}`,
      name,
      "network-interfaces": numbered(interfaces.map(interfaceMetadata)),
      "service-accounts": serviceAccounts(inputs),
      tags: JSON.stringify(inputs.tags ?? []),
      zone: `projects/${number}/zones/${place.zone}`,
    },
    project: { attributes: {}, "numeric-project-id": number, "project-id": place.project },
  };
}

function numbered(items: Metadata[]): Metadata {
  return Object.fromEntries(items.entries());
}

function interfaceMetadata({ accessConfigs = [], networkIp = "" }: NetworkInterface): Metadata {
  return {
    "access-configs": numbered(
      accessConfigs.map(({ natIp = "" }) => ({ "external-ip": natIp, type: "ONE_TO_ONE_NAT" })),
    ),
    gateway: networkIp.replace(/\d+$/, "1"),
    ip: networkIp,
    subnetmask: "255.255.255.0",
  };
}

/** A token without any access, so that a test can search for readers of it. */
function serviceAccounts({ serviceAccount }: InstanceInputs): Metadata {
  if (serviceAccount === undefined) return {};
  const email = serviceAccount.email ?? "123456789012-compute@developer.gserviceaccount.com";
  const account = {
    aliases: "default\n",
    email,
    scopes: serviceAccount.scopes.map((scope) => `${scope}\n`).join(""),
    token: JSON.stringify({ access_token: "ya29.fake", expires_in: 3599, token_type: "Bearer" }),
  };
  return { default: account, [email]: account };
}
