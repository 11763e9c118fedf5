import type { Cloud } from "../../../cloud/folder.ts";
import { readRecord, writeRecord } from "../../../cloud/records.ts";
import type { Operation, Properties, ProviderFunction, ResourceType } from "../../resource.ts";
import { ask, now, parseImportId, Refusal } from "./api.ts";
import { exclusively } from "./changes.ts";
import {
  type Association,
  associationPath,
  associationType,
  certificatePath,
  certificateStatus,
  describe,
  findAssociation,
  findCertificate,
  hostnamesPath,
  type Status,
  type UploadedCertificate,
} from "./clientCertificates.ts";
import { publish } from "./edge.ts";
import { isIn, requireZone } from "./zones.ts";

type PullsInputs = {
  zoneId: string;
  /** Exactly one, although it is a list. */
  configs: { hostname?: string; certId?: string; enabled?: boolean }[];
};

type PullsOutputs = {
  hostname: string;
  certId: string;
  enabled: boolean;
  status: Status;
  createdAt: string;
  updatedAt: string;
  certificate: string;
  certStatus: Status;
  certUpdatedAt: string;
  certUploadedOn: string;
  expiresOn: string;
  issuer: string;
  serialNumber: string;
  signature: string;
};

/** `cloudflare:index/authenticatedOriginPulls:AuthenticatedOriginPulls`: one host name and its certificate. */
export const originPulls: ResourceType<PullsInputs, PullsOutputs> = {
  outputs: [
    "certId",
    "certStatus",
    "certUpdatedAt",
    "certUploadedOn",
    "certificate",
    "createdAt",
    "enabled",
    "expiresOn",
    "hostname",
    "issuer",
    "serialNumber",
    "signature",
    "status",
    "updatedAt",
  ],
  replaceOnChanges: ["zoneId"],

  async create(inputs, operation) {
    const outputs = await associate(inputs, operation);
    return { id: outputs.hostname, outputs };
  },

  // Like the real one: if the host name changes, the association of the old one stays.
  update: (inputs, _, operation) => associate(inputs, operation),

  delete({ inputs: { zoneId }, outputs: { hostname } }, operation) {
    const path = hostnamesPath(zoneId);
    return ask(operation, { method: "PUT", path }, (cloud) =>
      exclusively(async () => {
        await requireZone(cloud, zoneId, path);
        const found = await readRecord<Association>(cloud, associationPath(zoneId, hostname));
        if (found === undefined) return;
        const voided: Association = { ...found.properties, enabled: null, updatedAt: now() };
        await writeRecord(cloud, { ...found, properties: voided });
        await publish(cloud);
      }),
    );
  },

  parseImportId(importId) {
    const [zoneId = "", hostname = ""] = parseImportId(importId, "<zone_id>/<hostname>");
    return { id: hostname, inputs: { zoneId } };
  },

  read({ id, inputs, outputs }, operation) {
    const { zoneId } = inputs;
    const hostname = outputs.hostname ?? id;
    const path = `${hostnamesPath(zoneId)}/${hostname}`;
    return ask(operation, { method: "GET", path }, async (cloud) => {
      await requireZone(cloud, zoneId, path);
      const found = await readAssociation(cloud, zoneId, hostname);
      return found && { ...inputs, ...found };
    });
  },
};

/** `cloudflare:index/getAuthenticatedOriginPulls:getAuthenticatedOriginPulls`: a host name's current association. */
export const getOriginPulls: ProviderFunction = async (args, operation) => {
  const { zoneId = "", hostname = "" } = args as { zoneId?: string; hostname?: string };
  const path = `${hostnamesPath(zoneId)}/${hostname}`;
  return ask(operation, { method: "GET", path }, async (cloud) => {
    await requireZone(cloud, zoneId, path);
    const found = await readAssociation(cloud, zoneId, hostname);
    if (found === undefined) throw notConfigured();
    return { zoneId, ...found };
  });
};

export const notConfigured = () =>
  new Refusal(404, { code: 1553, message: "Authenticated origin pull setting for this hostname not found." });

async function readAssociation(cloud: Cloud, zoneId: string, hostname: string): Promise<PullsOutputs | undefined> {
  const association = await findAssociation(cloud, zoneId, hostname);
  const certificate = association && (await findCertificate(cloud, zoneId, association.certId));
  return association && certificate && outputsOf(cloud, association, certificate);
}

function associate({ zoneId, configs }: PullsInputs, operation: Operation): Promise<PullsOutputs> {
  const [config, ...more] = configs;
  if (config === undefined || more.length > 0) {
    throw new Error(
      "invalid config: config must contain exactly one hostname association. Create separate resources to manage multiple hostnames.",
    );
  }
  const { hostname = "", certId = "", enabled } = config;
  if (hostname === "") throw new Error("missing hostname: config[0].hostname must not be empty");
  const path = hostnamesPath(zoneId);
  return ask(operation, { method: "PUT", path }, (cloud) =>
    exclusively(async () => {
      const zone = await requireZone(cloud, zoneId, path);
      const certificate = await findCertificate(cloud, zoneId, certId);
      if (!isIn(zone, hostname) || certificate === undefined) {
        const what = certificate === undefined ? `certificate "${certId}"` : `hostname "${hostname}"`;
        throw new Refusal(400, { code: 1413, message: `The ${what} is not part of this zone.` });
      }
      const before = await readRecord<Association>(cloud, associationPath(zoneId, hostname));
      const time = now();
      const association: Association = {
        hostname,
        zoneId,
        certId,
        enabled: enabled ?? false,
        createdAt: before?.properties.createdAt ?? time,
        updatedAt: time,
      };
      const uses = [certificatePath(zoneId, certId)];
      const properties: Properties = association;
      await writeRecord(cloud, { path: associationPath(zoneId, hostname), type: associationType, uses, properties });
      await publish(cloud);
      return outputsOf(cloud, { ...association, status: "pending_deployment" }, certificate);
    }),
  );
}

async function outputsOf(
  cloud: Cloud,
  association: Association & { status: Status },
  uploaded: UploadedCertificate,
): Promise<PullsOutputs> {
  const { hostname, certId, enabled, status, createdAt, updatedAt } = association;
  const { certificate, uploadedOn } = uploaded;
  return {
    hostname,
    certId,
    enabled: enabled ?? true,
    status,
    createdAt,
    updatedAt,
    certificate,
    certStatus: await certificateStatus(cloud, uploaded),
    certUpdatedAt: uploadedOn,
    certUploadedOn: uploadedOn,
    ...describe(certificate),
  };
}
