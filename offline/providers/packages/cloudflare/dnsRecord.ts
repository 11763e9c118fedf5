import { randomBytes } from "node:crypto";
import { type Cloud, openCloud } from "../../../cloud/folder.ts";
import { createRecord, deleteRecord, readRecord, writeRecord } from "../../../cloud/records.ts";
import { diffInputs } from "../../diff.ts";
import { type CheckFailure, type Operation, type ResourceType, UNKNOWN } from "../../resource.ts";
import { isOneOf } from "../tls/checks.ts";
import { type ApiRequest, ask, now, parseImportId, Refusal } from "./api.ts";
import { exclusively } from "./changes.ts";
import {
  type DnsEntry,
  entryPath,
  readEntries,
  recordType,
  requireNoConflict,
  requireValid,
  supportedTypes,
  wholeName,
} from "./dns.ts";
import { followRecords, prepareFor } from "./edge.ts";
import { readZones, requireZone } from "./zones.ts";

type RecordInputs = {
  zoneId: string;
  /** With or without the zone's name. */
  name: string;
  type: string;
  /** Seconds: 1 for automatic (the only one for a proxied record), otherwise 60 to 86400. */
  ttl: number;
  /** An address, a name for a CNAME, any text for a TXT. */
  content: string;
  /** Default: false. */
  proxied?: boolean;
  comment?: string;
};

type RecordOutputs = {
  commentModifiedOn?: string;
  createdOn: string;
  includeShadowMetadata: boolean;
  meta: string;
  modifiedOn: string;
  proxiable: boolean;
  settings: object;
  tags: string[];
  tagsModifiedOn?: string;
};

const unsupported = ["data", "priority", "privateRouting", "settings", "tags"];

/** `cloudflare:index/dnsRecord:DnsRecord` */
export const dnsRecord: ResourceType<RecordInputs, RecordOutputs> = {
  outputs: [
    "commentModifiedOn",
    "createdOn",
    "includeShadowMetadata",
    "meta",
    "modifiedOn",
    "proxiable",
    "settings",
    "tags",
    "tagsModifiedOn",
  ],
  replaceOnChanges: ["zoneId", "type"],

  normalize: (inputs) => ({ proxied: false, ...inputs }),

  check: (inputs): CheckFailure[] => [
    ...isOneOf("type", inputs.type, supportedTypes),
    ...unsupported
      .filter((property) => property in inputs)
      .map((property) => ({ property, reason: `The fake provider cloudflare knows no ${property} of a record.` })),
  ],

  async diff({ inputs: olds }, news) {
    const zone = (await readZones(openCloud())).find(({ id }) => id === news.zoneId);
    const comparable = (inputs: RecordInputs) => ({
      ...inputs,
      ...(zone && inputs.name !== UNKNOWN && { name: wholeName(inputs.name, zone) }),
      ...(inputs.type === "CNAME" && { content: inputs.content?.toLowerCase() }),
    });
    return diffInputs(comparable(olds), comparable(news), dnsRecord.replaceOnChanges);
  },

  preview(_, state) {
    if (state === undefined) return Object.fromEntries(dnsRecord.outputs.map((name) => [name, UNKNOWN]));
    return { ...pick(state.outputs), modifiedOn: UNKNOWN };
  },

  async create(inputs, operation) {
    if (inputs.proxied && inputs.ttl !== 1) {
      throw new Error(
        "ttl must be set to 1 when `proxied` is true: When a DNS record is marked as `proxied` the TTL must be 1 as Cloudflare will control the TTL internally.",
      );
    }
    const id = randomBytes(16).toString("hex");
    const request = { method: "POST", path: `/zones/${inputs.zoneId}/dns_records` } as const;
    const entry = await put(operation, request, id, inputs);
    return { id, outputs: outputsOf(entry) };
  },

  async update(inputs, { id }, operation) {
    const request = { method: "PUT", path: `/zones/${inputs.zoneId}/dns_records/${id}` } as const;
    return outputsOf(await put(operation, request, id, inputs));
  },

  async delete({ id, inputs: { zoneId } }, operation) {
    const path = `/zones/${zoneId}/dns_records/${id}`;
    await ask(operation, { method: "DELETE", path }, (cloud) =>
      exclusively(async () => {
        await requireZone(cloud, zoneId, path);
        await requireEntry(cloud, zoneId, id);
        await deleteRecord(cloud, entryPath(zoneId, id));
        await followRecords(cloud);
      }),
    );
  },

  parseImportId(importId) {
    const [zoneId = "", id = ""] = parseImportId(importId, "<zone_id>/<dns_record_id>");
    return { id, inputs: { zoneId } };
  },

  async read({ id, inputs: { zoneId, name } }, operation) {
    const path = `/zones/${zoneId}/dns_records/${id}`;
    return ask(operation, { method: "GET", path }, async (cloud) => {
      const zone = await requireZone(cloud, zoneId, path);
      const entry = await findEntry(cloud, zoneId, id);
      if (entry === undefined) return undefined;
      const { content, ttl, type, proxied, comment } = entry;
      // The program's spelling of the name stays if it is only a shorter form.
      const written = name !== undefined && wholeName(name, zone) === entry.name ? name : entry.name;
      const inputs = { zoneId, name: written, type, content, ttl, proxied, ...(comment && { comment }) };
      return { ...inputs, ...outputsOf(entry) };
    });
  },
};

