import { NEW_TOKEN } from "../../settings/credentials.ts";
import { DNS, RECORD, recordName } from "../cloudflare/dnsRecords.ts";
import type { StackState } from "./stackState.ts";

/** Messages about issues at Cloudflare. Each ends in what to do; undefined: no issue. */

const DASHBOARD = "https://dash.cloudflare.com";

/** Context of a request to Cloudflare, for the messages. */
export interface Asked {
  zone?: string | undefined;
  /** The site's domain. */
  domain: string;
  /** The zone that the settings name. */
  dnsZone?: string | undefined;
  /** The permissions that the token needs. */
  permissions: string;
}

/**
 * The zone of a domain, out of those that the token sees: the one in the settings, or the longest that contains the
 * domain.
 */
export function zoneFor<Zone extends { name: string; status: string }>(
  zones: Zone[],
  { domain, dnsZone }: Pick<Asked, "domain" | "dnsZone">,
): Zone | undefined {
  const fits = (name: string) => (dnsZone ? name === dnsZone : domain === name || domain.endsWith(`.${name}`));
  // Two accounts may have a zone with the same name, but only one of them is active.
  return zones
    .filter(({ name }) => fits(name))
    .toSorted((a, b) => b.name.length - a.name.length || (a.status === "active" ? -1 : 1))[0];
}

/** The message if the token does not see the domain's zone. */
export function zoneNotFound(zones: { name: string }[], { domain, dnsZone, permissions }: Asked): string {
  const seen = zones.map(({ name }) => name);
  const more = seen.length > SHOWN ? ` and ${seen.length - SHOWN} more` : "";
  const list = `It sees ${seen.length > 0 ? `these: ${seen.slice(0, SHOWN).join(", ")}${more}` : "none"}.`;
  if (dnsZone)
    return `dnsZone: the Cloudflare token sees no zone ${dnsZone}. ${list} Without dnsZone, the program looks up the zone of ${domain}:\n    pulumi config rm dnsZone`;
  return `domain: the Cloudflare token sees no zone for ${domain}. ${list} Either the domain is not at Cloudflare, or the token is for another zone. Create a token for the zone of ${domain} with the permissions ${permissions} at ${DASHBOARD}/profile/api-tokens:\n    ${NEW_TOKEN}`;
}
const SHOWN = 10;

/** The message if Cloudflare's free certificate does not cover the host names: it covers one label below the zone. */
export function tooDeep(zone: string, domain: string): string | undefined {
  if (domain === zone) return undefined;
  return `proxied: jupyter.${domain} is two or more levels below the zone ${zone}, but Cloudflare's free certificate covers only one. Turn the proxy off, or use the zone itself (pulumi config set domain ${zone}):\n    pulumi config set proxied false`;
}

/** The message for a failed request to Cloudflare. */
export function requestFailed(error: string, { zone, domain, permissions }: Asked): string {
  const what = `the zone ${zone ?? `of ${domain}`}`;
  const said = /"message":"([^"]+)"/.exec(error)?.[1] ?? firstLine(error);
  if (/\b(9106|9109|10000|6003)\b/.test(error))
    return `cloudflare:apiToken: Cloudflare refused a request for ${what} (${said}). Create a token for this zone with the permissions ${permissions} at ${DASHBOARD}/profile/api-tokens:\n    ${NEW_TOKEN}`;
  return `a request to Cloudflare for ${what} failed. Run pulumi again. The error: ${said}`;
}

const firstLine = (text: string) => text.trim().split("\n")[0]?.slice(0, 300) ?? "";

/** The message for an inactive zone, which does not resolve. */
export function wrongStatus(zone: string, status: string, nameServers: string[]): string | undefined {
  if (status === "active") return undefined;
  return `dnsZone: the zone ${zone} is ${status}: DNS does not use Cloudflare for it yet. Set these name servers at the domain's registrar, and run pulumi again when Cloudflare shows the zone as active: ${nameServers.join(", ")}`;
}

/** The message for a paused zone: its names lead straight to the machine, whose firewall admits only Cloudflare. */
export function pausedZone(zone: string, paused: boolean): string | undefined {
  if (!paused) return undefined;
  return `proxied: Cloudflare is paused on the zone ${zone}: browsers would connect straight to the machine, whose firewall admits only Cloudflare. Choose "Enable Cloudflare on Site" under Advanced Actions: ${DASHBOARD}/?to=/:account/${zone}`;
}

/** The message for an SSL mode with which Cloudflare cannot connect to the site. */
export function wrongMode(zone: string, mode: string, tls: string): string | undefined {
  const fix = (to: string) =>
    `It applies to every name of the zone, so this program does not change it. Set it to ${to}: ${DASHBOARD}/?to=/:account/${zone}/ssl-tls`;
  if (mode === "off" || mode === "flexible")
    return `The SSL mode of the zone ${zone} is "${mode}": Cloudflare would connect to the machine without encryption, and the site would redirect endlessly. ${fix("Full (strict)")}`;
  if (tls === "private-ca" && mode !== "full")
    return `tls: Cloudflare does not trust the stack's own authority while the SSL mode of the zone ${zone} is "${mode}". Use a certificate from Cloudflare:\n    pulumi config set tls cloudflare-origin`;
  return undefined;
}

/** A DNS record at Cloudflare. */
interface FoundRecord {
  id: string;
  name: string;
  type: string;
  content?: string | undefined;
}

/**
 * The message about existing records that conflict with those of the stack: with both, browsers would reach the site
 * only sometimes.
 * @param state outputs of the stack's resources, by `<type>::<name>`.
 */
export function conflictingRecords(
  found: FoundRecord[],
  names: string[],
  zoneId: string,
  state: StackState,
): string | undefined {
  const conflicts = names.flatMap((name) => {
    const record = recordName(DNS, name);
    const ours = state[`${RECORD}::${record}`];
    const there = found.filter((each) => each.name === name && ["A", "AAAA", "CNAME"].includes(each.type));
    const addresses = there.filter(({ type }) => type === "A");
    // The stack has one record per name. If it has none yet, it can import one.
    const own = ours && (addresses.find(({ content }) => content === ours.content) ?? addresses[0]);
    const taken = ours ? undefined : addresses[0];
    return there
      .filter((each) => each !== own)
      .map(({ id, type, content }) => {
        const what = `${name} (${type}) leads to ${content}:`;
        return id === taken?.id
          ? `${what}\n    pulumi import --generate-code=false --protect=false ${RECORD} ${record} ${zoneId}/${id}`
          : `${what} delete it.`;
      });
  });
  if (conflicts.length === 0) return undefined;
  return `DNS records exist already that this stack did not create. Delete them at Cloudflare, or import them, so that the stack points them to its machine:\n${conflicts.join("\n")}`;
}
