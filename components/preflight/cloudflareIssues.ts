import { NEW_TOKEN } from "../../settings/credentials.ts";
import { DNS, RECORD, recordName } from "../cloudflare/dnsRecords.ts";
import type { Made } from "./stackState.ts";

/** Issues at Cloudflare. Each text ends in what to do; undefined: no issue. */

const DASHBOARD = "https://dash.cloudflare.com";

/** The subject of a question to Cloudflare, for the texts. */
export interface Asked {
  zone?: string | undefined;
  /** The site's domain. */
  domain: string;
  /** The zone that the settings name. */
  dnsZone?: string | undefined;
  /** The permissions that the token needs. */
  rights: string;
}

/** The zone of a domain among those that the token sees: the one that the settings name, or the longest that the domain lies in. */
export function zoneFor<Zone extends { name: string; status: string }>(
  zones: Zone[],
  { domain, dnsZone }: Pick<Asked, "domain" | "dnsZone">,
): Zone | undefined {
  const fits = (name: string) => (dnsZone ? name === dnsZone : domain === name || domain.endsWith(`.${name}`));
  // Two accounts may have a zone of the same name, of which one is active.
  return zones
    .filter(({ name }) => fits(name))
    .toSorted((a, b) => b.name.length - a.name.length || (a.status === "active" ? -1 : 1))[0];
}

/** The message for a domain whose zone the token does not see. */
export function noZone(zones: { name: string }[], { domain, dnsZone, rights }: Asked): string {
  const seen = zones.map(({ name }) => name);
  const more = seen.length > SHOWN ? ` and ${seen.length - SHOWN} more` : "";
  const list = `It sees ${seen.length > 0 ? `these: ${seen.slice(0, SHOWN).join(", ")}${more}` : "none"}.`;
  if (dnsZone)
    return `dnsZone: the Cloudflare token sees no zone ${dnsZone}. ${list} Without dnsZone, the zone that ${domain} lies in is looked up:\n    pulumi config rm dnsZone`;
  return `domain: the Cloudflare token sees no zone that ${domain} lies in. ${list} Either the domain is not at Cloudflare, or the token is for another zone. It has to be allowed ${rights}, for the zone of ${domain}. ${DASHBOARD}/profile/api-tokens makes one:\n    ${NEW_TOKEN}`;
}
const SHOWN = 10;

/** Cloudflare's free certificate covers the zone and one label in front of it. */
export function tooDeep(zone: string, domain: string): string | undefined {
  if (domain === zone) return undefined;
  return `proxied: jupyter.${domain} lies two levels or more below the zone ${zone}, and Cloudflare's free certificate covers one. Let the names lead straight to the machine, or use the zone itself (pulumi config set domain ${zone}):\n    pulumi config set proxied false`;
}

/** Why Cloudflare did not answer a question about a zone. */
export function whyNot(error: string, { zone, domain, rights }: Asked): string {
  const what = `the zone ${zone ?? `of ${domain}`}`;
  const said = /"message":"([^"]+)"/.exec(error)?.[1] ?? firstLine(error);
  if (/\b(9106|9109|10000|6003)\b/.test(error))
    return `cloudflare:apiToken: Cloudflare refuses what is asked of ${what} (${said}). The token has to be allowed ${rights}, for this zone. ${DASHBOARD}/profile/api-tokens makes one:\n    ${NEW_TOKEN}`;
  return `Cloudflare did not answer a question about ${what}. Run pulumi again. It says: ${said}`;
}

const firstLine = (text: string) => text.trim().split("\n")[0]?.slice(0, 300) ?? "";

/** An inactive zone does not resolve. */
export function wrongStatus(zone: string, status: string, nameServers: string[]): string | undefined {
  if (status === "active") return undefined;
  return `dnsZone: the zone ${zone} is ${status}: the world does not ask Cloudflare for its names yet. Where the domain was bought, name these as its name servers, and run pulumi again when Cloudflare calls the zone active: ${nameServers.join(", ")}`;
}

/** A zone whose owner has switched Cloudflare off: its names lead straight to the machine, which lets Cloudflare in alone. */
export function whilePaused(zone: string, paused: boolean): string | undefined {
  if (!paused) return undefined;
  return `proxied: Cloudflare is paused on the zone ${zone}: visitors would be sent to the machine itself, whose firewall lets in Cloudflare alone. Choose "Enable Cloudflare on Site" under Advanced Actions: ${DASHBOARD}/?to=/:account/${zone}`;
}

/** The zone's SSL mode: how Cloudflare connects to the machine of a proxied site. Only the zone's owner sets it. */
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
  name: string;
  type: string;
  content?: string | undefined;
}

/**
 * Records of the site's names that this stack did not make. Beside them the site would be found every second time, or never.
 * @param made outputs of what the stack has made so far, by `<type>::<name>`.
 */
export function inTheWay(found: FoundRecord[], names: string[], zoneId: string, made: Made): string | undefined {
  const mends = names.flatMap((name) => {
    const record = recordName(DNS, name);
    const ours = made[`${RECORD}::${record}`];
    const there = found.filter((each) => each.name === name && ["A", "AAAA", "CNAME"].includes(each.type));
    const addresses = there.filter(({ type }) => type === "A");
    // The stack has one for each name. Without any, it can take one over.
    const own = ours && (addresses.find(({ content }) => content === ours.content) ?? addresses[0]);
    const taken = ours ? undefined : addresses[0];
    return there
      .filter((each) => each !== own)
      .map(({ id, type, content }) => {
        const what = `${name} (${type}) leads to ${content}:`;
        return id === taken?.id
          ? `${what}\n    pulumi import --generate-code=false --protect=false ${RECORD} ${record} ${zoneId}/${id}`
          : `${what} it has to be deleted.`;
      });
  });
  if (mends.length === 0) return undefined;
  return `There are DNS records already that this stack did not make. Delete them at Cloudflare, or have this stack take them over, which leads them to its machine:\n${mends.join("\n")}`;
}
