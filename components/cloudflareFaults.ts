import { NEW_TOKEN } from "../settings/credentials.ts";

/** What is wrong at Cloudflare, in words that end in what to do; undefined where nothing is. */

const DASHBOARD = "https://dash.cloudflare.com";

/** Why Cloudflare did not answer a question about a zone. */
export function whyNot(error: string, zone: string, rights: string): string {
  const said = /"message":"([^"]+)"/.exec(error)?.[1] ?? firstLine(error);
  if (/exactly one result/.test(error))
    return `dnsZone: the Cloudflare token sees no zone ${zone}. Either the domain is not at Cloudflare, or the token is for another zone, or the zone has another name:\n    pulumi config set dnsZone example.com`;
  if (/\b(9106|9109|10000|6003)\b/.test(error))
    return `cloudflare:apiToken: Cloudflare refuses what is asked of the zone ${zone} (${said}). The token has to be allowed ${rights}, for this zone. ${DASHBOARD}/profile/api-tokens makes one:\n    ${NEW_TOKEN}`;
  return `Cloudflare did not answer a question about the zone ${zone}. Run pulumi again. It says: ${said}`;
}

const firstLine = (text: string) => text.trim().split("\n")[0]?.slice(0, 300) ?? "";

/** A zone whose name servers are not Cloudflare's yet leads nobody anywhere. */
export function wrongStatus(zone: string, status: string, nameServers: string[]): string | undefined {
  if (status === "active") return undefined;
  return `dnsZone: the zone ${zone} is ${status}: the world does not ask Cloudflare for its names yet. Where the domain was bought, name these as its name servers, and run pulumi again when Cloudflare calls the zone active: ${nameServers.join(", ")}`;
}

/** How Cloudflare speaks to the machine, if it stands before it: the zone's SSL mode, which is the zone's owner's to set. */
export function wrongMode(zone: string, mode: string, tls: string): string | undefined {
  const mend = (to: string) =>
    `Every other name of the zone is under it, too, so that this program leaves it alone. Set it to ${to}: ${DASHBOARD}/?to=/:account/${zone}/ssl-tls`;
  if (mode === "off" || mode === "flexible")
    return `The SSL mode of the zone ${zone} is "${mode}": Cloudflare would speak to the machine without encryption, which the site answers with a redirect, for ever. ${mend("Full (strict)")}`;
  if (tls === "private-ca" && mode !== "full")
    return `tls: Cloudflare trusts no authority of the stack's own while the SSL mode of the zone ${zone} is "${mode}". Have it sign the certificate itself:\n    pulumi config set tls cloudflare-origin`;
  return undefined;
}

/** A record as Cloudflare tells of it. */
interface FoundRecord {
  id: string;
  zoneId?: string;
  name: string;
  type: string;
  content?: string | undefined;
}

const RECORD = "cloudflare:index/dnsRecord:DnsRecord";

/** The name in Pulumi of a host name's record. */
export const recordName = (hostName: string) => `dns-${hostName}`;

/**
 * Records of the site's names that somebody else made. Beside them the site would be found every second time, or never.
 * @param made outputs of what the stack has made so far, by `<type>::<name>`.
 */
export function inTheWay(
  found: FoundRecord[],
  names: string[],
  made: Record<string, Record<string, unknown>>,
): string | undefined {
  const ours = new Set(Object.entries(made).flatMap(([key, { id }]) => (key.startsWith(RECORD) ? [id] : [])));
  const others = found.filter(
    ({ id, name, type }) => names.includes(name) && ["A", "AAAA", "CNAME"].includes(type) && !ours.has(id),
  );
  if (others.length === 0) return undefined;
  const seen = new Set<string>();
  const mends = others.map(({ id, zoneId, name, type, content }) => {
    // Of two for the same name only one can be taken over.
    const taken = type === "A" && !seen.has(name) && seen.add(name);
    const mend = taken
      ? `pulumi import --protect=false ${RECORD} ${recordName(name)} ${zoneId}/${id}`
      : "only deleting it helps";
    return `${name} (${type}) leads to ${content}:\n    ${mend}`;
  });
  return `There are DNS records already that this stack did not make. Delete them at Cloudflare, or have this stack take them over, which leads them to the new machine:\n${mends.join("\n")}`;
}
