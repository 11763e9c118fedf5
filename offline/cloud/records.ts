/** What exists in a cloud: one JSON file per object, at `resources/<its path>.json` in the cloud's folder. */

import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { createJson, readJson, writeJson } from "./files.ts";
import type { Cloud } from "./folder.ts";

export interface CloudRecord<Properties = Record<string, unknown>> {
  /** Name in its cloud, as in the provider's own addresses: `projects/p/zones/us-central1-a/disks/data`. */
  readonly path: string;
  /** Pulumi's type token. */
  readonly type: string;
  /** The paths of the objects it uses, which cannot be deleted before it. */
  readonly uses: readonly string[];
  readonly properties: Properties;
}

const extension = ".json";

export async function readRecord<P>(cloud: Cloud, path: string): Promise<CloudRecord<P> | undefined> {
  return readJson(fileOf(cloud, path));
}

/** Returns false and changes nothing if the path exists already. */
export async function createRecord(cloud: Cloud, record: CloudRecord): Promise<boolean> {
  return createJson(fileOf(cloud, record.path), record);
}

export async function writeRecord(cloud: Cloud, record: CloudRecord): Promise<void> {
  await writeJson(fileOf(cloud, record.path), record);
}

/** Does nothing if the record does not exist. */
export async function deleteRecord(cloud: Cloud, path: string): Promise<void> {
  await rm(fileOf(cloud, path), { force: true });
}

/** All records of a type, or all of them, sorted by path. */
export async function listRecords<P = Record<string, unknown>>(cloud: Cloud, type?: string): Promise<CloudRecord<P>[]> {
  const folder = join(cloud.folder, "resources");
  const files = await readdir(folder, { recursive: true }).catch((): string[] => []);
  const paths = files.filter((file) => file.endsWith(extension)).map((file) => file.slice(0, -extension.length));
  // A record deleted between the two reads does not exist.
  const records = await Promise.all(paths.sort().map((path) => readRecord<P>(cloud, path)));
  return records.filter(
    (record) => record !== undefined && (type === undefined || record.type === type),
  ) as CloudRecord<P>[];
}

function fileOf(cloud: Cloud, path: string): string {
  return join(cloud.folder, "resources", `${path}${extension}`);
}
