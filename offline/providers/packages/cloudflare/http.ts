/**
 * The HTTP API, as far as the site's own scripts use it: the client certificates of a zone and their host names.
 * Checked in November 2026 against developers.cloudflare.com/api (`origin_tls_client_auth/hostnames`).
 */

import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { type Cloud, openCloud } from "../../../cloud/folder.ts";
import { Refusal, requireToken } from "./api.ts";
import { certificateStatus, findAssociation, findCertificate, hostnamesPath } from "./clientCertificates.ts";
import { notConfigured } from "./originPulls.ts";
import { requireZone } from "./zones.ts";

/** Serves it on the loopback interface while this process lives. Returns its address, as in CLOUDFLARE_BASE_URL. */
export async function serveApi(): Promise<string> {
  const server = createServer(async (request, response) => {
    const { status, body } = await answer(request).catch((error) => {
      if (!(error instanceof Refusal)) throw error;
      return { status: error.status, body: { success: false, errors: error.errors, messages: [], result: null } };
    });
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  server.unref();
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}${base}`;
}

const base = "/client/v4";

async function answer({ method, url = "", headers }: IncomingMessage) {
  requireToken({ apiToken: /^Bearer (.*)$/.exec(headers.authorization ?? "")?.[1] ?? "" });
  const path = url.slice(base.length);
  const [, zoneId = "", rest = ""] = /^\/zones\/([^/]+)\/origin_tls_client_auth\/hostnames\/(.+)$/.exec(path) ?? [];
  if (method !== "GET" || rest === "") throw new Refusal(404, { code: 7000, message: "No route for that URI" });
  const cloud = openCloud();
  await requireZone(cloud, zoneId, `${hostnamesPath(zoneId)}/${rest}`);
  const [, id] = /^certificates\/([^/]+)$/.exec(rest) ?? [];
  const result = id === undefined ? await association(cloud, zoneId, rest) : await certificate(cloud, zoneId, id);
  return { status: 200, body: { success: true, errors: [], messages: [], result } };
}

async function certificate(cloud: Cloud, zoneId: string, id: string) {
  const found = await findCertificate(cloud, zoneId, id);
  if (found === undefined) throw new Refusal(404, { code: 1552, message: "Hostname certificate not found." });
  const { certificate, uploadedOn } = found;
  return { id, certificate, status: await certificateStatus(cloud, found), uploaded_on: uploadedOn };
}

async function association(cloud: Cloud, zoneId: string, hostname: string) {
  const found = await findAssociation(cloud, zoneId, hostname);
  if (found === undefined) throw notConfigured();
  const { certId, enabled, status } = found;
  return { hostname, cert_id: certId, enabled: enabled ?? true, status };
}
