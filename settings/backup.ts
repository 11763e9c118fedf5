import { z } from "zod";
import { BUCKET, type Destination, SET_TO, whatIsWrongWithTo } from "./destination.ts";
import { days, notAnObject } from "./history.ts";
import { format, kindOf, text, whatIsWrongWithText, withFix } from "./issues.ts";
import type { Sensitive } from "./sensitive.ts";
import { sshHostKey, sshPrivateKey } from "./target/ssh.ts";

/** The encrypted copies of the work elsewhere; false: none are made. */
export type Backup =
  | {
      to: Destination;
      /** For how many days one snapshot an hour, one a day and one a month is kept. */
      keep: { hourly: number; daily: number; monthly: number };
      /** The user's own key; absent: the stack generates one. */
      key?: Sensitive<string>;
      /** For a new stack: the Compose project whose work is restored before the site opens, as it was at a time (UTC; empty: the newest). */
      restore?: { from: string; at: string };
    }
  | false;

/** Whether the stack creates a bucket for its backups. */
export const hasOwnBucket = (backup: Backup): boolean => backup !== false && backup.to.kind === BUCKET;

/** The parts of the setting that are secret. */
export const BACKUP_SECRETS = ["key", "privateKey", "secretKey", "credentials"] as const;

/** The command that sets a secret part. Pulumi prompts for the value. */
export const setBackupSecret = (part: string) => `pulumi config set --secret --path backup.${part}`;
/** restic derives the key of the encryption from this text, so a short one can be guessed. */
const SHORTEST_KEY = 16;

const to = text("a place, or none", SET_TO).superRefine((given, context) => {
  const wrong = whatIsWrongWithTo(given);
  if (wrong) context.addIssue({ code: "custom", message: withFix(`${format(given)} ${wrong}.`, SET_TO) });
});

/** A secret text of one line. @param whatIsWrong more that can be wrong with it. */
const secretLine = (part: string, what: string, whatIsWrong: (given: string) => string | undefined) =>
  z
    .string({
      error: ({ input }) =>
        withFix(`expected a text, found ${kindOf(input)}. Set it as a secret:`, setBackupSecret(part)),
    })
    .superRefine((given, context) => {
      const wrong =
        whatIsWrongWithText(given) ??
        (/\p{Cc}/u.test(given) ? "has a line break or another control character in it" : undefined) ??
        whatIsWrong(given);
      if (wrong) context.addIssue({ code: "custom", message: withFix(`the ${what} ${wrong}.`, setBackupSecret(part)) });
    });

const SET_FROM = "pulumi config set --path backup.restore.from jupyter-up-dev";
const SET_AT = "pulumi config set --path backup.restore.at 2026-11-28T07:15:00Z";

/** What a new stack restores. */
const restore = z.strictObject(
  {
    /** Compose project: the site that made the backup. */
    from: text("the name of a site", SET_FROM).regex(/^[a-z\d][a-z\d_-]{0,200}$/, {
      error: ({ input }) => withFix(`${format(input)} is not the name of a site.`, SET_FROM),
    }),
    /** A time in UTC; absent: the newest backup. */
    at: text("a time", SET_AT)
      .regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/, {
        error: ({ input }) => withFix(`${format(input)} is not a time in UTC.`, SET_AT),
      })
      .optional(),
  },
  notAnObject("backup.restore"),
);

const isEmpty = (given: string) => (given === "" ? "is empty" : undefined);
const SET_ACCESS_KEY = "pulumi config set --path backup.accessKey AKIA...";
const CREDENTIALS = "cat key.json | pulumi config set --secret --path backup.credentials";

function isServiceAccount(given: string): boolean {
  try {
    return (JSON.parse(given) as { type?: unknown } | null)?.type === "service_account";
  } catch {
    return false;
  }
}

/** Where the backup is made, for how long it is kept, its key, and what opens the place. */
export const backup = z.strictObject(
  {
    /** A folder, `sftp:`, `s3:`, `gs:` or `none`. Absent: a folder in the home directory, for a site on this machine. */
    to: to.optional(),
    keep: z
      .strictObject({ hourly: days(2), daily: days(30), monthly: days(365) }, notAnObject("backup"))
      .default({ hourly: 2, daily: 30, monthly: 365 }),
    /** Secret. */
    key: secretLine("key", "key", (given) =>
      given.length < SHORTEST_KEY ? `is shorter than ${SHORTEST_KEY} characters` : undefined,
    ).optional(),
    restore: restore.optional(),
    /** For `sftp:`. Secret. */
    privateKey: sshPrivateKey("backup").optional(),
    /** For `sftp:`: the public host key of that machine. */
    hostKey: sshHostKey("backup").optional(),
    /** For `s3:`: the ID of the access key. */
    accessKey: text("the ID of an access key", SET_ACCESS_KEY)
      .regex(/^[\w+/=.-]{1,200}$/, {
        error: ({ input }) => withFix(`${format(input)} is no ID of an access key.`, SET_ACCESS_KEY),
      })
      .optional(),
    /** For `s3:`. Secret. */
    secretKey: secretLine("secretKey", "secret access key", isEmpty).optional(),
    /** For `gs:`: the key of a service account, JSON. Secret. */
    credentials: z
      .string({ error: withFix("expected the key of a service account as a text.", CREDENTIALS) })
      .refine(isServiceAccount, { error: withFix("this is not the key of a service account (JSON).", CREDENTIALS) })
      .optional(),
  },
  // A text may be JSON with an error in it, and has the key.
  notAnObject("backup", kindOf),
);
