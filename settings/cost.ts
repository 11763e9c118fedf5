import { type Gcp, regionOf } from "./target/gcp.ts";

/**
 * What of a plan for Google Cloud is not on its free tier (https://cloud.google.com/free/docs/free-cloud-features#compute),
 * which setting is the reason, and what makes it free. There are no prices here: they differ by region, and change.
 */

const FREE_REGIONS = ["us-west1", "us-central1", "us-east1"];
const FREE_TYPE = "e2-micro";
const FREE_GB = 30;
const SMALLEST_GB = 10;

const CALCULATOR = "https://cloud.google.com/products/calculator";
/** Disks, their snapshots, static addresses and traffic. */
const PRICES = "https://cloud.google.com/compute/all-pricing";

/** A setting that makes the plan cost something, and what would make it free again. */
export interface Cost {
  setting: "zone" | "machineType" | "bootDiskGb" | "dataDiskGb";
  why: string;
  /** The command that makes it free again; undefined where none does. */
  mend: string | undefined;
}

/** Sizes in GB of the disks that are there already, which do not shrink; 0 for one that is not. */
export interface DisksMade {
  bootGb: number;
  dataGb: number;
}

/** What of a plan for Google Cloud is not on the free tier. */
export function costsOf(
  { zone, machineType, bootDiskGb, dataDiskGb }: Pick<Gcp, "zone" | "machineType" | "bootDiskGb" | "dataDiskGb">,
  made: DisksMade = { bootGb: 0, dataGb: 0 },
): Cost[] {
  const region = regionOf(zone);
  const costs: Cost[] = [];
  if (machineType !== FREE_TYPE)
    costs.push({
      setting: "machineType",
      why: `of all machine types only ${FREE_TYPE} is free`,
      mend: `pulumi config set machineType ${FREE_TYPE}`,
    });
  if (!FREE_REGIONS.includes(region))
    costs.push({
      setting: "zone",
      why: `in ${region} nothing is free, as it is in ${FREE_REGIONS.join(", ")}`,
      mend: "pulumi config set zone us-central1-a",
    });
  if (bootDiskGb + dataDiskGb > FREE_GB)
    costs.push({
      // The larger disk is where there is room to save.
      setting: dataDiskGb >= bootDiskGb ? "dataDiskGb" : "bootDiskGb",
      why: `the disks have ${bootDiskGb + dataDiskGb} GB together, and ${FREE_GB} are free`,
      mend: smallerDisks({ bootDiskGb, dataDiskGb }, made),
    });
  return costs;
}

/** The command that makes the disks free again: one setting where that is enough. None where disks would have to shrink. */
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

/** What the settings cannot know, or know in part. */
const besides = ({ dataDiskGb }: Pick<Gcp, "dataDiskGb">) =>
  `Google also charges for ${dataDiskGb > 0 ? "the daily snapshots of the data disk, which hold its images, " : ""}traffic beyond 200 GB a month and, where it does not waive it for the free VM, the static address. Prices: ${PRICES}`;

/** One paragraph for the user. */
export function costReport(costs: Cost[], settings: Pick<Gcp, "dataDiskGb">): string {
  if (costs.length === 0) return `The VM and its disks stay within Google's free tier. ${besides(settings)}`;
  const lines = costs.map(
    ({ setting, why, mend }) =>
      `  ${setting}: ${why}. ${mend ? `Free again by: ${mend}` : "They are there already, and do not shrink."}`,
  );
  return [`This plan is not on Google's free tier. What it costs: ${CALCULATOR}`, ...lines, besides(settings)].join(
    "\n",
  );
}
