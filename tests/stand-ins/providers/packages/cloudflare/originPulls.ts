import { deleteRecord, readRecord, writeRecord } from "../../../cloud/records.ts";
import type { Operation, Properties, ResourceType } from "../../resource.ts";
import { ask, now, parseImportId, Refusal } from "./api.ts";
import { exclusively } from "./changes.ts";
import {
  type Association,
  associationPath,
  associationType,
  certificatePath,
  describe,
  findCertificate,
  hostnamesPath,
  type UploadedCertificate,
} from "./clientCertificates.ts";
import { publish } from "./edge.ts";
import { isIn, requireZone } from "./zones.ts";

type PullsInputs = {
  zoneId: string;
  /** Exactly one, whatever the name says. */
  configs: { hostname?: string; certId?: string; enabled?: boolean }[];
};

type PullsOutputs = {
  hostname: string;
  certId: string;
  enabled: boolean;
  status: string;
  createdAt: string;
  updatedAt: string;
  certificate: string;
  certStatus: string;
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

  // As the real one: with another host name, the association of the earlier one stays behind.
  update: (inputs, _, operation) => associate(inputs, operation),

  delete({ inputs: { zoneId }, outputs: { hostname } }, operation) {
    const path = hostnamesPath(zoneId);
    return ask(operation, { method: "PUT", path }, (cloud) =>
      exclusively(async () => {
        await requireZone(cloud, zoneId, path);
        await deleteRecord(cloud, associationPath(zoneId, hostname));
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
      const association = (await readRecord<Association>(cloud, associationPath(zoneId, hostname)))?.properties;
      if (association === undefined) return undefined;
      const certificate = await findCertificate(cloud, zoneId, association.certId);
      return { ...inputs, ...(certificate && outputsOf(association, certificate)) } as PullsInputs & PullsOutputs;
    });
  },
};

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
      return outputsOf(association, certificate);
    }),
  );
}

function outputsOf(association: Association, { certificate, uploadedOn }: UploadedCertificate): PullsOutputs {
  const { hostname, certId, enabled, createdAt, updatedAt } = association;
  return {
    hostname,
    certId,
    enabled,
    status: "active",
    createdAt,
    updatedAt,
    certificate,
    certStatus: "active",
    certUpdatedAt: uploadedOn,
    certUploadedOn: uploadedOn,
    ...describe(certificate),
  };
}
