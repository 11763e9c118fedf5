import { existsSync } from "node:fs";
import type { RunningSite } from "./runningSite.ts";
import { until } from "./until.ts";

/** Code for sh: ends the pause of backup.sh before its first run, and then prints "ended". */
const END_PAUSE = `for process in /proc/[0-9]*; do
  if grep -q '^sleep' $process/cmdline 2>/dev/null; then kill \${process#/proc/} && echo ended; fi
done`;

/** Has the service make its first backup, an hour before the next one. Otherwise it would make it in the middle of a test. */
export async function makeFirstBackup(site: RunningSite): Promise<void> {
  let hasBegun = false;
  await until("the service's first backup", async () => {
    hasBegun ||= (await site.exec("site-backup", ["sh", "-c", END_PAUSE])).output.includes("ended");
    return hasBegun && existsSync(`${site.host.folder}/data/backup/good`);
  });
}
