/** What exists in a cloud: one JSON file a thing, at `resources/<its path>.json` below the cloud's folder. */

import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { createJson, readJson, writeJson } from "./files.ts";
import type { Cloud } from "./folder.ts";

export interface CloudRecord<Properties = Record<string, unknown>> {
  /** Names it in its cloud, as in the provider's own addresses: `projects/p/zones/us-central1-a/disks/data`. */
  readonly path: string;
  /** Pulumi's type token. */
  readonly type: string;
  /** The paths of what it holds on to, which cannot be deleted before it. */
  readonly uses: readonly string[];
  readonly properties: Properties;
}

const extension = ".json";

export async function readRecord<P>(cloud: Cloud, path: string): Promise<CloudRecord<P> | undefined> {
  return readJson(fileOf(cloud, path));
}

/** False, and nothing changed, when there is a record at this path. */
export async function createRecord(cloud: Cloud, record: CloudRecord): Promise<boolean> {
  return createJson(fileOf(cloud, record.path), record);
}

export async function writeRecord(cloud: Cloud, record: CloudRecord): Promise<void> {
  await writeJson(fileOf(cloud, record.path), record);
}

/** Does nothing when there is no such record. */
export async function deleteRecord(cloud: Cloud, path: string): Promise<void> {
  await rm(fileOf(cloud, path), { force: true });
}

/** All records of a type, or all there are, ordered by their paths. */
export async function listRecords<P = Record<string, unknown>>(cloud: Cloud, type?: string): Promise<CloudRecord<P>[]> {
  const folder = join(cloud.folder, "resources");
  const files = await readdir(folder, { recursive: true }).catch((): string[] => []);
  const paths = files.filter((file) => file.endsWith(extension)).map((file) => file.slice(0, -extension.length));
  // One that is deleted between the two readings does not exist.
  const records = await Promise.all(paths.sort().map((path) => readRecord<P>(cloud, path)));
  return records.filter(
    (record) => record !== undefined && (type === undefined || record.type === type),
  ) as CloudRecord<P>[];
}

function fileOf(cloud: Cloud, path: string): string {
  return join(cloud.folder, "resources", `${path}${extension}`);
}
