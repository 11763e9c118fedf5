/** A Pulumi program without resources: it writes the settings that it reads, or its issues, to the file $SETTINGS_READ. */

import { writeFileSync } from "node:fs";
import { loadSettings } from "../../settings/load.ts";
import { opened } from "./settings.ts";

function read(): { settings: unknown } | { refused: string } {
  try {
    return { settings: opened(loadSettings()) };
  } catch (error) {
    return { refused: (error as Error).message };
  }
}

writeFileSync(process.env.SETTINGS_READ ?? "", JSON.stringify(read()));
