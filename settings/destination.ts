import { relative } from "node:path";
import { checkout } from "./checkout.ts";
import { format } from "./issues.ts";
import { localPath, realPath, whatIsWrongWithPath } from "./jupyter/notebooks.ts";
import { Sensitive } from "./sensitive.ts";
import { DATA, ROOT } from "./target/folders.ts";
import { setPrivateKey } from "./target/ssh.ts";

/** A folder on the machine of the site. */
export interface BackupFolder {
  kind: "folder";
  /** Absolute; absent: the layout's, with target local. */
  folder?: string;
}

/** A machine reached by SFTP. */
export interface BackupSftp {
  kind: "sftp";
  /** As restic takes it: `sftp:ann@nas.lan:/backups`, or `sftp://ann@nas.lan:2222//backups` with a port. */
  url: string;
  privateKey: Sensitive<string>;
  /** The machine's public host key, `ssh-ed25519 AAAA...`. */
  hostKey: string;
}

/** A bucket at Amazon, or at any service with its interface. */
export interface BackupS3 {
  kind: "s3";
  /** As restic takes it: `s3:https://s3.eu-central-1.amazonaws.com/bucket/folder`. */
  url: string;
  accessKey: string;
  secretKey: Sensitive<string>;
}

/** A bucket at Google. */
export interface BackupGs {
  kind: "gs";
  /** As restic takes it: `gs:bucket:/folder`. */
  url: string;
  /** The key of a service account, JSON. */
  credentials: Sensitive<string>;
}

/** A bucket at Google that the stack creates for its backups, with target gcp. */
export interface BackupBucket {
  kind: "bucket";
}

/** A place for backups. */
export type Destination = BackupFolder | BackupSftp | BackupS3 | BackupGs | BackupBucket;

/** The settings that decide the destination. */
export interface GivenDestination {
  to?: string | undefined;
  privateKey?: string | undefined;
  hostKey?: string | undefined;
  accessKey?: string | undefined;
  secretKey?: string | undefined;
  credentials?: string | undefined;
}

/** The value of `to` for no backup. */
export const NONE = "none";
/** The value of `to` for a bucket of the stack's own. */
export const BUCKET = "bucket";
/** Folder of the backups of all stacks, if the settings name none and the site is on this machine. */
export const defaultFolder = () => localPath("~/jupyter-up-backup");

export const SET_TO = "pulumi config set --path backup.to /mnt/backup/jupyter-up";

/** Places elsewhere: what their URLs look like, and the settings that each needs, with the commands that set them. */
export const ELSEWHERE = {
  sftp: {
    form: /^sftp:([a-z_][\w.-]*@[a-z\d][\w.-]*:\/?[\w./@+-]+|\/\/[a-z_][\w.-]*@[a-z\d][\w.-]*(:\d{1,5})?\/\/?[\w./@+-]+)$/i,
    example: "sftp:ann@nas.lan:/backups/jupyter-up",
    needs: {
      privateKey: setPrivateKey("backup"),
      hostKey: `pulumi config set --path backup.hostKey "ssh-ed25519 AAAA..."`,
    },
  },
  s3: {
    // Amazon's rule for buckets: 3 characters or more. With less, restic tries for 15 minutes.
    form: /^s3:(https?:\/\/)?[a-z\d][\w.-]*(:\d{1,5})?\/[\w.-]{3,63}(\/[\w./-]*)?$/i,
    example: "s3:https://s3.eu-central-1.amazonaws.com/my-bucket/jupyter-up",
    needs: {
      accessKey: "pulumi config set --path backup.accessKey AKIA...",
      secretKey: "pulumi config set --secret --path backup.secretKey",
    },
  },
  gs: {
    form: /^gs:[a-z\d][\w.-]{1,220}:\/[\w./-]*$/,
    example: "gs:my-bucket:/jupyter-up",
    needs: { credentials: "cat key.json | pulumi config set --secret --path backup.credentials" },
  },
} satisfies Record<string, { form: RegExp; example: string; needs: Partial<Record<keyof GivenDestination, string>> }>;

type Elsewhere = keyof typeof ELSEWHERE;

const schemeOf = (to: string) => /^([a-z][a-z0-9+.-]*):/i.exec(to)?.[1];
const isElsewhere = (scheme: string | undefined): scheme is Elsewhere => scheme !== undefined && scheme in ELSEWHERE;

