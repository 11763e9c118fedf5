import type { Findings } from "./findings.ts";

/** Messages about settings and rules of a Cloudflare zone that break a proxied site. Each ends in what to do. */

/** Values in Cloudflare's notation; undefined if they could not be read. */
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
      `The setting WebSockets of the zone ${zone} is "off": notebooks could not reach their kernels, and terminals would not open. Turn it on: ${page(zone, "network")}`,
    );
  if (rocketLoader === "on")
    warnings.push(
      `The setting Rocket Loader of the zone ${zone} is "on": Cloudflare delays and reorders the scripts of pages, so JupyterLab or an app may stay empty. Turn it off (unless a configuration rule does so for the site's names): ${page(zone, "speed/optimization")}`,
    );
  if (securityLevel === "under_attack")
    warnings.push(
      `The setting Security Level of the zone ${zone} is "under_attack": Cloudflare shows each user a challenge first. Programs cannot pass it, and an open notebook cannot be saved once it has expired. Turn Under Attack mode off (unless a configuration rule does so for the site's names): ${page(zone, "security/settings")}`,
    );
  if (securityLevel === "high")
    warnings.push(
      `The setting Security Level of the zone ${zone} is "high": Cloudflare challenges more users, and programs cannot pass a challenge. If requests of a notebook fail with 403, set it to "medium": ${page(zone, "security/settings")}`,
    );
  // It is on in every new zone, and the site's pages send `no-transform`.
  const notices =
    emailObfuscation === "on"
      ? [
          `The setting Email Obfuscation of the zone ${zone} is "on": Cloudflare replaces e-mail addresses in pages. The site's responses forbid that (no-transform). If a page still shows "[email protected]", turn it off: ${page(zone, "security/settings")}`,
        ]
      : [];
  return { issues, warnings, notices };
}

/** The relevant parts of a rule, in the provider's form. */
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
  /** Cache Rules (phase `http_request_cache_settings`), in their order. */
  request: CacheRule[];
  /** Cache Response Rules (phase `http_response_cache_settings`). */
  response: CacheRule[];
}

/**
 * Rules that make Cloudflare cache responses although the site forbids it. Cloudflare would serve them to strangers. A
 * rule that applies to a host name of the site is an issue; one whose expression is too complex to tell is a warning.
 * @param names the site's host names.
 */
export function cacheRuleFindings(zone: string, names: string[], { request, response }: CacheRules): Findings {
  const sure = new Set<CacheRule>();
  const possible = new Set<CacheRule>();
  for (const name of names) {
    const { overriding, isSure } = overridingFor(name, request);
    if (overriding) (isSure ? sure : possible).add(overriding);
    // Cloudflare does not document how these rules affect a header that forbids caching, so they are only a warning.
    for (const rule of response.filter(changesControl)) if (appliesTo(rule, name) !== "no") possible.add(rule);
  }
  const labels = names.map((name) => `"${name}"`).join(" ");
  const fix = `Set its Edge TTL to "Use cache-control header if present", or add a later rule that bypasses the cache for these names, http.host in {${labels}}: ${page(zone, "caching/cache-rules")}`;
  const what = "Cloudflare caches responses that the site forbids to cache, and serves users' files to strangers";
  return {
    issues: [...sure].map(
      (rule) => `The cache rule ${called(rule)} of the zone ${zone} applies to the site: ${what}. ${fix}`,
    ),
    warnings: [...possible]
      .filter((rule) => !sure.has(rule))
      .map((rule) => `The cache rule ${called(rule)} of the zone ${zone} may apply to the site. Then ${what}. ${fix}`),
    notices: [],
  };
}

const called = ({ description, expression }: CacheRule) => `"${description || expression}"`;

/** The rule that finally applies to a name and overrides the site's headers, if there is one. */
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

/** Whether a rule applies to requests for a name. Understands only expressions of `http.host`. */
export function appliesTo({ expression }: Pick<CacheRule, "expression">, name: string): "yes" | "no" | "maybe" {
  const text = withoutBrackets(expression ?? "");
  if (text === "true") return "yes";
  // Splitting is safe only if no part breaks brackets or quotes.
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
