/** The existing DNS records, and the rules for names, contents and conflicts. */

import { isIPv4, isIPv6 } from "node:net";
import type { Cloud } from "../../../cloud/folder.ts";
import { type CloudRecord, listRecords } from "../../../cloud/records.ts";
import { type ApiMessage, Refusal } from "./api.ts";
import type { Zone } from "./zones.ts";

export const recordType = "cloudflare:index/dnsRecord:DnsRecord";
export const supportedTypes = ["A", "AAAA", "CNAME", "TXT"] as const;

/** A record as the API stores it. */
export type DnsEntry = {
  readonly id: string;
  readonly zoneId: string;
  /** In lower case, with the zone's name at its end. */
  readonly name: string;
  readonly type: string;
  readonly content: string;
  /** Seconds; 1 for automatic. */
  readonly ttl: number;
  readonly proxied: boolean;
  readonly comment?: string;
  readonly createdOn: string;
  readonly modifiedOn: string;
  readonly commentModifiedOn?: string;
};

export const entryPath = (zoneId: string, id: string) => `zones/${zoneId}/dns_records/${id}`;

/** All records of one zone or of all, in order of creation. */
export async function readEntries(cloud: Cloud, zoneId?: string): Promise<DnsEntry[]> {
  const records: CloudRecord<DnsEntry>[] = await listRecords<DnsEntry>(cloud, recordType);
  return records
    .map(({ properties }) => properties)
    .filter((entry) => zoneId === undefined || entry.zoneId === zoneId)
    .sort((a, b) => a.createdOn.localeCompare(b.createdOn) || a.id.localeCompare(b.id));
}

/**
 * The full name: `@` is the zone itself. Any name that does not end in the zone's name is below it, even another
 * domain's.
 */
export function wholeName(name: string, zone: Pick<Zone, "name">): string {
  const plain = name.toLowerCase().replace(/\.$/, "");
  if (plain === "@" || plain === "") return zone.name;
  return plain === zone.name || plain.endsWith(`.${zone.name}`) ? plain : `${plain}.${zone.name}`;
}

/** Throws as the API does for an invalid record. */
export function requireValid({ type, content, ttl }: Pick<DnsEntry, "type" | "content" | "ttl">): void {
  const refuse = (code: number, message: string) => {
    throw new Refusal(400, { code, message });
  };
  if (type === "A" && !isIPv4(content)) refuse(9005, "Content for A record must be a valid IPv4 address.");
  if (type === "AAAA" && !isIPv6(content)) refuse(9006, "Content for AAAA record must be a valid IPv6 address.");
  if (type === "CNAME" && !isHostName(content)) refuse(9007, "Content for CNAME record is invalid.");
  if (ttl !== 1 && (ttl < 60 || ttl > 86_400)) {
    const cause = { code: 9021, message: "Invalid TTL. Must be between 60 and 86400 seconds, or 1 for Automatic." };
    throw new Refusal(400, { code: 1004, message: "DNS Validation Error", error_chain: [cause] });
  }
}

function isHostName(text: string): boolean {
  return !isIPv4(text) && /^([\w-]{1,63}\.)*[\w-]{1,63}\.?$/.test(text);
}

const isAddress = (type: string) => type === "A" || type === "AAAA";
const seeMore =
  "For more details, refer to <https://developers.cloudflare.com/dns/manage-dns-records/troubleshooting/records-with-same-name/>.";

/**
 * Throws as the API does for a record that conflicts with others of its name. A second address for a name is allowed:
 * the name then resolves to both.
 */
export function requireNoConflict(
  entry: Omit<DnsEntry, "createdOn" | "modifiedOn">,
  others: readonly DnsEntry[],
): void {
  const conflict = others
    .filter(({ id, name }) => id !== entry.id && name === entry.name)
    .map((other) => conflictOf(entry, other))
    .find((found) => found !== undefined);
  if (conflict !== undefined) throw new Refusal(400, conflict);
}

function conflictOf(
  entry: Pick<DnsEntry, "type" | "content">,
  other: Pick<DnsEntry, "type" | "content">,
): ApiMessage | undefined {
  if (entry.type === "CNAME" && (other.type === "CNAME" || isAddress(other.type))) {
    return { code: 81053, message: `An A, AAAA, or CNAME record with that host already exists. ${seeMore}` };
  }
  if (isAddress(entry.type) && other.type === "CNAME") {
    return { code: 81054, message: `A CNAME record with that host already exists. ${seeMore}` };
  }
  if (entry.type === other.type && entry.content === other.content) {
    return { code: 81058, message: "An identical record already exists." };
  }
  return undefined;
}
