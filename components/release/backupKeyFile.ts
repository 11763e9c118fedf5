import { Command } from "@pulumi/command/local/command.js";
import * as pulumi from "@pulumi/pulumi";
import { quoted } from "../../files/release/shellWords.ts";
import { neededBy } from "../../settings/destination.ts";

export interface BackupKeyFileArgs {
  /** Folder of the stack below `.state` of the checkout. */
  folder: string;
  /** Where the backup is, for people. */
  destination: string;
  /** Whether that is a folder of a VM, which is deleted with the stack. */
  isOnVm: boolean;
  /** The value of the setting `backup.to` with which another stack uses the same backup. */
  to: string;
  /** Compose project: the name of the site in the backup. */
  site: string;
  /** Key that opens the backup. Secret. */
  key: pulumi.Input<string>;
}

/**
 * When the stack is destroyed, or its backup switched off: leaves the key of the backup in the checkout, because the state is
 * deleted, and shows where the backup is and how to restore it. A terminal shows only the last line of a resource, so a file has
 * the rest, and `npm run pulumi` repeats it.
 */
export class BackupKeyFile extends pulumi.ComponentResource {
  constructor(
    name: string,
    { folder, destination, isOnVm, to, site, key }: BackupKeyFileArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("jupyter-up:index:BackupKeyFile", name, {}, opts);
    const place = `.state/${folder}`;
    const file = `${place}/backup.key`;
    const needed = neededBy(to).map((setting) => `backup.${setting}`);
    const same = needed.length > 0 ? ` with the same ${needed.join(" and ")}` : "";
    const where = isOnVm
      ? `was in ${destination} on the VM. It is lost with the VM, unless that was another disk`
      : `stays at ${destination}`;
    const notice = [
      `The backup of ${site} ${where}. Only its key opens it, which is now in ${file} of this folder: keep a copy elsewhere.`,
      `If the work is lost, these commands restore everything, in this stack or in a new one${same}:`,
      `  pulumi config set --path backup.to ${quoted(to)}`,
      `  cat ${file} | pulumi config set --secret --path backup.key`,
      `  pulumi config set --path backup.restore.from ${site}`,
      "  pulumi up",
    ];
    const print = (lines: string[]) => `printf '%s\\n' ${lines.map(quoted).join(" ")}`;
    const last = `To restore the backup of ${site}: see ${place}/restore.txt`;
    new Command(
      `${name}-file`,
      {
        create: ":",
        delete: [
          `umask 077 && mkdir -p ${place}`,
          `printf '%s\\n' "$BACKUP_KEY" >${file}`,
          `${print(notice)} | tee ${place}/restore.txt`,
          print([last]),
        ].join(" && "),
        environment: { BACKUP_KEY: pulumi.secret(key) },
        addPreviousOutputInEnv: false,
      },
      { parent: this },
    );
    this.registerOutputs();
  }
}