/** Names of the settings that a destination needs besides `to`: `privateKey`. */
export function neededBy(to: string): string[] {
  const scheme = schemeOf(to);
  return isElsewhere(scheme) ? Object.keys(ELSEWHERE[scheme].needs) : [];
}

/** What is wrong with the destination alone. Whether a folder is a good place depends on the target. */
export function whatIsWrongWithTo(to: string): string | undefined {
  const scheme = schemeOf(to);
  if (to === NONE || to === BUCKET) return undefined;
  if (isElsewhere(scheme))
    return ELSEWHERE[scheme].form.test(to) ? undefined : `is not of the form ${ELSEWHERE[scheme].example}`;
  if (scheme)
    return `is no supported destination: use a folder, ${Object.keys(ELSEWHERE).join(":, ")}:, ${BUCKET} (target gcp) or none`;
  if (to !== "" && !/^[/~]/.test(to)) return "is no full path; it has to start with / or ~";
  return whatIsWrongWithPath(to, "would fill a folder that has other things; name a separate folder");
}

/** The destination in the settings, which passed the rules; undefined if there is none. */
export function destinationOf(given: GivenDestination, target: string): Destination | undefined {
  const { to } = given;
  if (to === NONE) return undefined;
  if (to === undefined) return target === "local" ? { kind: "folder" } : undefined;
  if (to === BUCKET) return { kind: BUCKET };
  const { privateKey = "", hostKey = "", accessKey = "", secretKey = "", credentials = "" } = given;
  switch (schemeOf(to)) {
    case "sftp":
      return { kind: "sftp", url: to, privateKey: new Sensitive(privateKey), hostKey };
    case "s3":
      return { kind: "s3", url: to, accessKey, secretKey: new Sensitive(secretKey) };
    case "gs":
      return { kind: "gs", url: to, credentials: new Sensitive(credentials) };
    default:
      return { kind: "folder", folder: target === "local" ? localPath(to) : to };
  }
}

/** One wrong setting: its name, a sentence, and the command that fixes it. */
type Wrong = [setting: string, sentence: string, fix: string];

/** What a destination lacks, and whether it would be lost together with the work. */
export function whatIsWrongWithDestination(given: GivenDestination, target: string, notebooks: string): Wrong[] {
  const { to } = given;
  if (to === NONE || (to !== undefined && whatIsWrongWithTo(to))) return [];
  if (to === undefined && target !== "local") return [["to", "the destination is missing.", SET_TO]];
  if (to === BUCKET && target === "gcp") return [];
  if (to === BUCKET) return [["to", `a ${BUCKET} of its own needs target gcp.`, SET_TO]];
  const scheme = schemeOf(to ?? "");
  if (isElsewhere(scheme))
    return Object.entries(ELSEWHERE[scheme].needs).flatMap(([setting, fix]): Wrong[] =>
      given[setting as keyof GivenDestination] === undefined
        ? [[setting, `a destination with ${scheme}: needs it, and it is missing.`, fix]]
        : [],
    );
  const wrong = target === "local" ? lostHere(to ?? defaultFolder(), notebooks) : lostThere(to ?? "");
  return wrong ? [wrong] : [];
}

function lostThere(folder: string): Wrong | undefined {
  if (folder.startsWith("~")) return ["to", `${format(folder)} is no full path on that machine.`, SET_TO];
  const own = [DATA, ROOT].find((each) => overlap(folder, each));
  return own === undefined
    ? undefined
    : ["to", `${format(folder)} ${overlap(folder, own)} ${own}, which is backed up.`, SET_TO];
}

function lostHere(folder: string, notebooks: string): Wrong | undefined {
  const place = realPath(localPath(folder));
  const own: [folder: string, what: string][] = [
    [realPath(checkout), "this checkout"],
    [realPath(localPath(notebooks)), "the notebooks folder, which is backed up"],
  ];
  const [around, what] = own.find(([each]) => overlap(place, each)) ?? [];
  const fix = "pulumi config set --path backup.to ~/jupyter-up-backup";
  return around === undefined ? undefined : ["to", `${format(folder)} ${overlap(place, around)} ${what}.`, fix];
}

/** How one folder is part of another one: what the first one does. */
function overlap(folder: string, other: string): "is inside" | "contains" | undefined {
  if (isIn(folder, other)) return "is inside";
  return isIn(other, folder) ? "contains" : undefined;
}

const isIn = (inner: string, outer: string) => !/^\.\.(\/|$)/.test(relative(outer, inner));
