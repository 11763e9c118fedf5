/** The folder of a fake cloud, and the mark on its containers. */

import { createHash } from "node:crypto";
import { join, resolve } from "node:path";
import { cacheFolder } from "../../scripts/cli/folders.ts";

/** Each folder is a separate cloud. Everything in it is stored there as readable JSON, one file per object. */
export interface Cloud {
  readonly folder: string;
  /** Eight hexadecimal digits, unique to the folder: part of the names of its containers and networks. */
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
