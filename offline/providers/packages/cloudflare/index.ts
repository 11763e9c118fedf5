/**
 * The fake Cloudflare: its API as the provider shows it. Its data is in the cloud's folder (`openCloud`):
 *
 * - `zones.json`, written by tests (`addZone`): the domains that exist
 * - `faults.json`, written by tests (`Fault`): requests that must fail
 * - `client-certificates.json`, written by tests (`setDurations`): how long the steps of client certificates take
 * - `resources/`: what the engine has created
 * - `rulesets.json`, written by tests (`writeRulesets`): the rules of zones; without it, the token cannot read them
 * - `zone-settings.json`: changed settings, which `destroy` does not undo
 * - `zone.json`: each name's address, for the test browser
 * - `public-ca.pem`: the authority of the edge's certificates, which clients of the edge must trust
 * - `edge/`: the edge's state; the edge (`offline/edge`) runs while a proxied record exists
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
  // The variable is the real provider's own: scripts that use the API read it, too.
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
