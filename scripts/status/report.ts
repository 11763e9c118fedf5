import { z } from "zod";

/**
 * The status of a site, as `site-apply status` prints it. files/host/site_apply/status/report.py explains each part. A golden file
 * (tests/unit/scripts/status.golden.json) keeps both sides in step.
 */
export const REPORT_VERSION = 1;

/** UTC, `2026-11-28T07:15:00Z`; empty if unknown. */
const time = z.string().regex(/^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)?$/);
const count = z.int().nonnegative();

export const report = z.strictObject({
  version: z.literal(REPORT_VERSION),
  at: time,
  site: z.string(),
  url: z.string(),
  release: z.strictObject({ id: z.string(), since: time }),
  moving: z.string(),
  services: z.array(
    z.strictObject({ name: z.string(), state: z.string(), health: z.string(), restarts: count, since: time }),
  ),
  disks: z.array(
    z.strictObject({
      folder: z.string(),
      percent: count,
      free_mib: count,
      files_percent: count,
      is_nearly_full: z.boolean(),
    }),
  ),
  memory: z.strictObject({ total_mib: count, available_mib: count }).nullable(),
  activity: z
    .strictObject({
      kernels: z.array(z.strictObject({ person: z.string(), busy: z.boolean(), since: time })),
      terminals: z.int(),
      busy_terminals: z.int(),
      memory_mib: z.int(),
      limit_mib: z.int(),
    })
    .nullable(),
  certificate: z.strictObject({ expires: time, days: z.int(), renews: z.boolean() }).nullable(),
  work: z.strictObject({ history: time, backup: time, restored: time, destination: z.string() }),
  parts: z.array(
    z.strictObject({
      image: z.string(),
      version: z.string(),
      built: z.string(),
      days: count,
      holes: z.array(z.string()),
      fix: z.string(),
    }),
  ),
  reboot: z.array(z.string()),
  reboots: z
    .strictObject({ at: z.string(), needed: time, waits: z.string(), last: time, checked: time, problem: z.string() })
    .nullable(),
  cloudflare_ranges: z.array(z.string()),
  changes: z
    .array(z.strictObject({ kind: z.string(), name: z.string(), what: z.string(), fix: z.string() }))
    .nullable(),
  concerns: z.array(z.strictObject({ about: z.string(), what: z.string(), fix: z.string() })),
});

export type Report = z.infer<typeof report>;
export type Concern = Report["concerns"][number];
