import ipaddr from "ipaddr.js";
import { z } from "zod";
import {
  alwaysOnLists,
  digitsAsNumber,
  format,
  optionalText,
  REMOVE_THIS,
  removeFirst,
  repeated,
  setThis,
  text,
  withFix,
  yesOrNo,
} from "../issues.ts";

/** The VM of target gcp. https://cloud.google.com/compute/docs */
export interface Gcp {
  kind: "gcp";
  /** Google Cloud project ID. */
  project: string;
  zone: string;
  machineType: string;
  bootDiskGb: number;
  /** 0: everything is on the boot disk. */
  dataDiskGb: number;
  protectData: boolean;
  /** Whether Google takes a snapshot of the data disk every day; undefined: only if it does so already. */
  dailySnapshots: boolean | undefined;
  /** Whether `npm run boost` can give it a bigger machine type for some hours. */
  boost: boolean;
  /** IPv4 ranges from which SSH is allowed. */
  sshFrom: string[];
}

const PROJECT_EXAMPLE = "pulumi config set project my-project-123456";

/** Google Cloud project ID, `my-project-123456`; needed for target gcp. */
export const project = optionalText("a project ID", PROJECT_EXAMPLE).refine(
  (project) => project === undefined || /^([a-z0-9.-]+:)?[a-z][a-z0-9-]{4,28}[a-z0-9]$/.test(project),
  {
    error: (issue) =>
      withFix(
        `${format(issue.input)} is not a project ID: 6 to 30 lower-case letters, digits and hyphens (gcloud projects list shows yours).`,
        PROJECT_EXAMPLE,
      ),
  },
);

const ZONE_EXAMPLE = "pulumi config set zone us-central1-a";

/** Compute Engine zone. The regions us-west1, us-central1 and us-east1 have the free VM. */
export const zone = text("a zone", ZONE_EXAMPLE)
  .trim()
  .superRefine((zone, context) => {
    if (/^[a-z]+(-[a-z]+)+\d+-[a-z]$/.test(zone)) return;
    const isRegion = /^[a-z]+(-[a-z]+)+\d+$/.test(zone);
    const wrong = isRegion ? "is a region; set one of its zones" : "is not a zone of Compute Engine";
    const fix = isRegion ? `pulumi config set zone ${zone}-b` : ZONE_EXAMPLE;
    context.addIssue({ code: "custom", message: withFix(`${format(zone)} ${wrong}.`, fix) });
  });

/** `us-central1-a` → `us-central1` */
export const regionOf = (zone: string) => zone.replace(/-[a-z]$/, "");

const TYPE_EXAMPLE = "pulumi config set machineType e2-micro";

/**
 * Machine families that support pd-standard disks. Later ones support only Hyperdisk, or pd-balanced and pd-ssd
 * (https://cloud.google.com/compute/docs/machine-resource).
 */
const STANDARD_DISKS = ["e2", "n1", "n2", "n2d", "t2d", "c2", "c2d", "m1", "m2", "a2"];
/** More prefixes of the family n1: shared cores, and `custom-2-8192`. */
const ALSO_N1 = ["f1", "g1", "custom"];

/** Machine type. e2-micro: two shared cores, 1 GB, free in three regions. */
export const machineType = text("a machine type", TYPE_EXAMPLE)
  .trim()
  .refine((type) => /^[a-z][a-z0-9]*(-[a-z0-9]+)+$/.test(type), {
    error: (issue) =>
      withFix(
        `${format(issue.input)} is not a machine type (gcloud compute machine-types list shows them).`,
        TYPE_EXAMPLE,
      ),
    abort: true,
  })
  .refine((type) => !/^(t2a|c4a|n4a|a4x)-/.test(type), {
    error: (issue) => withFix(`${format(issue.input)} has ARM cores, but the VM boots an x86-64 image.`, TYPE_EXAMPLE),
    abort: true,
  })
  .refine((type) => [...STANDARD_DISKS, ...ALSO_N1].includes(type.split("-")[0] ?? ""), {
    error: (issue) =>
      withFix(
        `${format(issue.input)} does not support pd-standard disks, which the VM uses. These families do: ${STANDARD_DISKS.join(", ")}.`,
        TYPE_EXAMPLE,
      ),
  });

