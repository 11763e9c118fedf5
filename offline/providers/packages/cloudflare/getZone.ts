import type { Cloud } from "../../../cloud/folder.ts";
import type { Operation, Properties, ProviderFunction } from "../../resource.ts";
import { ask, Refusal } from "./api.ts";
import { type PlanName, readZones, type Zone } from "./zones.ts";

/** Filter for zones. `name` and the account's may begin with an operator: `starts_with:exam`. */
type Filter = {
  account?: { id?: string; name?: string };
  direction?: "asc" | "desc";
  /** Default: all. */
  match?: "all" | "any";
  name?: string;
  order?: string;
  status?: string;
  types?: string[];
};

/** `cloudflare:index/getZone:getZone`: by `zoneId`, or by a `filter` that matches exactly one zone. */
export const getZone: ProviderFunction = async (args, operation) => {
  const { filter } = args as { filter?: Filter };
  if ((filter === undefined) === (args.zoneId === undefined)) {
    throw new Error(
      "Invalid Attribute Combination: Exactly one of these attributes must be configured: [zone_id,filter]",
    );
  }
  const zoneId = filter === undefined ? String(args.zoneId) : await onlyZone(filter, operation);
  if (zoneId === "") throw new Error("Invalid zone configuration: empty or null zone ID");
  const request = { method: "GET", path: `/zones/${zoneId}` } as const;
  const zone = await ask(operation, request, async (cloud) => {
    const found = (await readZones(cloud)).find(({ id }) => id === zoneId);
    if (found === undefined) throw new Refusal(400, { code: 1001, message: "Invalid zone identifier" });
    return found;
  });
  return { ...describe(zone), zoneId, ...(filter && { filter: { match: "all", ...filter } }) };
};

/** `cloudflare:index/getZones:getZones` */
export const getZones: ProviderFunction = async (args, operation) => {
  requireSchema(args);
  const zones = await findZones(args as Filter, operation);
  const { maxItems } = args as { maxItems?: number };
  return { match: "all", ...args, results: zones.slice(0, maxItems ?? 1000).map(describe) };
};

const words: Record<string, string[]> = {
  direction: ["asc", "desc"],
  match: ["any", "all"],
  order: ["name", "status", "account.id", "account.name", "plan.id"],
  status: ["initializing", "pending", "active", "moved"],
};

/** What the provider refuses before any request: unknown arguments and values. */
function requireSchema(args: Properties): void {
  for (const [name, value] of Object.entries(args)) {
    const allowed = words[name];
    if (!allowed && !["account", "maxItems", "name", "types"].includes(name))
      throw new Error(`Unsupported argument: An argument named "${name}" is not expected here.`);
    if (allowed && !allowed.includes(String(value).toLowerCase()))
      throw new Error(
        `Invalid Attribute Value Match: Attribute ${name} value must be one of: [${allowed.map((word) => `"${word}"`).join(" ")}], got: "${value}"`,
      );
  }
  const { maxItems } = args;
  if (maxItems !== undefined && !(typeof maxItems === "number" && maxItems >= 1))
    throw new Error(`Invalid Attribute Value: Attribute max_items value must be at least 1, got: ${maxItems}`);
}

async function onlyZone(filter: Filter, operation: Operation): Promise<string> {
  const [zone, ...more] = await findZones(filter, operation);
  if (zone !== undefined && more.length === 0) return zone.id;
  throw new Error(`failed to find exactly one result: ${zone === undefined ? 0 : more.length + 1} found`);
}

function findZones(filter: Filter, operation: Operation): Promise<Zone[]> {
  return ask(operation, { method: "GET", path: "/zones" }, async (cloud: Cloud) => {
    const found = (await readZones(cloud)).filter((zone) => passes(zone, filter));
    return filter.direction === "desc" ? found.reverse() : found;
  });
}

function passes(zone: Zone, { account, match = "all", name, status, types }: Filter): boolean {
  const tests = [
    name && isLike(zone.name, name),
    account?.id && zone.account.id === account.id,
    account?.name && isLike(zone.account.name, account.name),
    status && zone.status === status,
    types && types.length > 0 && types.includes("full"),
  ].filter((test) => typeof test === "boolean");
  return match === "any" && tests.length > 0 ? tests.includes(true) : !tests.includes(false);
}

/** Compares a text with `operator:value`; without an operator, it must be equal. */
function isLike(text: string, condition: string): boolean {
  const [, operator = "equal", value = condition] =
    /^(equal|not_equal|starts_with|ends_with|contains|starts_with_case_sensitive|ends_with_case_sensitive|contains_case_sensitive):(.*)$/.exec(
      condition,
    ) ?? [];
  const isStrict = operator.endsWith("_case_sensitive");
  const [one, other] = isStrict ? [text, value] : [text.toLowerCase(), value.toLowerCase()];
  switch (operator.replace("_case_sensitive", "")) {
    case "not_equal":
      return one !== other;
    case "starts_with":
      return one.startsWith(other);
    case "ends_with":
      return one.endsWith(other);
    case "contains":
      return one.includes(other);
    default:
      return one === other;
  }
}

const planNames: Record<PlanName, string> = {
  free: "Free Website",
  pro: "Pro Website",
  business: "Business Website",
  enterprise: "Enterprise Website",
};

function describe(zone: Zone): Properties {
  const activated = zone.status === "active" ? "2024-01-02T03:04:05Z" : null;
  return {
    id: zone.id,
    name: zone.name,
    account: zone.account,
    status: zone.status,
    type: "full",
    paused: zone.paused,
    developmentMode: 0,
    activatedOn: activated,
    createdOn: "2024-01-01T00:00:00Z",
    modifiedOn: "2024-01-02T03:04:05Z",
    cnameSuffix: null,
    nameServers: ["ada.ns.cloudflare.com", "bob.ns.cloudflare.com"],
    originalNameServers: ["ns1.registrar.test", "ns2.registrar.test"],
    originalDnshost: null,
    originalRegistrar: null,
    vanityNameServers: [],
    verificationKey: null,
    permissions: ["#dns_records:edit", "#dns_records:read", "#ssl:edit", "#zone:read", "#zone_settings:edit"],
    meta: { step: 4, customCertificateQuota: 0, pageRuleQuota: 3, phishingDetected: false },
    owner: { id: null, name: null, type: "user" },
    tenant: { id: null, name: null },
    tenantUnit: { id: null },
    plan: {
      id: "0feeeeeeeeeeeeeeeeeeeeeeeeeeeeee",
      name: planNames[zone.plan],
      legacyId: zone.plan,
      price: 0,
      currency: "USD",
      frequency: "",
      isSubscribed: false,
      canSubscribe: false,
      legacyDiscount: false,
      externallyManaged: false,
    },
  };
}