/** Creates a record or changes the one with this id. */
function put(operation: Operation, request: ApiRequest, id: string, inputs: RecordInputs): Promise<DnsEntry> {
  const { zoneId, type, content = "", ttl, proxied = false, comment } = inputs;
  const isProxied = proxied && type !== "TXT";
  return ask(operation, request, (cloud) =>
    exclusively(async () => {
      const zone = await requireZone(cloud, zoneId, request.path);
      const before = request.method === "PUT" ? await requireEntry(cloud, zoneId, id) : undefined;
      const time = now();
      const entry: DnsEntry = {
        id,
        zoneId,
        name: wholeName(inputs.name, zone),
        type,
        content,
        // A proxied record has no TTL of its own, even if the program sets one.
        ttl: isProxied ? 1 : ttl,
        proxied: isProxied,
        createdOn: before?.createdOn ?? time,
        modifiedOn: time,
        ...(comment && {
          comment,
          commentModifiedOn: before?.comment === comment ? (before.commentModifiedOn ?? time) : time,
        }),
      };
      requireValid(entry);
      requireNoConflict(entry, await readEntries(cloud, zoneId));
      await prepareFor(cloud, entry, operation);
      const record = { path: entryPath(zoneId, id), type: recordType, uses: [], properties: entry };
      await (before === undefined ? createRecord(cloud, record) : writeRecord(cloud, record));
      await followRecords(cloud);
      return entry;
    }),
  );
}

async function findEntry(cloud: Cloud, zoneId: string, id: string): Promise<DnsEntry | undefined> {
  return (await readRecord<DnsEntry>(cloud, entryPath(zoneId, id)))?.properties;
}

async function requireEntry(cloud: Cloud, zoneId: string, id: string): Promise<DnsEntry> {
  const entry = await findEntry(cloud, zoneId, id);
  if (entry === undefined) throw new Refusal(404, { code: 81044, message: "Record does not exist." });
  return entry;
}

function outputsOf({ type, createdOn, modifiedOn, commentModifiedOn }: DnsEntry): RecordOutputs {
  return {
    createdOn,
    modifiedOn,
    ...(commentModifiedOn && { commentModifiedOn }),
    includeShadowMetadata: false,
    meta: "{}",
    proxiable: type !== "TXT",
    settings: {},
    tags: [],
  };
}

function pick(outputs: RecordOutputs): Partial<RecordOutputs> {
  return Object.fromEntries(dnsRecord.outputs.map((name) => [name, outputs[name]]));
}
