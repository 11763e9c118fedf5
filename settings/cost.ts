import { type Gcp, regionOf } from "./target/gcp.ts";

/**
 * What the VM costs a month beyond Google's free tier, in US dollars. List prices of us-central1, as public price tables quote
 * them of cloud.google.com/compute/all-pricing (read in November 2026; some of them years old); what is
 * free, as users' bills of July 2026 show it. Other regions are dearer. They tell cheap from dear, and are no bill.
 */

const FREE_REGIONS = ["us-west1", "us-central1", "us-east1"];
const FREE_TYPE = "e2-micro";
const FREE_GB = 30;
const DOLLARS_PER_GB = 0.04;
const SMALLEST_GB = 10;
/** The small types, which a site like this is likely to have. */
const DOLLARS_A_MONTH: Record<string, number> = { "e2-micro": 6, "e2-small": 12, "e2-medium": 24, "e2-standard-2": 49 };

/** A setting that makes the plan cost something, and what would make it free again. */
export interface Cost {
  setting: "zone" | "machineType" | "bootDiskGb" | "dataDiskGb";
  /** About how many dollars a month; undefined where no price is known here. */
  dollars: number | undefined;
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
  const isFreeRegion = FREE_REGIONS.includes(region);
  const costs: Cost[] = [];
  if (machineType !== FREE_TYPE)
    costs.push({
      setting: "machineType",
      dollars: DOLLARS_A_MONTH[machineType],
      why: `of all machine types only ${FREE_TYPE} is free`,
      mend: `pulumi config set machineType ${FREE_TYPE}`,
    });
  if (!isFreeRegion)
    costs.push({
      setting: "zone",
      // The VM's own price is told where its type is.
      dollars:
        (machineType === FREE_TYPE ? (DOLLARS_A_MONTH[FREE_TYPE] ?? 0) : 0) + priceOf(freeOf(bootDiskGb + dataDiskGb)),
      why: `in ${region} nothing is free, as it is in ${FREE_REGIONS.join(", ")}`,
      mend: "pulumi config set zone us-central1-a",
    });
  const beyond = bootDiskGb + dataDiskGb - FREE_GB;
  if (beyond <= 0) return costs;
  // The smaller disk is the other one's business: the larger is where there is room to save.
  const isData = dataDiskGb >= bootDiskGb;
  return [
    ...costs,
    {
      setting: isData ? "dataDiskGb" : "bootDiskGb",
      dollars: priceOf(beyond),
      why: `the disks have ${bootDiskGb + dataDiskGb} GB together, and ${FREE_GB} are free`,
      mend: smallerDisks({ bootDiskGb, dataDiskGb }, made),
    },
  ];
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

const freeOf = (gigabytes: number) => Math.min(gigabytes, FREE_GB);
const priceOf = (gigabytes: number) => gigabytes * DOLLARS_PER_GB;

/**
 * What the settings cannot know, or know in part. Newer copies of Google's text of the free tier list no snapshots. One GB of
 * them in one region is $0.05 a month; a site with its images has 2 to 3 GB, and more after each change of an image.
 */
const besides = ({ dataDiskGb }: Pick<Gcp, "dataDiskGb">) =>
  `Not counted: ${dataDiskGb > 0 ? "the daily snapshots of the data disk (some cents to half a dollar a month), " : ""}traffic beyond 200 GB a month, and the static address (about $4 a month, where Google does not waive it for the free VM).`;

/** One paragraph for the user. */
export function costReport(costs: Cost[], settings: Pick<Gcp, "dataDiskGb">): string {
  if (costs.length === 0) return `The VM and its disks stay within Google's free tier. ${besides(settings)}`;
  const known = costs.reduce((sum, { dollars = 0 }) => sum + dollars, 0);
  const more = costs.some(({ dollars }) => dollars === undefined)
    ? ", and the VM itself, whose price is not known here,"
    : "";
  const lines = costs.map(
    ({ setting, dollars, why, mend }) =>
      `  ${setting}: ${why} (${dollars === undefined ? "" : "about "}${amount(dollars)}). ${mend ? `Free again by: ${mend}` : "They are there already, and do not shrink."}`,
  );
  return [`This plan costs about ${amount(known)}${more} beyond Google's free tier:`, ...lines, besides(settings)].join(
    "\n",
  );
}

const amount = (dollars: number | undefined) =>
  dollars === undefined
    ? "see https://cloud.google.com/products/calculator"
    : `$${dollars < 1 ? dollars.toFixed(2) : Math.round(dollars)} a month`;
