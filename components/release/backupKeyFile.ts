import { Command } from "@pulumi/command/local/command.js";
import * as pulumi from "@pulumi/pulumi";
import { quoted } from "../../files/release/shellWords.ts";

export interface BackupKeyFileArgs {
  /** Folder of the stack below `.state` of the checkout. */
  folder: string;
  /** Where the backup is, for people. */
  destination: string;
  /** The value of the setting `backup.to` with which another stack uses the same backup. */
  to: string;
  /** Compose project: the name of the site in the backup. */
  site: string;
  /** Key that opens the backup. Secret. */
  key: pulumi.Input<string>;
}

/**
 * When the stack is destroyed together with its machine: leaves the key of the backup in the checkout, because the state is
 * deleted, and shows where the backup is. On a machine that remains, `site-apply down` does the same.
 */
export class BackupKeyFile extends pulumi.ComponentResource {
  constructor(
    name: string,
    { folder, destination, to, site, key }: BackupKeyFileArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("jupyter-up:index:BackupKeyFile", name, {}, opts);
    const file = `.state/${folder}/backup.key`;
    const notice = [
      `The backup of ${site} stays at ${destination}. Only its key opens it, which is now in ${file} of this folder: keep a copy elsewhere.`,
      "To restore everything in a new stack:",
      `  pulumi config set --path backup.to ${quoted(to)}`,
      `  cat ${file} | pulumi config set --secret --path backup.key`,
      `  pulumi config set --path backup.restore.from ${site}`,
      "  pulumi up",
    ];
    new Command(
      `${name}-file`,
      {
        create: ":",
        delete: `umask 077 && mkdir -p .state/${folder} && printf '%s\\n' "$BACKUP_KEY" >${file} && printf '%s\\n' ${notice.map(quoted).join(" ")}`,
        environment: { BACKUP_KEY: pulumi.secret(key) },
        addPreviousOutputInEnv: false,
      },
      { parent: this },
    );
    this.registerOutputs();
  }
}
