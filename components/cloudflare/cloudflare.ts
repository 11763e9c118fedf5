import { getDnsRecords } from "@pulumi/cloudflare/getDnsRecords.js";
import { getIpRanges } from "@pulumi/cloudflare/getIpRanges.js";
import { getZoneSetting } from "@pulumi/cloudflare/getZoneSetting.js";
import { getZones } from "@pulumi/cloudflare/getZones.js";
import type { Edge } from "../../files/services/nginx/edge.ts";
import { rightsOf } from "../../settings/credentials.ts";
import { plainRefusal } from "../../settings/plainRefusal.ts";
import type { Settings } from "../../settings/resolve.ts";
import {
  type Asked,
  inTheWay,
  noZone,
  tooDeep,
  whilePaused,
  whyNot,
  wrongMode,
  wrongStatus,
  zoneFor,
} from "../preflight/cloudflareIssues.ts";
import { madeSoFar } from "../preflight/stackState.ts";
import { lookAtZone } from "./zoneSettings.ts";

/** What Cloudflare does for the site. */
export interface Cloudflare {
  /** Zone that the names lie in. */
  zoneId: string;
  /** Where it connects from, if it stands before the machine. */
  edge?: Edge;
}

/** The provider stops at 1000 where nothing is said. */
const MOST_ZONES = 5_000;

/**
 * Looks up what there is at Cloudflare, before anything is made; undefined where the settings ask nothing of it.
 * @throws pulumi.RunError in plain words, for whatever would keep the names from leading to the site.
 */
export async function cloudflareFor({ dns, domain, hostNames, tls }: Settings): Promise<Cloudflare | undefined> {
  if (dns.provider === "none") return undefined;
  const about: Asked = { domain, dnsZone: dns.zone, rights: rightsOf(dns) };
  const asked = <Answer>(answer: Promise<Answer>): Promise<Answer> =>
    answer.catch(({ message }) => refuse(whyNot(`${message}`, about)));

  const { results: zones } = await asked(getZones({ maxItems: MOST_ZONES }));
  const { id: zoneId, name, status, paused, nameServers } = zoneFor(zones, about) ?? refuse(noZone(zones, about));
  about.zone = name;
  if (dns.proxied) refuseFor(tooDeep(name, domain));
  refuseFor(wrongStatus(name, status, nameServers));
  const [{ results }, made] = await Promise.all([
    asked(getDnsRecords({ zoneId, name: { endswith: domain } })),
    madeSoFar(),
  ]);
  refuseFor(inTheWay(results, hostNames, zoneId, made));
  if (!dns.proxied) return { zoneId };
  refuseFor(whilePaused(name, paused));
  const [mode, ranges] = await Promise.all([asked(getZoneSetting({ zoneId, settingId: "ssl" })), asked(getIpRanges())]);
  refuseFor(wrongMode(name, mode.value, tls.mode));
  await lookAtZone(zoneId, name, hostNames);
  return { zoneId, edge: { ipv4: ranges.ipv4Cidrs, ipv6: ranges.ipv6Cidrs } };
}

/** IPv4 ranges that the world comes to the machine from. */
export const webFrom = (cloudflare: Cloudflare | undefined): string[] => cloudflare?.edge?.ipv4 ?? ["0.0.0.0/0"];

function refuse(sentence: string): never {
  throw plainRefusal(`Nothing was changed. ${sentence}\n`);
}

function refuseFor(sentence: string | undefined): void {
  if (sentence) refuse(sentence);
}
