/** Finds the zone, certificate and origin of a host name. */

import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import type { EdgeRecord, EdgeState, EdgeZone, KeyPair } from "./state.ts";

/** The name in a Host header: in lower case, without port. */
export function hostName(host: string): string {
  return host.toLowerCase().replace(/:\d+$/, "").replace(/\.$/, "");
}

/** The zone of a name. */
export function zoneOf(state: EdgeState, host: string): EdgeZone | undefined {
  return state.zones
    .filter(({ name }) => host === name || host.endsWith(`.${name}`))
    .sort((a, b) => b.name.length - a.name.length)[0];
}

/** The edge's certificate for a name. Like the free ones, it covers the domain and one level below it. */
export function certificateFor(state: EdgeState, host: string): KeyPair | undefined {
  const zone = zoneOf(state, host);
  if (zone === undefined) return undefined;
  const below = host.slice(0, -zone.name.length);
  return /^([^.]+\.)?$/.test(below) ? zone.certificate : undefined;
}

/** The proxied record of a name, or the wildcard record that covers it. */
export function proxiedRecord(state: EdgeState, host: string): EdgeRecord | undefined {
  const wildcard = host.replace(/^[^.]+/, "*");
  const named = (name: string) => state.records.filter((record) => record.name === name);
  const exact = named(host);
  return (exact.length > 0 ? exact : named(wildcard)).find(({ proxied }) => proxied);
}

/** The address of a record's origin; undefined if a CNAME does not resolve. */
export async function originAddress(state: EdgeState, record: EdgeRecord): Promise<string | undefined> {
  const visited = new Set<string>();
  for (let target = record; target.type === "CNAME"; ) {
    const name = hostName(target.content);
    if (visited.has(name)) return undefined;
    visited.add(name);
    const next = state.records.find((candidate) => candidate.name === name);
    if (next === undefined) return resolve(name);
    if (next.type !== "CNAME") return next.content;
    target = next;
  }
  return record.content;
}

async function resolve(name: string): Promise<string | undefined> {
  if (isIP(name)) return name;
  return lookup(name).then(
    ({ address }) => address,
    () => undefined,
  );
}
