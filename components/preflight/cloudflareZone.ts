import { getDnsRecords } from "@pulumi/cloudflare/getDnsRecords.js";
import { getIpRanges } from "@pulumi/cloudflare/getIpRanges.js";
import { getZoneSetting } from "@pulumi/cloudflare/getZoneSetting.js";
import { getZones } from "@pulumi/cloudflare/getZones.js";
import * as pulumi from "@pulumi/pulumi";
import type { Edge } from "../../files/services/nginx/edge.ts";
import { neededPermissions } from "../../settings/credentials.ts";
import type { Settings } from "../../settings/resolve.ts";
import {
  type Asked,
  conflictingRecords,
  pausedZone,
  requestFailed,
  tooDeep,
  wrongMode,
  wrongStatus,
  zoneFor,
  zoneNotFound,
} from "./cloudflareIssues.ts";
import { type Checked, merge } from "./findings.ts";
import type { StackState } from "./stackState.ts";
import { checkZoneSettings } from "./zoneSettings.ts";

/** What Cloudflare does for the site. */
export interface Cloudflare {
  /** Zone of the host names. */
  zoneId: string;
  /** The addresses from which it connects, if it proxies the site. */
  edge?: Edge;
}

/** The provider's default limit is 1000. */
const MOST_ZONES = 5_000;

export interface CloudflareCheck extends Checked {
  /** What Cloudflare does for the site; undefined if the settings do not use it, or if there are issues. */
  found?: Cloudflare;
}

/** Reads the zone at Cloudflare and finds everything that would keep the host names from leading to the site. */
export async function checkCloudflare(settings: Settings, pendingState: Promise<StackState>): Promise<CloudflareCheck> {
  const { dns, domain, hostNames, tls } = settings;
  if (dns.provider === "none") return {};
  const about: Asked = { domain, dnsZone: dns.zone, permissions: neededPermissions(dns) };
  const unanswered: string[] = [];
  const asked = <Answer>(answer: Promise<Answer>): Promise<Answer | undefined> =>
    answer.catch(({ message }) => {
      unanswered.push(requestFailed(`${message}`, about));
      return undefined;
    });

  const zones = await asked(getZones({ maxItems: MOST_ZONES }));
  if (!zones) return { issues: unanswered };
  const zone = zoneFor(zones.results, about);
  if (!zone) return { issues: [zoneNotFound(zones.results, about)] };
  const { id: zoneId, name, status, paused, nameServers } = zone;
  about.zone = name;
  const [records, state, proxy] = await Promise.all([
    asked(getDnsRecords({ zoneId, name: { endswith: domain } })),
    pendingState,
    dns.proxied
      ? Promise.all([
          asked(getZoneSetting({ zoneId, settingId: "ssl" })),
          asked(getIpRanges()),
          checkZoneSettings(zoneId, name, hostNames),
        ])
      : undefined,
  ]);
  const zoneIssues = [
    dns.proxied ? tooDeep(name, domain) : undefined,
    wrongStatus(name, status, nameServers),
    records && conflictingRecords(records.results, hostNames, zoneId, state),
  ];
  if (!proxy) return { issues: [...zoneIssues, ...unanswered], found: { zoneId } };
  const [mode, ranges, zoneSettings] = proxy;
  const proxyIssues = [pausedZone(name, paused), mode && wrongMode(name, mode.value, tls.mode)];
  // Only a preview shows hints: people read it.
  const { issues, ...hints } = zoneSettings;
  return {
    ...merge(
      { issues: [...zoneIssues, ...proxyIssues, ...unanswered] },
      { issues },
      pulumi.runtime.isDryRun() ? hints : {},
    ),
    ...(ranges ? { found: { zoneId, edge: { ipv4: ranges.ipv4Cidrs, ipv6: ranges.ipv6Cidrs } } } : {}),
  };
}
