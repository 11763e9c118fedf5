import { randomUUID } from "node:crypto";
import { deleteRecord, writeRecord } from "../../../cloud/records.ts";
import { diffInputs } from "../../diff.ts";
import type { ResourceType } from "../../resource.ts";
import { ask, now, parseImportId } from "./api.ts";
import { exclusively } from "./changes.ts";
import {
  certificatePath,
  certificateStatus,
  certificateType,
  describe,
  findCertificate,
  hostnamesPath,
  requirePair,
  requireUnused,
} from "./clientCertificates.ts";
import { publish } from "./edge.ts";
import { requireZone } from "./zones.ts";

type CertificateInputs = {
  zoneId: string;
  /** In PEM, like the key. */
  certificate: string;
  privateKey: string;
};

type CertificateOutputs = ReturnType<typeof describe> & { status: string; uploadedOn: string };

/** `cloudflare:index/authenticatedOriginPullsHostnameCertificate:AuthenticatedOriginPullsHostnameCertificate` */
export const originPullsCertificate: ResourceType<CertificateInputs, CertificateOutputs> = {
  outputs: ["expiresOn", "issuer", "serialNumber", "signature", "status", "uploadedOn"],
  replaceOnChanges: ["zoneId", "certificate", "privateKey"],

  // White space around a certificate is not a change.
  diff: ({ inputs: olds }, news) =>
    diffInputs(
      { ...olds, certificate: olds.certificate.trim() },
      { ...news, certificate: news.certificate.trim() },
      originPullsCertificate.replaceOnChanges,
    ),

  create({ zoneId, certificate, privateKey }, operation) {
    const path = `${hostnamesPath(zoneId)}/certificates`;
    return ask(operation, { method: "POST", path }, async (cloud) => {
      await requireZone(cloud, zoneId, path);
      requirePair({ certificate, privateKey });
      const id = randomUUID();
      const uploadedOn = now();
      const properties = { certificate, privateKey, uploadedOn };
      await writeRecord(cloud, { path: certificatePath(zoneId, id), type: certificateType, uses: [], properties });
      return { id, outputs: { ...describe(certificate), status: "pending_deployment", uploadedOn } };
    });
  },

  delete({ id, inputs: { zoneId } }, operation) {
    const path = `${hostnamesPath(zoneId)}/certificates/${id}`;
    return ask(operation, { method: "DELETE", path }, (cloud) =>
      exclusively(async () => {
        await requireZone(cloud, zoneId, path);
        await requireUnused(cloud, zoneId, id);
        await deleteRecord(cloud, certificatePath(zoneId, id));
        await publish(cloud);
      }),
    );
  },

  parseImportId(importId) {
    const [zoneId = "", id = ""] = parseImportId(importId, "<zone_id>/<certificate_id>");
    return { id, inputs: { zoneId } };
  },

  read({ id, inputs: { zoneId, privateKey } }, operation) {
    const path = `${hostnamesPath(zoneId)}/certificates/${id}`;
    return ask(operation, { method: "GET", path }, async (cloud) => {
      await requireZone(cloud, zoneId, path);
      const found = await findCertificate(cloud, zoneId, id);
      if (found === undefined) return undefined;
      const { certificate, uploadedOn } = found;
      // The API never returns a private key.
      const status = await certificateStatus(cloud, found);
      return { zoneId, certificate, privateKey, ...describe(certificate), status, uploadedOn };
    });
  },
};
