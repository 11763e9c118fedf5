import { getRuleset } from "@pulumi/cloudflare/getRuleset.js";
import { getRulesets } from "@pulumi/cloudflare/getRulesets.js";
import { getZoneSetting } from "@pulumi/cloudflare/getZoneSetting.js";
import { type Findings, merge } from "./findings.ts";
import { type CacheRule, type CacheRules, cacheRuleFindings, settingFindings } from "./zoneSettingIssues.ts";

/**
 * Finds zone-wide settings that break a proxied site. Settings that the token may not read are skipped: cache rules need
 * the permission `Cache Settings: Read`, which the site does not need otherwise.
 */
export async function checkZoneSettings(zoneId: string, zone: string, names: string[]): Promise<Findings> {
  const read = (settingId: string) => getZoneSetting({ zoneId, settingId }).then(({ value }) => `${value}`, asUnknown);
  const [websockets, rocketLoader, securityLevel, emailObfuscation, rules] = await Promise.all([
    read("websockets"),
    read("rocket_loader"),
    read("security_level"),
    read("email_obfuscation"),
    cacheRulesOf(zoneId).catch(asUnknown),
  ]);
  return merge(
    settingFindings(zone, { websockets, rocketLoader, securityLevel, emailObfuscation }),
    rules ? cacheRuleFindings(zone, names, rules) : {},
  );
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
