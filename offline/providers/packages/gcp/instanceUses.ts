import type { Cloud } from "../../../cloud/folder.ts";
import { listRecords, readRecord } from "../../../cloud/records.ts";
import { addressType, type NetworkTier } from "./address.ts";
import { inUse, invalid, notFound } from "./apiErrors.ts";
import { diskPath, instanceType } from "./attachments.ts";
import type { AccessConfig, InstanceInputs, NetworkInterface } from "./instanceTypes.ts";
import type { Site } from "./kind.ts";
import { lastPart, type Place, pathOfPlace, referredPath } from "./scope.ts";

/** What an instance uses: its network and subnetwork, its address, its disks, its service account. */
export async function instanceUses(inputs: InstanceInputs, place: Place, cloud: Cloud): Promise<string[]> {
  const interfaces = await Promise.all(
    inputs.networkInterfaces.map(async (networkInterface) => [
      ...(await networksOf(networkInterface, place, cloud)),
      ...(await addressesOf(networkInterface.accessConfigs ?? [], place, cloud)),
    ]),
  );
  const disks = (inputs.attachedDisks ?? []).map((disk) => diskPath(disk, place));
  return [...interfaces.flat(), ...disks, ...serviceAccountOf(inputs, place)];
}

const regionOf = ({ project, zone = "" }: Place): Place => ({ project, region: zone.replace(/-[a-z]$/, "") });

async function networksOf({ network, subnetwork }: NetworkInterface, place: Place, cloud: Cloud): Promise<string[]> {
  if (subnetwork === undefined) return [referredPath(network ?? "", "networks", place, "global")];
  const path = referredPath(subnetwork, "subnetworks", regionOf(place), "region");
  if (!path.startsWith(pathOfPlace(regionOf(place), "region"))) {
    throw new Error(
      invalid(
        `Invalid value for field 'resource.networkInterfaces[0].subnetwork': '${path}'. Subnetwork must be in the same region as the instance.`,
      ),
    );
  }
  const record = await readRecord(cloud, path);
  if (record === undefined) throw new Error(notFound(path));
  return [path, ...record.uses];
}

/** The static addresses among those of an interface. */
async function addressesOf(configs: AccessConfig[], place: Place, cloud: Cloud): Promise<string[]> {
  const addresses = await listRecords<{ address: string; networkTier: NetworkTier }>(cloud, addressType);
  return configs.flatMap(({ natIp, networkTier = "PREMIUM" }) => {
    if (natIp === undefined) return [];
    const field = `Invalid value for field 'resource.networkInterfaces[0].accessConfigs[0]`;
    const address = addresses.find(({ properties }) => properties.address === natIp);
    const { region } = regionOf(place);
    if (address === undefined || !address.path.includes(`/regions/${region}/`)) {
      throw new Error(
        invalid(
          `${field}.natIP': '${natIp}'. The specified external IP address '${natIp}' was not found in region '${region}'.`,
        ),
      );
    }
    if (address.properties.networkTier !== networkTier) {
      throw new Error(
        invalid(
          `${field}.networkTier': '${networkTier}'. The network tier of external IP address is ${address.properties.networkTier}, that of Address must be the same.`,
        ),
      );
    }
    return [address.path];
  });
}

/** Google's own accounts (`123-compute@developer.gserviceaccount.com`) always exist. */
function serviceAccountOf({ serviceAccount }: InstanceInputs, { project }: Place): string[] {
  const { email = "" } = serviceAccount ?? {};
  return email.endsWith(".iam.gserviceaccount.com") ? [`projects/${project}/serviceAccounts/${email}`] : [];
}

/** Refuses a disk or an address that another instance uses. */
export async function refuseUsed({ cloud, path, place, inputs }: Site<InstanceInputs>): Promise<void> {
  const others = (await listRecords(cloud, instanceType)).filter((record) => record.path !== path);
  for (const used of await instanceUses(inputs, place, cloud)) {
    const user = others.find(({ uses }) => uses.includes(used));
    if (user === undefined) continue;
    if (used.includes("/disks/")) throw new Error(inUse("disk", used, user.path));
    if (used.includes("/addresses/")) {
      const natIp = inputs.networkInterfaces[0]?.accessConfigs?.[0]?.natIp;
      throw new Error(
        invalid(
          `Invalid value for field 'resource.networkInterfaces[0].accessConfigs[0].natIP': '${natIp}'. External IP address: ${natIp} is already in-use by ${lastPart(user.path)}.`,
        ),
      );
    }
  }
}
