/** `npm run docs`: updates the table of settings in docs/configuration.md from Pulumi.yaml. */

import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { projectFolder } from "./cli/folders.ts";
import { main } from "./cli/main.ts";
import { withSettingsTable } from "./docs/settingsTable.ts";

await main(async () => {
  const page = join(projectFolder, "docs/configuration.md");
  const projectFile = await readFile(join(projectFolder, "Pulumi.yaml"), "utf8");
  await writeFile(page, withSettingsTable(await readFile(page, "utf8"), projectFile));
  return 0;
});
