/**
 * The metadata server of all machines of a cloud, at 169.254.169.254, with the DNS resolver at the same address.
 *
 *     node main.ts FOLDER
 *
 * It recognises a machine by its address, and answers from `machines/<id>/metadata.json` in the cloud's folder.
 */

import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { serveDns } from "./dns.ts";
import { type Metadata, type Reading, readMetadata } from "./tree.ts";

const folder = process.argv[2] ?? ".";
const address = "169.254.169.254";
const prefix = "/computeMetadata/v1";

/** What a machine may read, by its address in the network. */
async function metadataOf(source: string): Promise<Metadata> {
  const machines = join(folder, "machines");
  for (const id of await readdir(machines)) {
    const text = await readFile(join(machines, id, "metadata.json"), "utf8").catch(() => "{}");
    const machine: { address?: string; metadata?: Metadata } = JSON.parse(text);
    if (machine.address === source && machine.metadata !== undefined) return machine.metadata;
  }
  return {};
}

const etagOf = ({ body }: Reading) => createHash("sha256").update(body).digest("hex").slice(0, 16);

/**
 * Reads a value. With `wait_for_change`, returns only when the value differs from the one the client knows, or at the
 * timeout.
 */
async function answer(request: IncomingMessage, url: URL): Promise<Reading> {
  const source = request.socket.remoteAddress ?? "";
  const path = url.pathname.slice(prefix.length + 1);
  const read = async () => readMetadata(await metadataOf(source), path, url.searchParams);
  const first = await read();
  if (url.searchParams.get("wait_for_change")?.toLowerCase() !== "true") return first;
  const known = url.searchParams.get("last_etag") ?? etagOf(first);
  const deadline = Date.now() + 1000 * Number(url.searchParams.get("timeout_sec") ?? 3600);
  let reading = first;
  while (etagOf(reading) === known && Date.now() < deadline && !request.destroyed) {
    await pause(200);
    reading = await read();
  }
  return reading;
}

async function respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? "/", `http://${address}`);
  response.setHeader("Metadata-Flavor", "Google").setHeader("Server", "Metadata Server for VM");
  if (url.pathname === "/") {
    response.end("computeMetadata/\n");
  } else if (!url.pathname.startsWith(`${prefix}/`)) {
    response.writeHead(404).end();
  } else if (request.headers["metadata-flavor"] !== "Google") {
    // The header keeps out attackers who can make a program fetch an address but cannot choose its headers (SSRF).
    response.writeHead(403).end("Missing required header: Metadata-Flavor");
  } else if (request.headers["x-forwarded-for"] !== undefined) {
    response.writeHead(403).end("Forwarded requests are not allowed.");
  } else {
    const reading = await answer(request, url);
    response.setHeader("ETag", etagOf(reading)).setHeader("Content-Type", reading.type);
    if (reading.status === 301) response.setHeader("Location", reading.body);
    response.writeHead(reading.status).end(reading.body);
  }
}

createServer((request, response) => {
  respond(request, response).catch((error) => response.writeHead(500).end(String(error)));
}).listen(80, address);
serveDns(address);
process.on("SIGTERM", () => process.exit(0));
