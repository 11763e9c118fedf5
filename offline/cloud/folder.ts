/** Where a fake cloud lies, and by what mark its containers are known. */

import { createHash } from "node:crypto";
import { join, resolve } from "node:path";
import { cacheFolder } from "../../scripts/cli/folders.ts";

/** A cloud of its own for every folder: all that exists in it is written there, readable, one file a thing. */
export interface Cloud {
  readonly folder: string;
  /** Eight hexadecimal digits that no other folder has: in the names of its containers and networks. */
  readonly mark: string;
  /** `name=value` of the Docker label on all its containers and networks. */
  readonly label: string;
}

/** The cloud in a folder. Default: JUPYTER_UP_CLOUD, or a folder of the cache. */
export function openCloud(folder = process.env.JUPYTER_UP_CLOUD || join(cacheFolder, "cloud")): Cloud {
  const path = resolve(folder);
  const mark = createHash("sha256").update(path).digest("hex").slice(0, 8);
  return { folder: path, mark, label: `jupyter-up.cloud=${mark}` };
}
