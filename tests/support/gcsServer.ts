import assert from "node:assert/strict";
import { createVerify, generateKeyPairSync, type KeyObject } from "node:crypto";
import { once } from "node:events";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { text } from "node:stream/consumers";
import { imagesOf } from "../../files/site/site.ts";
import { selfSigned } from "../../offline/support/certificate.ts";
import { SERVICES } from "./backedSite.ts";
import { type BackupServer, filesIn, newFolder, server } from "./backupServers.ts";
import { run } from "./command.ts";
import { imageMirror, pullImages } from "./images.ts";
import { siteWith } from "./site.ts";

const GOOGLE = "storage.googleapis.com";
const ACCOUNT = "backup@my-project-123456.iam.gserviceaccount.com";

const newKey = () => generateKeyPairSync("rsa", { modulusLength: 2048 });
const mirrored = (reference: string, mirror: string) => [mirror, reference].filter(Boolean).join("/");

/**
 * Google's interface: fake-gcs-server, which calls itself storage.googleapis.com. restic's image trusts the test's authority and has
 * a proxy, which leads to the fake, as an engine's own settings (`proxies`) would set one. The site does not know of it.
 */
export async function gcsServer(): Promise<BackupServer> {
  const folder = newFolder();
  mkdirSync(`${folder}/data/backups`, { recursive: true });
  const { certificate, certificateKey } = selfSigned([GOOGLE]);
  writeFileSync(`${folder}/authority.pem`, certificate);
  writeFileSync(`${folder}/key.pem`, certificateKey);
  const image = mirrored("docker.io/fsouza/fake-gcs-server:1.56.1", imageMirror);
  await pullImages([image]);
  const tls = ["-scheme", "https", "-cert-location", "/tls/authority.pem", "-private-key-location", "/tls/key.pem"];
  const names = ["-external-url", `https://${GOOGLE}`, "-public-host", GOOGLE];
  const { at, address, remove, ...life } = await server(
    {
      image,
      options: ["--volume", `${folder}:/tls:ro`, "--volume", `${folder}/data:/storage`],
      command: [...tls, ...names, "-backend", "filesystem", "-filesystem-root", "/storage"],
      port: 4443,
    },
    async (at) => (await run("curl", ["--silent", "--insecure", `https://${at}/_internal/healthcheck`])).code === 0,
  );
  const known = newKey();
  const internet = { isUp: true };
  const front = googleFront(at, known.publicKey, internet);
  await once(front.listen(0, address), "listening");
  const here = `http://${address}:${(front.address() as AddressInfo).port}`;
  const mirror = `${folder.split("/").at(-1)?.toLowerCase()}.test`;
  const references = await tagImages(mirror, `${folder}/image`, certificate, here);
  const credentialOf = (key: KeyObject) =>
    JSON.stringify({
      type: "service_account",
      project_id: "my-project-123456",
      private_key_id: "1",
      private_key: key.export({ type: "pkcs8", format: "pem" }),
      client_email: ACCOUNT,
      token_uri: `${here}/token`,
    });
  const credential = credentialOf(known.privateKey);
  return {
    ...life,
    async start() {
      internet.isUp = true;
      await life.start();
    },
    // Google does not lose what it is writing, which the fake would.
    async stop() {
      internet.isUp = false;
      front.emit("cut");
    },
    settings: { to: "gs:backups:/lab", credentials: credential },
    others: { imageMirror: mirror },
    credential,
    wrongCredential: credentialOf(newKey().privateKey),
    packs: () => filesIn(`${folder}/data`).filter((path) => /lab.+data.+[0-9a-f]{64}$/.test(path)).length,
    async remove() {
      await remove();
      front.closeAllConnections();
      front.close();
      await run("docker", ["image", "rm", ...references]);
      rmSync(folder, { recursive: true });
    },
  };
}

/** A proxy that leads to the fake, and Google's server of tokens, which knows one key. */
function googleFront(at: string, key: KeyObject, internet: { isUp: boolean }) {
  const [host, port] = at.split(":");
  // Each connection waits for a cut.
  const front = createServer((request, response) => void answerToken(request, response, key));
  front.setMaxListeners(0);
  front.on("connect", (request, client, head) => {
    if (!internet.isUp) return client.destroy();
    if (request.url !== `${GOOGLE}:443`) return client.end("HTTP/1.1 403 Forbidden\r\n\r\n");
    front.once("cut", () => client.destroy());
    const upstream = connect(Number(port), host, () => {
      client.write("HTTP/1.1 200 OK\r\n\r\n");
      upstream.write(head);
      upstream.pipe(client).pipe(upstream);
    });
    for (const [one, other] of [
      [upstream, client],
      [client, upstream],
    ] as const)
      one.on("error", () => other.destroy()).on("close", () => other.destroy());
  });
  return front;
}

/** RFC 7523, with Google's answers. */
async function answerToken(request: IncomingMessage, response: ServerResponse, key: KeyObject) {
  const assertion = new URLSearchParams(await text(request)).get("assertion") ?? "";
  const [header, claims, signature = ""] = assertion.split(".");
  const isRight = createVerify("RSA-SHA256").update(`${header}.${claims}`).verify(key, signature, "base64url");
  const answer = isRight
    ? { access_token: "a-token", token_type: "Bearer", expires_in: 3599 }
    : { error: "invalid_grant", error_description: "Invalid JWT Signature." };
  response.writeHead(isRight ? 200 : 400, { "content-type": "application/json" }).end(JSON.stringify(answer));
}

/** Tags the site's images with their names in a mirror, and gives restic's an authority and a proxy. */
async function tagImages(mirror: string, folder: string, authority: string, proxy: string): Promise<string[]> {
  const site = siteWith({ settings: { imageMirror: "", history: { every: 15 }, backup: { to: "/mnt/backup" } } });
  const services = site.services.filter(({ name }) => SERVICES.includes(name));
  const references = imagesOf({ ...site, services }).map(({ reference }) => reference);
  await pullImages(references.map((reference) => mirrored(reference, imageMirror)));
  mkdirSync(folder);
  writeFileSync(`${folder}/authority.pem`, authority);
  for (const reference of references) {
    const [from, to] = [mirrored(reference, imageMirror), mirrored(reference, mirror)];
    const environment = `ENV SSL_CERT_FILE=/authority.pem HTTPS_PROXY=${proxy}`;
    writeFileSync(`${folder}/Dockerfile`, `FROM ${from}\nCOPY authority.pem /\n${environment}\n`);
    const words = reference.includes("/restic:") ? ["build", "--quiet", "--tag", to, folder] : ["tag", from, to];
    const { code, output } = await run("docker", words, { env: { DOCKER_BUILDKIT: "0" } });
    assert.equal(code, 0, output);
  }
  return references.map((reference) => mirrored(reference, mirror));
}
