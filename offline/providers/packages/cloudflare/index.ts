/**
 * The fake Cloudflare: its API as the provider shows it. What it has lies in the cloud's folder (`openCloud`):
 *
 * - `zones.json`, written by tests (`addZone`): the domains that exist
 * - `faults.json`, written by tests (`Fault`): requests that are to fail
 * - `client-certificates.json`, written by tests (`setDurations`): how long client certificates take to be shown
 * - `resources/`: what the engine has made
 * - `rulesets.json`, written by tests (`writeRulesets`): the rules of zones; without it, the token may not read them
 * - `zone-settings.json`: what has been set, which no `destroy` takes back
 * - `zone.json`: each name's address, for the test browser
 * - `public-ca.pem`: the authority of the edge's certificates, to be trusted by whoever asks the edge
 * - `edge/`: what the edge has to know; the edge (`offline/edge`) runs as long as there is a proxied record
 * - `authorities/`: the authorities, and the zones' certificates
 */

import type { ProviderPackage } from "../../resource.ts";
import { checkConfig } from "./api.ts";
import { associationType, certificateType } from "./clientCertificates.ts";
import { recordType } from "./dns.ts";
import { dnsRecord } from "./dnsRecord.ts";
import { getDnsRecords } from "./getDnsRecords.ts";
import { getIpRanges } from "./getIpRanges.ts";
import { getZone, getZones } from "./getZone.ts";
import { getZoneSetting } from "./getZoneSetting.ts";
import { serveApi } from "./http.ts";
import { originCaCertificate } from "./originCaCertificate.ts";
import { getOriginPulls, originPulls } from "./originPulls.ts";
import { originPullsCertificate } from "./originPullsCertificate.ts";
import { getRuleset, getRulesets } from "./rulesets.ts";
import { zoneSetting } from "./zoneSetting.ts";

export default {
  name: "cloudflare",
  version: "6.22.1",
  checkConfig,
  // The variable is the real provider's own: scripts that ask the API follow it, too.
  environment: async () => ({ CLOUDFLARE_BASE_URL: await serveApi() }),
  resources: {
    [recordType]: dnsRecord,
    [associationType]: originPulls,
    [certificateType]: originPullsCertificate,
    "cloudflare:index/originCaCertificate:OriginCaCertificate": originCaCertificate,
    "cloudflare:index/zoneSetting:ZoneSetting": zoneSetting,
  },
  functions: {
    "cloudflare:index/getAuthenticatedOriginPulls:getAuthenticatedOriginPulls": getOriginPulls,
    "cloudflare:index/getDnsRecords:getDnsRecords": getDnsRecords,
    "cloudflare:index/getIpRanges:getIpRanges": getIpRanges,
    "cloudflare:index/getRuleset:getRuleset": getRuleset,
    "cloudflare:index/getRulesets:getRulesets": getRulesets,
    "cloudflare:index/getZone:getZone": getZone,
    "cloudflare:index/getZoneSetting:getZoneSetting": getZoneSetting,
    "cloudflare:index/getZones:getZones": getZones,
  },
} satisfies ProviderPackage;
