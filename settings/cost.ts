import { type Gcp, regionOf } from "./target/gcp.ts";

/**
 * Reports which settings leave Google Cloud's free tier (https://cloud.google.com/free/docs/free-cloud-features#compute),
 * and how to get back to it. It names no prices: they differ by region, and change.
 */

const FREE_REGIONS = ["us-west1", "us-central1", "us-east1"];
const FREE_TYPE = "e2-micro";
const FREE_GB = 30;
const SMALLEST_GB = 10;

const CALCULATOR = "https://cloud.google.com/products/calculator";
/** Prices of disks, snapshots, static addresses and traffic. */
const PRICES = "https://cloud.google.com/compute/all-pricing";

/** A setting that causes costs. */
export interface Cost {
  setting: "zone" | "machineType" | "bootDiskGb" | "dataDiskGb";
  why: string;
  /** The command that avoids the costs; undefined if there is none. */
  fix: string | undefined;
}

/** Sizes in GB of the existing disks, which cannot shrink; 0 for a missing one. */
export interface DisksMade {
  bootGb: number;
  dataGb: number;
}

/** The settings that cause costs on Google Cloud. */
export function costsOf(
  { zone, machineType, bootDiskGb, dataDiskGb }: Pick<Gcp, "zone" | "machineType" | "bootDiskGb" | "dataDiskGb">,
  made: DisksMade = { bootGb: 0, dataGb: 0 },
): Cost[] {
  const region = regionOf(zone);
  const costs: Cost[] = [];
  if (machineType !== FREE_TYPE)
    costs.push({
      setting: "machineType",
      why: `the only free machine type is ${FREE_TYPE}`,
      fix: `pulumi config set machineType ${FREE_TYPE}`,
    });
  if (!FREE_REGIONS.includes(region))
    costs.push({
      setting: "zone",
      why: `${region} has no free tier; ${FREE_REGIONS.join(", ")} have one`,
      fix: "pulumi config set zone us-central1-a",
    });
  if (bootDiskGb + dataDiskGb > FREE_GB)
    costs.push({
      // The larger disk is the one that can be made smaller.
      setting: dataDiskGb >= bootDiskGb ? "dataDiskGb" : "bootDiskGb",
      why: `the disks have ${bootDiskGb + dataDiskGb} GB in total; ${FREE_GB} GB are free`,
      fix: smallerDisks({ bootDiskGb, dataDiskGb }, made),
    });
  return costs;
}

/**
 * The command that fits the disks into the free tier. It changes one setting if that is enough. Undefined if existing
 * disks would have to shrink.
 */
function smallerDisks(
  { bootDiskGb, dataDiskGb }: Pick<Gcp, "bootDiskGb" | "dataDiskGb">,
  { bootGb, dataGb }: DisksMade,
): string | undefined {
  const least = { bootDiskGb: Math.max(bootGb, SMALLEST_GB), dataDiskGb: dataDiskGb && Math.max(dataGb, SMALLEST_GB) };
  const set = (key: keyof typeof least, gb: number) => `pulumi config set ${key} ${gb}`;
  const data = FREE_GB - bootDiskGb;
  const boot = FREE_GB - dataDiskGb;
  if (dataDiskGb >= bootDiskGb && data >= least.dataDiskGb) return set("dataDiskGb", data);
  if (dataDiskGb < bootDiskGb && boot >= least.bootDiskGb) return set("bootDiskGb", boot);
  if (least.bootDiskGb + least.dataDiskGb > FREE_GB) return undefined;
  return `${set("bootDiskGb", least.bootDiskGb)} && ${set("dataDiskGb", FREE_GB - least.bootDiskGb)}`;
}

/** What causes costs that depend on its use. */
export interface Extras {
  /** Whether the data disk has daily snapshots. */
  snapshots: boolean;
  /** Whether the backup has a bucket of its own. */
  bucket: boolean;
}

/** Costs that do not depend on the settings alone. */
const besides = ({ snapshots, bucket }: Extras) =>
  `Google also charges for ${snapshots ? "the daily snapshots of the data disk, which hold its images (to stop them: pulumi config set dailySnapshots false), " : ""}${bucket ? "the bucket of the backup above 5 GB and 5,000 requests per month (backup.to), " : ""}traffic above 200 GB per month and, unless it waives the fee for the free VM, the static address. Prices: ${PRICES}`;

/** The report for the user: one paragraph. */
export function costReport(costs: Cost[], extras: Extras): string {
  if (costs.length === 0) return `The VM and its disks stay within Google's free tier. ${besides(extras)}`;
  const lines = costs.map(
    ({ setting, why, fix }) =>
      `  ${setting}: ${why}. ${fix ? `To avoid the costs: ${fix}` : "They exist already and cannot shrink."}`,
  );
  return [`This plan exceeds Google's free tier. To estimate the costs: ${CALCULATOR}`, ...lines, besides(extras)].join(
    "\n",
  );
}