/** A disk size in whole GB. */
function gigabytes(key: string, smallest: number, example: number, why: string) {
  const wrong = {
    error: (issue: { input?: unknown }) =>
      withFix(
        `${format(issue.input)} is not a disk size: a whole number of GB, ${why}.`,
        `pulumi config set ${key} ${example}`,
      ),
  };
  return z.preprocess(
    digitsAsNumber,
    z
      .int(wrong)
      .max(65536, wrong)
      .refine((size) => (size === 0 ? smallest === 0 : size >= 10), wrong),
  );
}

/** Size of the boot disk in GB, 10 or more. It grows in place. */
export const bootDiskGb = gigabytes("bootDiskGb", 10, 10, "10 or more");
/**
 * Size of the data disk in GB, for notebooks, databases and Docker images; 0: they are on the boot disk. It grows in
 * place.
 */
export const dataDiskGb = gigabytes("dataDiskGb", 0, 20, "10 or more, or 0 to keep everything on the boot disk");

/** Whether to refuse `pulumi destroy`, and any change that replaces the disk with the user's work. */
export const protectData = yesOrNo("pulumi config set protectData true");

/** Whether Google takes a snapshot of the data disk every day. Empty: only a stack that has them keeps them. */
export const dailySnapshots = z.preprocess(
  (given) => (given === "" ? undefined : given),
  yesOrNo("pulumi config set dailySnapshots true").optional(),
);

/** Whether `npm run boost` can give the VM a bigger machine type for some hours. */
export const boost = yesOrNo("pulumi config set boost true");

const SSH_FROM_EXAMPLE = "pulumi config set --path 'sshFrom[0]' 203.0.113.7/32";

function whatIsWrongWithRange(range: string): string | undefined {
  const [address = "", length] = range.split("/");
  if (!z.ipv4().safeParse(address).success) return "is not an IPv4 range";
  if (length === undefined) return "is an address without a prefix length; write a single address with /32";
  if (!/^\d+$/.test(length) || Number(length) > 32) return "has no prefix length from 8 to 32 after the slash";
  if (Number(length) < 8)
    return "opens SSH to too much of the internet; list the addresses you connect from (curl https://ifconfig.me shows yours)";
  if (range !== wholeRange(address, length))
    return "is an address inside the range; write the range with its first address";
  return undefined;
}

/** The range of this prefix length that contains an address, written with its first address. */
const wholeRange = (address: string, length: string) =>
  `${ipaddr.IPv4.networkAddressFromCIDR(`${address}/${length}`)}/${length}`;

/** The range that the user probably meant. */
function meantRange(range: string): string {
  const [address = "", length = "32"] = range.split("/");
  if (!z.ipv4().safeParse(address).success) return "203.0.113.7/32";
  if (!/^\d+$/.test(length) || Number(length) < 8 || Number(length) > 32) return "203.0.113.7/32";
  return wholeRange(address, length);
}

/** IPv4 ranges from which SSH is allowed, `203.0.113.7/32`. Required for target gcp, because `pulumi up` uses SSH. */
export const sshFrom = z
  .array(
    text("an IPv4 range", setThis("203.0.113.7/32"))
      .trim()
      .superRefine((range, context) => {
        const wrong = whatIsWrongWithRange(range);
        if (!wrong) return;
        context.addIssue({
          code: "custom",
          message: withFix(`${format(range)} ${wrong}.`, setThis(meantRange(range))),
        });
      }),
    {
      error: ({ input }) =>
        withFix(`expected a list of IPv4 ranges, found ${format(input)}.`, removeFirst(input, SSH_FROM_EXAMPLE)),
    },
  )
  .superRefine((ranges, context) => {
    for (const index of repeated(ranges))
      context.addIssue({
        code: "custom",
        path: [index],
        message: withFix(`${format(ranges[index])} is on the list twice.`, REMOVE_THIS),
      });
  }, alwaysOnLists);
