import { homedir } from "node:os";
import { relative, resolve } from "node:path";
import { z } from "zod";
import { checkout } from "./checkout.ts";
import { days, notAnObject } from "./history.ts";
import { format, kindOf, text, whatIsWrongWithText, withFix } from "./issues.ts";
import { realPath, whatIsWrongWithPath } from "./jupyter/notebooks.ts";
import type { Sensitive } from "./sensitive.ts";
import { DATA, ROOT } from "./target/folders.ts";

/** Where the backup is. */
export interface BackupFolder {
  kind: "folder";
  /** Absolute folder on the machine of the site; absent: the layout's, with target local. */
  folder?: string;
}

/** A place for backups, by its kind. */
export type Destination = BackupFolder;

/** The encrypted copies of the work elsewhere; false: none are made. */
export type Backup =
  | {
      to: Destination;
      /** For how many days one snapshot an hour, one a day and one a month is kept. */
      keep: { hourly: number; daily: number; monthly: number };
      /** The user's own key; absent: the stack generates one. */
      key?: Sensitive<string>;
    }
  | false;

/** The value of `to` for no backup. */
const NONE = "none";
/** Folder of the backups of all stacks, if the settings name none and the site is on this machine. */
export const defaultFolder = () => localPath("~/jupyter-up-backup");

export const SET_BACKUP_KEY = "pulumi config set --secret --path backup.key";
const SET_FOLDER = "pulumi config set --path backup.to /mnt/backup/jupyter-up";
/** restic derives the key of the encryption from this text, so a short one can be guessed. */
const SHORTEST_KEY = 16;

/** The destination alone. Whether the folder is a good place depends on the target: whatIsWrongWithDestination. */
function whatIsWrongWithTo(to: string): string | undefined {
  if (to === NONE) return undefined;
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(to)?.[1];
  if (scheme) return `is no supported destination: there are folders, and no ${scheme}: yet`;
  if (to !== "" && !/^[/~]/.test(to)) return "is no full path; it has to start with / or ~";
  return whatIsWrongWithPath(to, "would fill a folder that has other things; name a separate folder");
}

const to = text("a folder, or none", SET_FOLDER).superRefine((given, context) => {
  const wrong = whatIsWrongWithTo(given);
  if (wrong) context.addIssue({ code: "custom", message: withFix(`${format(given)} ${wrong}.`, SET_FOLDER) });
});

const key = z
  .string({
    error: ({ input }) => withFix(`expected a text, found ${kindOf(input)}. Set it as a secret:`, SET_BACKUP_KEY),
  })
  .superRefine((given, context) => {
    const wrong =
      whatIsWrongWithText(given) ??
      (/\p{Cc}/u.test(given) ? "has a line break or another control character in it" : undefined) ??
      (given.length < SHORTEST_KEY ? `is shorter than ${SHORTEST_KEY} characters` : undefined);
    if (wrong) context.addIssue({ code: "custom", message: withFix(`the key ${wrong}.`, SET_BACKUP_KEY) });
  });

/** Where the backup is made, for how long it is kept, and its key. */
export const backup = z.strictObject(
  {
    /** A folder, or `none`. Absent: a folder in the home directory, for a site on this machine. */
    to: to.optional(),
    keep: z
      .strictObject({ hourly: days(2), daily: days(30), monthly: days(365) }, notAnObject("backup"))
      .default({ hourly: 2, daily: 30, monthly: 365 }),
    /** Secret. */
    key: key.optional(),
  },
  // A text may be JSON with an error in it, and has the key.
  notAnObject("backup", kindOf),
);

/** The destination in the settings; undefined if there is none. */
export function destinationOf(to: string | undefined, target: string): Destination | undefined {
  if (to === NONE) return undefined;
  if (to !== undefined) return { kind: "folder", folder: target === "local" ? localPath(to) : to };
  return target === "local" ? { kind: "folder" } : undefined;
}

/** Why a destination is lost together with the work, and the command that fixes it. */
export function whatIsWrongWithDestination(
  to: string | undefined,
  target: string,
  notebooks: string,
): [sentence: string, fix: string] | undefined {
  if (to === NONE || (to !== undefined && whatIsWrongWithTo(to))) return undefined;
  if (!destinationOf(to, target)) return ["the destination is missing.", SET_FOLDER];
  const folder = to ?? defaultFolder();
  if (target !== "local") {
    if (folder.startsWith("~")) return [`${format(folder)} is no full path on that machine.`, SET_FOLDER];
    const around = [DATA, ROOT].find((own) => overlap(folder, own));
    return around
      ? [`${format(folder)} ${overlap(folder, around)} ${around}, which is backed up.`, SET_FOLDER]
      : undefined;
  }
  const place = realPath(localPath(folder));
  const own: [folder: string, what: string][] = [
    [realPath(checkout), "this checkout"],
    [realPath(localPath(notebooks)), "the notebooks folder, which is backed up"],
  ];
  const [around, what] = own.find(([each]) => overlap(place, each)) ?? [];
  return around
    ? [`${format(folder)} ${overlap(place, around)} ${what}.`, "pulumi config set --path backup.to ~/jupyter-up-backup"]
    : undefined;
}

/** How one folder is part of another one: what the first one does. */
function overlap(folder: string, other: string): "is inside" | "contains" | undefined {
  if (isIn(folder, other)) return "is inside";
  return isIn(other, folder) ? "contains" : undefined;
}

const isIn = (inner: string, outer: string) => !/^\.\.(\/|$)/.test(relative(outer, inner));

/** A folder of this machine: absolute, below `~`, or relative to the checkout. */
const localPath = (folder: string) => resolve(checkout, folder.replace(/^~(?=\/|$)/, homedir()));
