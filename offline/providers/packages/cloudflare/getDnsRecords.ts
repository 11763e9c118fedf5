import type { ProviderFunction } from "../../resource.ts";
import { ask } from "./api.ts";
import { type DnsEntry, readEntries } from "./dns.ts";
import { requireZone } from "./zones.ts";

/** Conditions for a text, case-insensitive. */
type TextFilter = { contains?: string; endswith?: string; exact?: string; startswith?: string };

type Arguments = {
  zoneId?: string;
  name?: TextFilter;
  content?: TextFilter;
  type?: string;
  proxied?: boolean;
  maxItems?: number;
};

/** `cloudflare:index/getDnsRecords:getDnsRecords`: by name, content, type and whether they are proxied. */
export const getDnsRecords: ProviderFunction = async (args, operation) => {
  const { zoneId = "", name, content, type, proxied, maxItems = 1000 } = args as Arguments;
  const path = `/zones/${zoneId}/dns_records`;
  const found = await ask(operation, { method: "GET", path }, async (cloud) => {
    await requireZone(cloud, zoneId, path);
    return (await readEntries(cloud, zoneId)).filter(
      (entry) =>
        passes(entry.name, name) &&
        passes(entry.content, content) &&
        (type === undefined || entry.type === type.toUpperCase()) &&
        (proxied === undefined || entry.proxied === proxied),
    );
  });
  const defaults = { direction: "asc", includeShadowMetadata: false, match: "all", order: "type", tagMatch: "all" };
  return { ...defaults, proxied: false, ...args, results: found.slice(0, maxItems).map(describe) };
};

function passes(text: string, { contains, endswith, exact, startswith }: TextFilter = {}): boolean {
  const lower = text.toLowerCase();
  const holds = (value: string | undefined, test: (value: string) => boolean) =>
    value === undefined || test(value.toLowerCase());
  return (
    holds(exact, (value) => lower === value) &&
    holds(contains, (value) => lower.includes(value)) &&
    holds(startswith, (value) => lower.startsWith(value)) &&
    holds(endswith, (value) => lower.endsWith(value))
  );
}

function describe(entry: DnsEntry) {
  return {
    ...entry,
    proxiable: entry.type !== "TXT",
    meta: "{}",
    settings: {},
    tags: [],
    comment: entry.comment ?? null,
  };
}
