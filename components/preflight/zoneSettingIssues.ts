import type { Findings } from "./findings.ts";

/** Settings and rules of a Cloudflare zone that break a proxied site. Each text ends in what to do. */

/** Values as Cloudflare tells them; undefined for what could not be read. */
export interface ZoneSettings {
  websockets?: string | undefined;
  rocketLoader?: string | undefined;
  securityLevel?: string | undefined;
  emailObfuscation?: string | undefined;
}

const page = (zone: string, path: string) => `https://dash.cloudflare.com/?to=/:account/${zone}/${path}`;

export function settingFindings(
  zone: string,
  { websockets, rocketLoader, securityLevel, emailObfuscation }: ZoneSettings,
): Findings {
  const issues: string[] = [];
  const warnings: string[] = [];
  if (websockets === "off")
    issues.push(
      `The setting WebSockets of the zone ${zone} is "off": no notebook could reach its kernel, and no terminal would open. Switch it on: ${page(zone, "network")}`,
    );
  if (rocketLoader === "on")
    warnings.push(
      `The setting Rocket Loader of the zone ${zone} is "on": Cloudflare runs the scripts of pages later and in its own order, so that JupyterLab or an app may stay empty. Switch it off (where a configuration rule does so for the site's names, all is well): ${page(zone, "speed/optimization")}`,
    );
  if (securityLevel === "under_attack")
    warnings.push(
      `The setting Security Level of the zone ${zone} is "under_attack": Cloudflare shows each visitor a challenge first. Programs cannot pass it, and an open notebook cannot be saved once it has expired. Switch Under Attack mode off (where a configuration rule does so for the site's names, all is well): ${page(zone, "security/settings")}`,
    );
  if (securityLevel === "high")
    warnings.push(
      `The setting Security Level of the zone ${zone} is "high": Cloudflare challenges more visitors, and programs cannot pass a challenge. If requests of a notebook fail with 403, set it to "medium": ${page(zone, "security/settings")}`,
    );
  // Every new zone has it on, and the site's pages say `no-transform`.
  const notices =
    emailObfuscation === "on"
      ? [
          `The setting Email Obfuscation of the zone ${zone} is "on": Cloudflare replaces addresses in pages. The site's answers forbid that (no-transform). If a page shows "[email protected]" all the same, switch it off: ${page(zone, "security/settings")}`,
        ]
      : [];
  return { issues, warnings, notices };
}

/** A rule as the provider tells of it, as far as it is looked at. */
export interface CacheRule {
  action?: string | null;
  description?: string | null;
  enabled?: boolean | null;
  expression?: string | null;
  actionParameters?: {
    cache?: boolean | null;
    edgeTtl?: {
      mode?: string | null;
      statusCodeTtls?: { value?: number | null }[] | null;
    } | null;
    noStore?: { operation?: string | null } | null;
    private?: { operation?: string | null } | null;
  } | null;
}

export interface CacheRules {
  /** Of the phase `http_request_cache_settings`: Cache Rules, in their order. */
  request: CacheRule[];
  /** Of the phase `http_response_cache_settings`: Cache Response Rules. */
  response: CacheRule[];
}

/**
 * Rules by which Cloudflare keeps answers although the site forbids it. It would give them to strangers, without asking the site.
 * A rule that is surely for a name of the site is an issue; where nobody here can tell what it is for, it is a warning.
 * @param names the site's host names.
 */
export function cacheRuleFindings(zone: string, names: string[], { request, response }: CacheRules): Findings {
  const sure = new Set<CacheRule>();
  const possible = new Set<CacheRule>();
  for (const name of names) {
    const { overriding, isSure } = overridingFor(name, request);
    if (overriding) (isSure ? sure : possible).add(overriding);
    // What they do to a header that forbids keeping is said by no page of Cloudflare's: never more than a warning.
    for (const rule of response.filter(changesControl)) if (appliesTo(rule, name) !== "no") possible.add(rule);
  }
  const labels = names.map((name) => `"${name}"`).join(" ");
  const fix = `Set its Edge TTL to "Use cache-control header if present", or put a rule behind it that bypasses the cache for these names, http.host in {${labels}}: ${page(zone, "caching/cache-rules")}`;
  const what = "Cloudflare keeps answers whatever the site says, and gives people's files to strangers";
  return {
    issues: [...sure].map(
      (rule) => `The cache rule ${called(rule)} of the zone ${zone} is for the site, too: ${what}. ${fix}`,
    ),
    warnings: [...possible]
      .filter((rule) => !sure.has(rule))
      .map(
        (rule) => `The cache rule ${called(rule)} of the zone ${zone} may be for the site, too. Then ${what}. ${fix}`,
      ),
    notices: [],
  };
}

