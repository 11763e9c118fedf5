import { regionOf } from "./machine.ts";
import type { Settings } from "./schema.ts";

/**
 * What the VM costs a month beyond Google's free tier, in US dollars. List prices of us-central1, as public price tables quote
 * them of cloud.google.com/compute/all-pricing (read in November 2026; some of them years old); what is
 * free, as users' bills of July 2026 show it. Other regions are dearer. They tell cheap from dear, and are no bill.
 */

const FREE_REGIONS = ["us-west1", "us-central1", "us-east1"];
const FREE_TYPE = "e2-micro";
const FREE_GB = 30;
const DOLLARS_PER_GB = 0.04;
/** The small types, which a site like this is likely to have. */
const DOLLARS_A_MONTH: Record<string, number> = { "e2-micro": 6, "e2-small": 12, "e2-medium": 24, "e2-standard-2": 49 };

/** A setting that makes the plan cost something, and what would make it free again. */
export interface Cost {
  setting: "zone" | "machineType" | "bootDiskGb" | "dataDiskGb";
  /** About how many dollars a month; undefined where no price is known here. */
  dollars: number | undefined;
  why: string;
  mend: string;
}

/** Nothing on the free tier, and nothing where no VM is made. */
export function costsOf({ target, zone, machineType, bootDiskGb, dataDiskGb }: Settings): Cost[] {
  if (target !== "gcp") return [];
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
  const room = FREE_GB - (isData ? bootDiskGb : dataDiskGb);
  return [
    ...costs,
    {
      setting: isData ? "dataDiskGb" : "bootDiskGb",
      dollars: priceOf(beyond),
      why: `the disks have ${bootDiskGb + dataDiskGb} GB together, and ${FREE_GB} are free`,
      mend:
        room >= 10
          ? `pulumi config set ${isData ? "dataDiskGb" : "bootDiskGb"} ${room}`
          : "pulumi config set bootDiskGb 10 && pulumi config set dataDiskGb 20",
    },
  ];
}

const freeOf = (gigabytes: number) => Math.min(gigabytes, FREE_GB);
const priceOf = (gigabytes: number) => gigabytes * DOLLARS_PER_GB;

/** What the settings cannot know. */
const BESIDES =
  "Not counted: traffic beyond 200 GB a month, snapshots of the data disk beyond 5 GB, and the static address (about $4 a month, where Google does not waive it for the free VM).";

/** One paragraph for the user. A disk cannot shrink, so the words say what to ask for before there is one. */
export function costReport(costs: Cost[]): string {
  if (costs.length === 0) return `This plan stays within Google's free tier. ${BESIDES}`;
  const known = costs.reduce((sum, { dollars = 0 }) => sum + dollars, 0);
  const more = costs.some(({ dollars }) => dollars === undefined)
    ? ", and the VM itself, whose price is not known here,"
    : "";
  const lines = costs.map(
    ({ setting, dollars, why, mend }) =>
      `  ${setting}: ${why} (${dollars === undefined ? "" : "about "}${amount(dollars)}). Free again by: ${mend}`,
  );
  return [`This plan costs about ${amount(known)}${more} beyond Google's free tier:`, ...lines, BESIDES].join("\n");
}

const amount = (dollars: number | undefined) =>
  dollars === undefined
    ? "see https://cloud.google.com/products/calculator"
    : `$${dollars < 1 ? dollars.toFixed(2) : Math.round(dollars)} a month`;
