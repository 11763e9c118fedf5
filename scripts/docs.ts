/** `npm run docs`: updates what is generated from Pulumi.yaml: the table of settings in docs/configuration.md and package/args.ts. */

import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { projectFolder } from "./cli/folders.ts";
import { main } from "./cli/main.ts";
import { withSettingsTable } from "./docs/settingsTable.ts";
import { siteArgs } from "./docs/siteArgs.ts";

await main(async () => {
  const page = join(projectFolder, "docs/configuration.md");
  const projectFile = await readFile(join(projectFolder, "Pulumi.yaml"), "utf8");
  await writeFile(page, withSettingsTable(await readFile(page, "utf8"), projectFile));
  await writeFile(join(projectFolder, "package/args.ts"), siteArgs(projectFile));
  return 0;
});
