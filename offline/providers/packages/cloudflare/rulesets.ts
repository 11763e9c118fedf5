/**
 * The rules of zones. Their owners create them, so tests write them and no resource does. The edge follows Cache Rules
 * (phase `http_request_cache_settings`) as far as it supports them.
 */

import { join } from "node:path";
import { readJson, writeJson } from "../../../cloud/files.ts";
import type { Cloud } from "../../../cloud/folder.ts";
import type { CacheRule } from "../../../edge/state.ts";
import type { ProviderFunction } from "../../resource.ts";
import { ask, Refusal } from "./api.ts";
import { requireZone } from "./zones.ts";

/** Field names are those of the provider's output. */
export interface Rule {
  readonly action: string;
  readonly expression: string;
  readonly description?: string;
  readonly enabled: boolean;
  readonly actionParameters: Readonly<Record<string, unknown>>;
}

export interface Ruleset {
  readonly id: string;
  readonly name: string;
  readonly kind: "managed" | "custom" | "root" | "zone";
  readonly phase: string;
  readonly rules: readonly Rule[];
}

const file = (cloud: Cloud) => join(cloud.folder, "rulesets.json");

/**
 * Sets a zone's rules, and lets the token read them. Before that, the token lacks the permission, like one created by
 * the README's steps: the API requires `Cache Settings Read` or a similar permission, which neither `Zone Read` nor
 * `Zone Settings Read` includes.
 */
export async function writeRulesets(cloud: Cloud, zoneId: string, rulesets: readonly Ruleset[]): Promise<void> {
  for (const rule of cacheRulesOf(rulesets)) hostsOf(rule.expression);
  await writeJson(file(cloud), { ...(await readAll(cloud)), [zoneId]: rulesets });
}

async function readAll(cloud: Cloud): Promise<Record<string, Ruleset[]> | undefined> {
  return readJson(file(cloud));
}

async function readRulesets(cloud: Cloud, zoneId: string, path: string): Promise<Ruleset[]> {
  const all = await readAll(cloud);
  if (all === undefined) throw new Refusal(403, { code: 10000, message: "Authentication error" });
  await requireZone(cloud, zoneId, path);
  return all[zoneId] ?? [];
}

const described = ({ rules: _, ...ruleset }: Ruleset) => ({
  description: "",
  lastUpdated: "2024-01-02T03:04:05Z",
  version: "1",
  ...ruleset,
});

/** `cloudflare:index/getRulesets:getRulesets`: a zone's rulesets, without their rules. */
export const getRulesets: ProviderFunction = async (args, operation) => {
  const { zoneId = "" } = args as { zoneId?: string };
  const path = `/zones/${zoneId}/rulesets`;
  const rulesets = await ask(operation, { method: "GET", path }, (cloud) => readRulesets(cloud, zoneId, path));
  return { zoneId, rulesets: rulesets.map(described), results: rulesets.map(described) };
};

/** `cloudflare:index/getRuleset:getRuleset`: one of them, with its rules. */
export const getRuleset: ProviderFunction = async (args, operation) => {
  const { zoneId = "", id = "" } = args as { zoneId?: string; id?: string };
  const path = `/zones/${zoneId}/rulesets/${id}`;
  return ask(operation, { method: "GET", path }, async (cloud) => {
    const found = (await readRulesets(cloud, zoneId, path)).find((ruleset) => ruleset.id === id);
    if (found === undefined) throw new Refusal(404, { code: 10000, message: "could not find ruleset" });
    const rules = found.rules.map((rule, index) => ({ id: `${id}-${index}`, ref: `${id}-${index}`, ...rule }));
    return { ...described(found), zoneId, rules };
  });
};

/** A zone's Cache Rules in the edge's form. */
export async function edgeCacheRules(cloud: Cloud, zoneId: string): Promise<CacheRule[]> {
  const all = (await readAll(cloud)) ?? {};
  return cacheRulesOf(all[zoneId] ?? []).map(({ expression, actionParameters }) => {
    const { cache, edgeTtl } = actionParameters as {
      cache?: boolean;
      edgeTtl?: { mode: string; default?: number };
    };
    const hosts = hostsOf(expression);
    return {
      ...(hosts && { hosts }),
      ...(cache !== undefined && { cache }),
      ...(edgeTtl?.mode === "override_origin" && { edgeTtl: edgeTtl.default ?? 0 }),
    };
  });
}

function cacheRulesOf(rulesets: readonly Ruleset[]): Rule[] {
  return rulesets
    .filter(({ phase }) => phase === "http_request_cache_settings")
    .flatMap(({ rules }) => rules)
    .filter(({ enabled, action }) => enabled && action === "set_cache_settings");
}

/** The names that an expression matches; undefined for all. Throws for an expression that the edge does not support. */
function hostsOf(expression: string): string[] | undefined {
  if (expression === "true") return undefined;
  const [, host] = /^\(?http\.host eq "([^"]+)"\)?$/.exec(expression) ?? [];
  if (host === undefined) throw new Error(`The fake Cloudflare does not know the expression ${expression}.`);
  return [host];
}
