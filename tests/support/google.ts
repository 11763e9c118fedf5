import { createVerify, type KeyObject } from "node:crypto";
import { once } from "node:events";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer as createProxy, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer } from "node:https";
import { type AddressInfo, connect } from "node:net";
import { text } from "node:stream/consumers";
import { selfSigned } from "../../offline/support/certificate.ts";
import { filesIn, newFolder, server } from "./backupServers.ts";
import { run } from "./command.ts";
import { imageMirror, mirrored, pullImages, type Redirected } from "./images.ts";

const STORAGE = "storage.googleapis.com";
const TOKENS = "oauth2.googleapis.com";

/** Cloud Storage and the server of tokens at Google, which a proxy leads to. */
export interface Google {
  /** restic, as an engine's own settings (`proxies`) would change it. The site does not know of the proxy. */
  restic: Redirected;
  start(): Promise<void>;
  /** Makes it slow. */
  slow(): Promise<void>;
  /** Cuts every connection, and refuses others until start(). Google does not lose what it is writing, which the fake would. */
  cut(): void;
  /** The number of restic's files in the bucket, below a folder. */
  packs(below: string): number;
  remove(): Promise<void>;
}

/**
 * Google's interface: fake-gcs-server, which calls itself storage.googleapis.com. It has no permissions, but the server of tokens
 * accepts only known keys.
 * @param args `keys`: the public keys of the accounts. `forMachines`: whether machines of the fake cloud reach it.
 */
export async function startGoogle(args: {
  bucket: string;
  keys: () => Promise<KeyObject[]>;
  forMachines?: boolean;
}): Promise<Google> {
  const folder = newFolder();
  mkdirSync(`${folder}/data/${args.bucket}`, { recursive: true });
  const { certificate, certificateKey } = selfSigned([STORAGE, TOKENS]);
  writeFileSync(`${folder}/authority.pem`, certificate);
  writeFileSync(`${folder}/key.pem`, certificateKey);
  const image = mirrored("docker.io/fsouza/fake-gcs-server:1.56.1", imageMirror);
  await pullImages([image]);
  const tls = ["-scheme", "https", "-cert-location", "/tls/authority.pem", "-private-key-location", "/tls/key.pem"];
  const names = ["-external-url", `https://${STORAGE}`, "-public-host", STORAGE];
  const storage = await server(
    {
      image,
      options: ["--volume", `${folder}:/tls:ro`, "--volume", `${folder}/data:/storage`],
      command: [...tls, ...names, "-backend", "filesystem", "-filesystem-root", "/storage"],
      port: 4443,
      forMachines: args.forMachines,
    },
    async (at) => (await run("curl", ["--silent", "--insecure", `https://${at}/_internal/healthcheck`])).code === 0,
  );
  const tokens = createServer({ cert: certificate, key: certificateKey }, (request, response) => {
    void answerToken(request, response, args.keys);
  });
  await once(tokens.listen(0, "127.0.0.1"), "listening");
  const proxy = proxyTo({
    [`${STORAGE}:443`]: storage.at,
    [`${TOKENS}:443`]: `127.0.0.1:${(tokens.address() as AddressInfo).port}`,
  });
  await once(proxy.listen(0, storage.address), "listening");
  const at = `http://${storage.address}:${(proxy.address() as AddressInfo).port}`;
  return {
    restic: {
      image: "restic",
      authority: certificate,
      environment: { SSL_CERT_FILE: "/authority.pem", HTTPS_PROXY: at },
    },
    async start() {
      proxy.emit("up");
      await storage.start();
    },
    slow: storage.slow,
    cut: () => void proxy.emit("cut"),
    packs: (below) => filesIn(`${folder}/data`).filter((path) => isPack(path, below)).length,
    async remove() {
      await storage.remove();
      for (const each of [proxy, tokens]) {
        each.closeAllConnections();
        each.close();
      }
      rmSync(folder, { recursive: true });
    },
  };
}

const isPack = (path: string, below: string) => path.includes(below) && /data.+[0-9a-f]{64}$/.test(path);

/** A proxy for these names with their ports, and where each of them is. */
function proxyTo(places: Record<string, string>) {
  let isUp = true;
  const proxy = createProxy((_, response) => response.writeHead(403).end());
  // Each connection waits for a cut.
  proxy.setMaxListeners(0);
  proxy.on("up", () => {
    isUp = true;
  });
  proxy.on("cut", () => {
    isUp = false;
  });
  proxy.on("connect", (request, client, head) => {
    if (!isUp) return client.destroy();
    const [host = "", port] = places[request.url ?? ""]?.split(":") ?? [];
    if (!port) return client.end("HTTP/1.1 403 Forbidden\r\n\r\n");
    proxy.once("cut", () => client.destroy());
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
  return proxy;
}

/** RFC 7523, with Google's answers. */
async function answerToken(request: IncomingMessage, response: ServerResponse, keys: () => Promise<KeyObject[]>) {
  const assertion = new URLSearchParams(await text(request)).get("assertion") ?? "";
  const [header, claims, signature = ""] = assertion.split(".");
  const isOf = (key: KeyObject) =>
    createVerify("RSA-SHA256").update(`${header}.${claims}`).verify(key, signature, "base64url");
  const isRight = (await keys()).some(isOf);
  const answer = isRight
    ? { access_token: "a-token", token_type: "Bearer", expires_in: 3599 }
    : { error: "invalid_grant", error_description: "Invalid JWT Signature." };
  response.writeHead(isRight ? 200 : 400, { "content-type": "application/json" }).end(JSON.stringify(answer));
}
