import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import {
  appliesTo,
  type CacheRule,
  cacheRuleFindings,
  settingFindings,
  type ZoneSettings,
} from "../../../components/preflight/zoneSettingIssues.ts";

const zone = "example.com";
const link = (path: string) => `https://dash.cloudflare.com/?to=/:account/example.com/${path}`;

describe("A setting of the zone", () => {
  const asNew: ZoneSettings = { websockets: "on", rocketLoader: "off", securityLevel: "medium" };
  const said = (changes: ZoneSettings) => settingFindings(zone, { ...asNew, ...changes });

  it("gives no finding with Cloudflare's default, or if it could not be read", () => {
    assert.deepEqual(said({}), { issues: [], warnings: [], notices: [] });
    assert.deepEqual(settingFindings(zone, {}), { issues: [], warnings: [], notices: [] });
  });

  it("that blocks the connections to kernels is an issue", () => {
    const { issues, warnings } = said({ websockets: "off" });
    assert.deepEqual(warnings, []);
    assert.deepEqual(issues, [
      `The setting WebSockets of the zone example.com is "off": notebooks could not reach their kernels, and terminals would not open. Turn it on: ${link("network")}`,
    ]);
  });

  it("that the site's responses override is a notice", () => {
    const { issues, warnings, notices } = said({ emailObfuscation: "on" });
    assert.deepEqual([issues, warnings], [[], []]);
    assert.match(notices?.[0] ?? "", /^The setting Email Obfuscation of the zone example\.com is "on": .*no-transform/);
    assert.deepEqual(said({ emailObfuscation: "off" }).notices, []);
  });

  for (const [changes, words, path] of [
    [
      { rocketLoader: "on" },
      /^The setting Rocket Loader of the zone example\.com is "on": .*may stay empty\./,
      "speed/optimization",
    ],
    [
      { securityLevel: "under_attack" },
      /is "under_attack": .*cannot be saved once it has expired\./,
      "security/settings",
    ],
    [{ securityLevel: "high" }, /is "high": .*set it to "medium"/, "security/settings"],
  ] as const)
    it(`that may break pages is a warning: ${JSON.stringify(changes)}`, () => {
      const { issues, warnings } = said(changes);
      assert.deepEqual(issues, []);
      assert.equal(warnings.length, 1);
      assert.match(warnings[0] ?? "", words);
      assert.ok(warnings[0]?.endsWith(link(path)));
    });
});

describe("appliesTo() tells whether the expression of a rule matches the site:", () => {
  const name = "jupyter.example.com";
  const cases: [expression: string, applies: "yes" | "no" | "maybe"][] = [
    ["true", "yes"],
    ["(true)", "yes"],
    ['http.host eq "jupyter.example.com"', "yes"],
    ['(http.host eq "Jupyter.example.com")', "yes"],
    ['(http.host eq "www.example.com")', "no"],
    ['http.host ne "www.example.com"', "yes"],
    ['http.host ne "jupyter.example.com"', "no"],
    ['http.host in {"www.example.com" "jupyter.example.com"}', "yes"],
    ['http.host in {"www.example.com" "my-jupyter.example.com"}', "no"],
    ['(http.host eq "www.example.com" and starts_with(http.request.uri.path, "/wp-content"))', "no"],
    ['(http.host eq "jupyter.example.com" and http.request.uri.path.extension eq "css")', "maybe"],
    ['(http.host eq "www.example.com") or (http.host eq "jupyter.example.com")', "yes"],
    ['(http.host eq "www.example.com") or (http.host eq "shop.example.com")', "no"],
    ['(http.host eq "www.example.com") or (http.cookie contains "a")', "maybe"],
    ['(http.host eq "jupyter.example.com" and ssl) or (http.host eq "shop.example.com")', "maybe"],
    ['http.host contains "example.com"', "maybe"],
    ['http.host wildcard "*.example.com"', "maybe"],
    ['(http.request.uri.path contains "a or b")', "maybe"],
    ['not (http.host eq "www.example.com")', "maybe"],
    ["", "maybe"],
  ];
  for (const [expression, applies] of cases)
    it(`${expression}: ${applies}`, () => {
      assert.equal(appliesTo({ expression }, name), applies);
    });
});

