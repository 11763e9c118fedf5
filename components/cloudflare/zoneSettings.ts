import { getRuleset } from "@pulumi/cloudflare/getRuleset.js";
import { getRulesets } from "@pulumi/cloudflare/getRulesets.js";
import { getZoneSetting } from "@pulumi/cloudflare/getZoneSetting.js";
import * as pulumi from "@pulumi/pulumi";
import { plainRefusal } from "../../settings/plainRefusal.ts";
import { type CacheRule, type CacheRules, cacheRuleFaults, settingFaults } from "../preflight/zoneSettingIssues.ts";

/**
 * Looks at what the zone's owner has set for all of its names, and what of it a site behind Cloudflare does not get along with.
 * Whatever the token may not read is passed over: cache rules need `Cache Settings: Read`, which the site needs for nothing else.
 * In a preview, warns of what pages or visitors may not get along with.
 * @throws pulumi.RunError for what makes the site unusable or unsafe.
 */
export async function lookAtZone(zoneId: string, zone: string, names: string[]): Promise<void> {
  const read = (settingId: string) => getZoneSetting({ zoneId, settingId }).then(({ value }) => `${value}`, asUnknown);
  const [websockets, rocketLoader, securityLevel, emailObfuscation, rules] = await Promise.all([
    read("websockets"),
    read("rocket_loader"),
    read("security_level"),
    read("email_obfuscation"),
    cacheRulesOf(zoneId).catch(asUnknown),
  ]);
  const found = [
    settingFaults(zone, { websockets, rocketLoader, securityLevel, emailObfuscation }),
    ...(rules ? [cacheRuleFaults(zone, names, rules)] : []),
  ];
  // A preview is when somebody reads.
  if (pulumi.runtime.isDryRun()) {
    for (const warning of found.flatMap((each) => each.warnings)) void pulumi.log.warn(warning);
    for (const notice of found.flatMap((each) => each.notices ?? [])) void pulumi.log.info(notice);
  }
  const refusals = found.flatMap((each) => each.refusals);
  if (refusals.length > 0) throw plainRefusal(`Nothing was changed. ${refusals.join("\n")}\n`);
}

const asUnknown = () => undefined;

async function cacheRulesOf(zoneId: string): Promise<CacheRules> {
  const { rulesets } = await getRulesets({ zoneId });
  const rulesOf = async (phase: string): Promise<CacheRule[]> => {
    const found = rulesets.find((each) => each.phase === phase && each.kind === "zone");
    return found ? (await getRuleset({ zoneId, id: found.id })).rules : [];
  };
  const [request, response] = await Promise.all([
    rulesOf("http_request_cache_settings"),
    rulesOf("http_response_cache_settings"),
  ]);
  return { request, response };
}
