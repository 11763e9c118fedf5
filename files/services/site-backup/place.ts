import { type Destination, ELSEWHERE } from "../../../settings/destination.ts";
import type { HostLayout } from "../../site/hostLayout.ts";
import type { DataFolder, TextFiles } from "../../site/service.ts";

/** What the service needs for its destination. */
export interface Place {
  /** Where the backup is, for people. */
  name: string;
  /** The same, for restic in the container. */
  repository: string;
  /** The folder on the machine; absent: it is elsewhere, and the service needs a network. */
  folder?: DataFolder;
  environment: Record<string, string>;
  /** Public files. Some are for restic.sh: `options`, restic's options of the form NAME=VALUE; and `fixes`. */
  files: TextFiles;
  /** Secret files, from the secret of the destination. */
  secretFiles: (credential: string) => TextFiles;
}

const FOLDER = "/repository";
/** Where ssh writes its errors, for restic.sh: restic may end before it has read them. */
const SSH_LOG = "/tmp/ssh.log";

/** What to do about an error: an extended regular expression for its text, and a sentence. */
type Fix = [error: string, fix: string];

const { sftp, s3, gs } = ELSEWHERE;
const setTo = ({ example }: { example: string }) => `pulumi config set --path backup.to ${example}`;
const noAnswer = (place: { example: string }): Fix => [
  "[Cc]onnection (refused|reset|timed out)|i/o timeout|no such host|Could not resolve|[Nn]o route to host|unreachable",
  `Start the server, or correct its address: ${setTo(place)}`,
];
/** What to do about the errors of a destination: how users find the setting that is wrong. */
const FIXES: Record<Exclude<Destination["kind"], "folder">, Fix[]> = {
  sftp: [
    [
      "Host key verification failed",
      `The machine has another host key than backup.hostKey. If its key was changed on purpose: ${sftp.needs.hostKey}`,
    ],
    [
      "Permission denied \\(",
      `The machine does not accept backup.privateKey. Add its public key to authorized_keys there, or set another: ${sftp.needs.privateKey}`,
    ],
    ["permission denied", `The user may not write there. Name another folder: ${setTo(sftp)}`],
    noAnswer(sftp),
  ],
  s3: [
    ["signature we calculated|SignatureDoesNotMatch", `Set backup.secretKey: ${s3.needs.secretKey}`],
    ["Access Key Id you provided|InvalidAccessKeyId", `Set backup.accessKey: ${s3.needs.accessKey}`],
    ["bucket does not exist|NoSuchBucket", `Create the bucket, or name another: ${setTo(s3)}`],
    [
      "Access ?Denied|Forbidden",
      `Let backup.accessKey list the bucket, and read, add and delete objects; or set another: ${s3.needs.accessKey}`,
    ],
    noAnswer(s3),
  ],
  gs: [
    [
      "invalid_grant|account not found|Invalid JWT",
      `Google does not know backup.credentials any more. Set another key: ${gs.needs.credentials}`,
    ],
    [
      "does not have storage|[Ff]orbidden|Error 403",
      "Let the account of backup.credentials use the bucket: gcloud storage buckets add-iam-policy-binding gs://BUCKET --member serviceAccount:ACCOUNT --role roles/storage.objectUser",
    ],
    ["bucket (does not|doesn't) exist", `Create the bucket, or name another: ${setTo(gs)}`],
    noAnswer(gs),
  ],
  bucket: [
    [
      "invalid_grant|account not found|Invalid JWT",
      "Google does not know the key of the stack any more. Create another: pulumi up --replace '**host-backup-key'",
    ],
    [
      "does not have storage|[Ff]orbidden|Error 403|bucket (does not|doesn't) exist",
      "Create again what is missing: pulumi up --refresh",
    ],
  ],
};
const fixesOf = (kind: keyof typeof FIXES) => FIXES[kind].map((each) => `${each.join("\t")}\n`).join("");

/**
 * @param layout the machine's own places: the folder, if the settings name none, and the bucket.
 * @param filesAt folder of the public files in the container; secretsAt: of the secret ones.
 */
export function placeOf(
  to: Destination,
  layout: Pick<HostLayout, "backup" | "bucket">,
  filesAt: string,
  secretsAt: string,
): Place {
  const none = { environment: {}, files: {}, secretFiles: () => ({}) };
  switch (to.kind) {
    case "folder": {
      const source = to.folder ?? layout.backup;
      if (source === undefined) throw new Error("there is no folder for the backup");
      return { ...none, name: source, repository: FOLDER, folder: { source, target: FOLDER } };
    }
    case "sftp": {
      const ssh = ["IdentitiesOnly=yes", "BatchMode=yes", "ConnectTimeout=30", "ServerAliveInterval=30"];
      const known = [`UserKnownHostsFile=${filesAt}/known_hosts`, "HostKeyAlias=backup", "StrictHostKeyChecking=yes"];
      const words = [
        "-F",
        "/dev/null",
        "-E",
        SSH_LOG,
        "-i",
        `${secretsAt}/ssh-key`,
        ...[...ssh, ...known].flatMap((each) => ["-o", each]),
      ];
      return {
        ...none,
        name: to.url,
        repository: to.url,
        files: {
          fixes: fixesOf(to.kind),
          options: `sftp.args=${words.join(" ")}\n`,
          known_hosts: `backup ${to.hostKey}\n`,
        },
        secretFiles: (credential) => ({ "ssh-key": credential }),
      };
    }
    case "s3":
      return {
        ...none,
        name: to.url,
        repository: to.url,
        files: { fixes: fixesOf(to.kind) },
        environment: { AWS_SHARED_CREDENTIALS_FILE: `${secretsAt}/aws` },
        secretFiles: (credential) => ({
          aws: `[default]\naws_access_key_id = ${to.accessKey}\naws_secret_access_key = ${credential}\n`,
        }),
      };
    case "bucket":
    case "gs": {
      const url = to.kind === "gs" ? to.url : layout.bucket && `gs:${layout.bucket}:/backup`;
      if (url === undefined) throw new Error("there is no bucket for the backup");
      return {
        ...none,
        name: url,
        repository: url,
        files: { fixes: fixesOf(to.kind) },
        environment: { GOOGLE_APPLICATION_CREDENTIALS: `${secretsAt}/google.json` },
        secretFiles: (credential) => ({ "google.json": `${credential}\n` }),
      };
    }
  }
}
