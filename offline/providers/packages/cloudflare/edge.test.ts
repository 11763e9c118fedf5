import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer, request as httpsRequest } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TLSSocket } from "node:tls";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { type Cloud, openCloud } from "../../../cloud/folder.ts";
import { inventory } from "../../../cloud/inventory.ts";
import { certificate } from "../../../edge/testing.ts";
import type { Properties } from "../../resource.ts";
import { type Resource, serveForTests, type TestEngine } from "../../testing/engine.ts";
import { alternativeNames, distinguishedName } from "../tls/names.ts";
import { createRequest } from "../tls/x509.ts";
import { edgeAddress } from "./edge.ts";
import cloudflare from "./index.ts";
import { addZone, type Zone } from "./zones.ts";

const recordType = "cloudflare:index/dnsRecord:DnsRecord";
const settingType = "cloudflare:index/zoneSetting:ZoneSetting";
const name = "jupyter.example.test";
const originAddress = "127.191.7.7";

const skip =
  (process.getuid?.() !== 0 && "only root can listen on port 443") ||
  (spawnSync("docker", ["version"]).status !== 0 && "Docker is not running");

/** Each test starts where the previous one ended, as in a site's life. */
(skip ? describe.skip : describe)("the edge of a cloud, in its container", () => {
  let served: Awaited<ReturnType<typeof serveForTests>>;
  let engine: TestEngine;
  let cloud: Cloud;
  let zone: Zone;
  let record: Resource;
  let other: Resource;
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const origin = createServer((message, response) => {
    const client = (message.socket as TLSSocket).getPeerCertificate().subject?.CN ?? null;
    response.end(JSON.stringify({ from: message.socket.remoteAddress, client, headers: message.headers }));
  });

  beforeAll(async () => {
    process.env.JUPYTER_UP_CLOUD = await mkdtemp(join(tmpdir(), "cloudflare-edge-"));
    cloud = openCloud();
    zone = await addZone(cloud, "example.test");
    served = await serveForTests(cloudflare);
    engine = await served.attach({ apiToken: "t".repeat(40) });
  });

  afterAll(async () => {
    spawnSync("docker", ["rm", "--force", `jupyter-up-cloud-${cloud.mark}-edge`]);
    served.close();
    origin.closeAllConnections();
    origin.close();
    await rm(cloud.folder, { recursive: true });
    delete process.env.JUPYTER_UP_CLOUD;
  });

  const inputs = (changes: Properties = {}) => ({
    zoneId: zone.id,
    name,
    type: "A",
    content: originAddress,
    ttl: 1,
    proxied: true,
    ...changes,
  });

  /** Sends a request as a browser that resolves names by the zone file and trusts the public authority. */
  async function ask(host = name): Promise<{ status: number; body: string }> {
    const zoneFile = JSON.parse(await readFile(join(cloud.folder, "zone.json"), "utf8"));
    const ca = await readFile(join(cloud.folder, "public-ca.pem"));
    return new Promise((resolve, reject) => {
      const request = httpsRequest({ host: zoneFile[host], servername: host, headers: { host }, ca, agent: false });
      request.on("error", reject).on("response", (response) => {
        let body = "";
        response.on("data", (chunk) => {
          body += chunk;
        });
        response.on("end", () => resolve({ status: response.statusCode ?? 0, body }));
      });
      request.end();
    });
  }

  it("starts with the first proxied record, and not for other records", async () => {
    other = await engine.create(recordType, inputs({ name: "ssh", proxied: false }));
    assert.deepEqual((await inventory(cloud)).containers, []);
    record = await engine.create(recordType, inputs());
    assert.deepEqual((await inventory(cloud)).containers, [`jupyter-up-cloud-${cloud.mark}-edge`]);
    const zoneFile = JSON.parse(await readFile(join(cloud.folder, "zone.json"), "utf8"));
    assert.deepEqual(zoneFile, { "ssh.example.test": originAddress, [name]: edgeAddress(cloud) });
    assert.equal((await ask()).status, 521);
  });

  it("accepts the origin CA's certificate in mode strict, and presents the host's own client certificate", async () => {
    await engine.create(settingType, { zoneId: zone.id, settingId: "ssl", value: "strict" });
    const self = certificate([name]);
    origin.setSecureContext({ cert: self.certificate, key: self.privateKey });
    await new Promise<void>((resolve) => origin.listen(443, originAddress, resolve));
    assert.equal((await ask()).status, 526);

    const csr = createRequest(distinguishedName({}), alternativeNames({ dnsNames: [name] }), privateKey).pem;
    const signed = await engine.create("cloudflare:index/originCaCertificate:OriginCaCertificate", {
      csr,
      hostnames: ["*.example.test"],
      requestType: "origin-ecc",
    });
    const key = privateKey.export({ type: "pkcs8", format: "pem" });
    const context = { cert: String(signed.outputs.certificate), key };
    origin.setSecureContext(context);
    assert.equal((await ask()).status, 200);
    await engine.delete("cloudflare:index/originCaCertificate:OriginCaCertificate", signed);
  });

  it("contacts the origin from its own address, with the visitor's in a header", async () => {
    const { from, headers } = JSON.parse((await ask()).body);
    assert.equal(from, edgeAddress(cloud));
    assert.equal(headers["cf-connecting-ip"], "127.0.0.1");
    assert.equal(headers.host, name);
  });

  it("follows a change of the record at once", async () => {
    record = await engine.update(recordType, record, inputs({ content: "127.191.7.8" }));
    assert.equal((await ask()).status, 521);
    record = await engine.update(recordType, record, inputs());
    assert.equal((await ask()).status, 200);
  });

  it("is recreated after it was killed", async () => {
    spawnSync("docker", ["kill", `jupyter-up-cloud-${cloud.mark}-edge`]);
    record = await engine.update(recordType, record, inputs({ comment: "again" }));
    assert.equal((await ask()).status, 200);
  });

  it("is removed completely with the last proxied record", async () => {
    record = await engine.update(recordType, record, inputs({ proxied: false }));
    assert.deepEqual((await inventory(cloud)).containers, []);
    await engine.delete(recordType, record);
    await engine.delete(recordType, other);
    assert.deepEqual(await inventory(cloud), { resources: [], containers: [], networks: [] });
  });
});