describe("A cache rule", () => {
  const names = ["example.com", "jupyter.example.com"];
  const override = { cache: true, edgeTtl: { mode: "override_origin" } };
  const rule = (
    expression: string,
    actionParameters: CacheRule["actionParameters"],
    more: CacheRule = {},
  ): CacheRule => ({
    action: "set_cache_settings",
    description: "Cache everything",
    enabled: true,
    expression,
    actionParameters: actionParameters ?? null,
    ...more,
  });
  const bypass = (expression: string) => rule(expression, { cache: false });
  /** The numbers of issues and of warnings. */
  const counts = (request: CacheRule[], response: CacheRule[] = []) => {
    const { issues, warnings } = cacheRuleFindings(zone, names, { request, response });
    return [issues.length, warnings.length];
  };

  it("that caches responses against the site's headers is an issue, with its name and two fixes", () => {
    const { issues } = cacheRuleFindings(zone, names, { request: [rule("true", override)], response: [] });
    assert.deepEqual(issues, [
      `The cache rule "Cache everything" of the zone example.com applies to the site: Cloudflare caches responses that the site forbids to cache, and serves users' files to strangers. Set its Edge TTL to "Use cache-control header if present", or add a later rule that bypasses the cache for these names, http.host in {"example.com" "jupyter.example.com"}: ${link("caching/cache-rules")}`,
    ]);
    assert.deepEqual(counts([rule('http.host eq "jupyter.example.com"', override)]), [1, 0]);
    const byStatus = { edgeTtl: { mode: "respect_origin", statusCodeTtls: [{ value: 60 }] } };
    assert.deepEqual(counts([rule("true", byStatus)]), [1, 0]);
  });

  it("that may apply to the site is a warning, named by its expression if it has no description", () => {
    const odd = rule('http.host contains "jup"', override, { description: null });
    const { issues, warnings } = cacheRuleFindings(zone, names, { request: [odd], response: [] });
    assert.deepEqual(issues, []);
    assert.match(
      warnings.join(),
      /^The cache rule "http\.host contains "jup"" of the zone example\.com may apply to the site/,
    );
    assert.equal(warnings.length, 1);
  });

  it("for other names, or that respects the site's headers, is disabled, or caches nothing, gives no finding", () => {
    for (const each of [
      rule('http.host eq "www.example.com"', override),
      rule("true", { cache: true }),
      rule("true", { cache: true, edgeTtl: { mode: "bypass_by_default" } }),
      rule("true", { cache: true, edgeTtl: { mode: "respect_origin", statusCodeTtls: [{ value: -1 }, { value: 0 }] } }),
      rule("true", override, { enabled: false }),
      rule("true", null),
      bypass("true"),
    ])
      assert.deepEqual(counts([each]), [0, 0], JSON.stringify(each));
  });

  it("is overridden by a later bypass rule for all names, not by an earlier one or one for some names", () => {
    const all = 'http.host in {"example.com" "jupyter.example.com"}';
    assert.deepEqual(counts([rule("true", override), bypass(all)]), [0, 0]);
    assert.deepEqual(counts([bypass(all), rule("true", override)]), [1, 0]);
    assert.deepEqual(counts([rule("true", override), bypass('http.host eq "jupyter.example.com"')]), [1, 0]);
    assert.deepEqual(counts([rule("true", override), bypass('http.cookie contains "a"')]), [1, 0]);
  });

  it("that changes the Cache-Control of responses is a warning, unless it forbids caching", () => {
    const control = (actionParameters: CacheRule["actionParameters"]) =>
      rule("true", actionParameters, { action: "set_cache_control" });
    assert.deepEqual(counts([], [control({})]), [0, 1]);
    assert.deepEqual(counts([], [control({ noStore: { operation: "remove" } })]), [0, 1]);
    assert.deepEqual(counts([], [control({ noStore: { operation: "set" } })]), [0, 0]);
    assert.deepEqual(counts([], [control({ private: { operation: "set" } })]), [0, 0]);
    assert.deepEqual(counts([], [rule("true", {}, { action: "set_cache_tags" })]), [0, 0]);
  });
});
