/** What the internet sees of the zones: the addresses for the test browser, and the edge behind proxied names. */

import { createHash } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { readJson, writeJson } from "../../../cloud/files.ts";
import type { Cloud } from "../../../cloud/folder.ts";
import { ensureEdge, removeEdge } from "../../../edge/container.ts";
import { type EdgeRecord, type EdgeState, type EdgeZone, type SslMode, stateFileName } from "../../../edge/state.ts";
import type { Operation } from "../../resource.ts";
import { authority, edgeCertificate } from "./authorities.ts";
import { shownCertificates } from "./clientCertificates.ts";
import { type DnsEntry, readEntries } from "./dns.ts";
import { edgeCacheRules } from "./rulesets.ts";
import { readSetting } from "./zoneSettings.ts";
import { type PlanName, readZones, type Zone } from "./zones.ts";

const mebibyte = 1024 * 1024;
const largestBody: Record<PlanName, number> = {
  free: 100 * mebibyte,
  pro: 100 * mebibyte,
  business: 200 * mebibyte,
  enterprise: 500 * mebibyte,
};

/** The loopback address of a cloud's edge: 127.192.0.0 to 127.223.255.255, derived from the folder. */
export function edgeAddress({ folder }: Cloud): string {
  const [a = 0, b = 0, c = 0] = createHash("sha256").update(`edge ${folder}`).digest();
  return `127.${192 + (a % 32)}.${b}.${1 + (c % 254)}`;
}

/** The part of the cloud's folder that the edge sees. */
const edgeFolder = (cloud: Cloud) => join(cloud.folder, "edge");

/**
 * Makes sure that the edge runs before a record needs it: the creation of a record must not succeed while its name
 * leads nowhere.
 */
export async function prepareFor(cloud: Cloud, { proxied }: DnsEntry, operation: Operation): Promise<void> {
  if (!proxied) return;
  await publish(cloud);
  await ensureEdge(cloud, edgeFolder(cloud), edgeAddress(cloud), (message) => operation.status(message));
}

/** Publishes changed records, and stops the edge when no record needs it. */
export async function followRecords(cloud: Cloud): Promise<void> {
  const entries = await publish(cloud);
  if (!entries.some(({ proxied }) => proxied)) await removeEdge(cloud);
}

/** Writes `zone.json`, the edge's state, and the public authority's certificate. Returns the records used. */
export async function publish(cloud: Cloud): Promise<DnsEntry[]> {
  const entries = await readEntries(cloud);
  await mkdir(edgeFolder(cloud), { recursive: true });
  await writeJson(join(cloud.folder, "zone.json"), addresses(entries, edgeAddress(cloud)));
  await writeFile(join(cloud.folder, "public-ca.pem"), (await authority(cloud, "public")).certificate);
  const path = join(edgeFolder(cloud), stateFileName);
  const state = await edgeState(cloud, entries);
  // Without a change, writing would only make the edge read the file again.
  if (JSON.stringify(await readJson(path)) !== JSON.stringify(state)) await writeJson(path, state);
  return entries;
}

async function edgeState(cloud: Cloud, entries: readonly DnsEntry[]): Promise<EdgeState> {
  const authorities = await Promise.all(
    (["origin-rsa", "origin-ecc", "public"] as const).map((name) => authority(cloud, name)),
  );
  const proxiedZones = (await readZones(cloud)).filter(({ id }) => entries.some(({ zoneId }) => zoneId === id));
  return {
    address: edgeAddress(cloud),
    zones: await Promise.all(proxiedZones.map((zone) => edgeZone(cloud, zone))),
    records: entries.flatMap(edgeRecord),
    clientCertificates: await shownCertificates(cloud),
    trusted: authorities.map(({ certificate }) => certificate),
  };
}

async function edgeZone(cloud: Cloud, { id, name, plan }: Zone): Promise<EdgeZone> {
  const isOn = async (setting: string) => (await readSetting(cloud, id, setting)).value === "on";
  return {
    name,
    ssl: (await readSetting(cloud, id, "ssl")).value as SslMode,
    alwaysUseHttps: await isOn("always_use_https"),
    maxBodyBytes: largestBody[plan],
    webSockets: await isOn("websockets"),
    emailObfuscation: await isOn("email_obfuscation"),
    rocketLoader: await isOn("rocket_loader"),
    cacheRules: await edgeCacheRules(cloud, id),
    certificate: await edgeCertificate(cloud, name),
  };
}

function edgeRecord({ name, type, content, proxied }: DnsEntry): EdgeRecord[] {
  return type === "A" || type === "AAAA" || type === "CNAME" ? [{ name, type, content, proxied }] : [];
}

/** Each name's address as a resolver would return it; the first one if there are several. */
export function addresses(entries: readonly DnsEntry[], edge: string): Record<string, string> {
  const found: Record<string, string> = {};
  for (const { name } of entries) {
    const address = resolve(name, entries, edge);
    if (address !== undefined) found[name] = address;
  }
  return found;
}

function resolve(name: string, entries: readonly DnsEntry[], edge: string, depth = 0): string | undefined {
  const entry = entries.find((candidate) => candidate.name === name && candidate.type !== "TXT");
  if (entry === undefined || depth > 8) return undefined;
  if (entry.proxied) return edge;
  return entry.type === "CNAME"
    ? resolve(entry.content.toLowerCase().replace(/\.$/, ""), entries, edge, depth + 1)
    : entry.content;
}