const called = ({ description, expression }: CacheRule) => `"${description || expression}"`;

/** The rule that counts for a name in the end, of those that override what the site says. */
function overridingFor(name: string, rules: CacheRule[]): { overriding?: CacheRule; isSure?: boolean } {
  let found: { overriding?: CacheRule; isSure?: boolean } = {};
  for (const rule of rules) {
    const { enabled, action, actionParameters } = rule;
    const applies = appliesTo(rule, name);
    if (!enabled || action !== "set_cache_settings" || applies === "no") continue;
    if (actionParameters?.cache === false) {
      if (applies === "yes") found = {};
    } else if (overrides(rule)) {
      if (applies === "yes" || !found.isSure) found = { overriding: rule, isSure: applies === "yes" };
    }
  }
  return found;
}

function overrides({ actionParameters }: CacheRule): boolean {
  const { mode, statusCodeTtls } = actionParameters?.edgeTtl ?? {};
  return mode === "override_origin" || (statusCodeTtls ?? []).some(({ value }) => (value ?? 0) > 0);
}

function changesControl({ enabled, action, actionParameters }: CacheRule): boolean {
  if (!enabled || action !== "set_cache_control") return false;
  const forbids = [actionParameters?.noStore, actionParameters?.private].some((each) => each?.operation === "set");
  return !forbids;
}

/** Whether a rule is for requests to a name: as far as its expression says so by `http.host` alone. */
export function appliesTo({ expression }: Pick<CacheRule, "expression">, name: string): "yes" | "no" | "maybe" {
  const text = withoutBrackets(expression ?? "");
  if (text === "true") return "yes";
  // Brackets and words within texts: nobody here can tell.
  const any = text.split(/ or /);
  if (any.length > 1 && any.every(isBalanced)) return anyOf(any.map((part) => appliesTo({ expression: part }, name)));
  const all = text.split(/ and /);
  if (all.length > 1 && all.every(isBalanced)) return allOf(all.map((part) => appliesTo({ expression: part }, name)));
  const [, host] = /^http\.host eq "([^"]*)"$/.exec(text) ?? [];
  if (host !== undefined) return host.toLowerCase() === name ? "yes" : "no";
  const [, others] = /^http\.host ne "([^"]*)"$/.exec(text) ?? [];
  if (others !== undefined) return others.toLowerCase() === name ? "no" : "yes";
  const [, hosts] = /^http\.host in \{([^}]*)\}$/.exec(text) ?? [];
  if (hosts !== undefined) return hosts.toLowerCase().includes(`"${name}"`) ? "yes" : "no";
  return "maybe";
}

type Applies = ReturnType<typeof appliesTo>;
const anyOf = (parts: Applies[]) => (parts.includes("yes") ? "yes" : parts.includes("maybe") ? "maybe" : "no");
const allOf = (parts: Applies[]) => (parts.includes("no") ? "no" : parts.includes("maybe") ? "maybe" : "yes");

function isBalanced(text: string): boolean {
  const count = (pattern: RegExp) => text.match(pattern)?.length ?? 0;
  return count(/\(/g) === count(/\)/g) && count(/"/g) % 2 === 0;
}

function withoutBrackets(expression: string): string {
  const text = expression.trim();
  const inner = text.slice(1, -1);
  return text.startsWith("(") && text.endsWith(")") && !/\).*\(/.test(inner) && isBalanced(inner)
    ? withoutBrackets(inner)
    : text;
}
