import type { Destination } from "../../../settings/destination.ts";
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
  /** Public files. One of them can be `options`: restic's options of the form NAME=VALUE, one in a line. */
  files: TextFiles;
  /** Secret files, from the secret of the destination. */
  secretFiles: (credential: string) => TextFiles;
}

const FOLDER = "/repository";

/**
 * @param defaultFolder folder on this machine, if the settings name none.
 * @param filesAt folder of the public files in the container; secretsAt: of the secret ones.
 */
export function placeOf(to: Destination, defaultFolder: string | undefined, filesAt: string, secretsAt: string): Place {
  const none = { environment: {}, files: {}, secretFiles: () => ({}) };
  switch (to.kind) {
    case "folder": {
      const source = to.folder ?? defaultFolder;
      if (source === undefined) throw new Error("there is no folder for the backup");
      return { ...none, name: source, repository: FOLDER, folder: { source, target: FOLDER } };
    }
    case "sftp": {
      const ssh = ["IdentitiesOnly=yes", "BatchMode=yes", "ConnectTimeout=30", "ServerAliveInterval=30"];
      const known = [`UserKnownHostsFile=${filesAt}/known_hosts`, "HostKeyAlias=backup", "StrictHostKeyChecking=yes"];
      const words = [
        "-F",
        "/dev/null",
        "-i",
        `${secretsAt}/ssh-key`,
        ...[...ssh, ...known].flatMap((each) => ["-o", each]),
      ];
      return {
        ...none,
        name: to.url,
        repository: to.url,
        files: { options: `sftp.args=${words.join(" ")}\n`, known_hosts: `backup ${to.hostKey}\n` },
        secretFiles: (credential) => ({ "ssh-key": credential }),
      };
    }
    case "s3":
      return {
        ...none,
        name: to.url,
        repository: to.url,
        environment: { AWS_SHARED_CREDENTIALS_FILE: `${secretsAt}/aws` },
        secretFiles: (credential) => ({
          aws: `[default]\naws_access_key_id = ${to.accessKey}\naws_secret_access_key = ${credential}\n`,
        }),
      };
    case "gs":
      return {
        ...none,
        name: to.url,
        repository: to.url,
        environment: { GOOGLE_APPLICATION_CREDENTIALS: `${secretsAt}/google.json` },
        secretFiles: (credential) => ({ "google.json": `${credential}\n` }),
      };
  }
}
