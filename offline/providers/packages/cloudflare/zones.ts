/** The existing zones. A zone is created by buying a domain, so tests create them and no resource does. */

import { createHash } from "node:crypto";
import { join } from "node:path";
import { readJson, writeJson } from "../../../cloud/files.ts";
import type { Cloud } from "../../../cloud/folder.ts";
import { Refusal } from "./api.ts";

export type PlanName = "free" | "pro" | "business" | "enterprise";

/** The entry for a domain in `zones.json` in the cloud's folder. */
export interface ZoneEntry {
  /** 32 hexadecimal digits. */
  readonly id: string;
  readonly account: { readonly id: string; readonly name: string };
  readonly plan: PlanName;
  /** Default: active. A pending zone waits until its name servers are Cloudflare's. */
  readonly status?: "active" | "pending";
  /** Whether its owner has paused Cloudflare on it; the edge ignores this. Default: no. */
  readonly paused?: boolean;
}

export interface Zone extends Required<ZoneEntry> {
  /** The domain, such as `example.test`. */
  readonly name: string;
}

const zonesFile = (cloud: Cloud) => join(cloud.folder, "zones.json");

/** Adds a domain to `zones.json`, on the free plan and with a new id unless stated otherwise. For tests. */
export async function addZone(cloud: Cloud, name: string, entry: Partial<ZoneEntry> = {}): Promise<Zone> {
  const id = createHash("md5").update(name).digest("hex");
  const account = { id: createHash("md5").update("account").digest("hex"), name: "Ann's account" };
  const zone = { id, account, plan: "free", status: "active", paused: false, ...entry } as const;
  const zones = await readJson<Record<string, ZoneEntry>>(zonesFile(cloud));
  await writeJson(zonesFile(cloud), { ...zones, [name]: zone });
  return { name, ...zone };
}

/** All zones, sorted by name. */
export async function readZones(cloud: Cloud): Promise<Zone[]> {
  const entries = (await readJson<Record<string, ZoneEntry>>(zonesFile(cloud))) ?? {};
  return Object.entries(entries)
    .map(([name, entry]) => ({ status: "active" as const, paused: false, ...entry, name }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** The zone of a path below `/zones/<id>`. Throws as the API does for an unknown one. */
export async function requireZone(cloud: Cloud, id: string, path: string): Promise<Zone> {
  if (!/^[0-9a-f]{32}$/.test(id)) {
    const message = `Could not route to /client/v4${path}, perhaps your object identifier is invalid?`;
    throw new Refusal(404, { code: 7003, message }, { code: 7000, message: "No route for that URI" });
  }
  const zone = (await readZones(cloud)).find((candidate) => candidate.id === id);
  // The API does not distinguish another account's zone from one that does not exist.
  if (zone === undefined) throw new Refusal(403, { code: 10000, message: "Authentication error" });
  return zone;
}

/** Whether a host name is the domain or below it. */
export function isIn({ name }: Zone, host: string): boolean {
  return host === name || host.endsWith(`.${name}`);
}
