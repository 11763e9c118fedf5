import { randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { Zone } from "./zone.ts";

interface Answer {
  status: number;
  result?: unknown;
  error?: { code: number; message: string };
}

const refused = (status: number, code: number, message: string): Answer => ({ status, error: { code, message } });

/**
 * Cloudflare's API as far as a DNS-01 client uses it: finding the zone by name, creating and deleting TXT records.
 * https://developers.cloudflare.com/api/resources/dns/subresources/records
 */
export function cloudflareApi(zone: Zone, token: string): Server {
  return createServer(async (request, response) => {
    const { status, result = null, error } = await answer(zone, token, request);
    const body = { success: !error, errors: error ? [error] : [], messages: [], result };
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
  });
}

async function answer(zone: Zone, token: string, request: IncomingMessage): Promise<Answer> {
  const { pathname, searchParams } = new URL(request.url ?? "/", "http://fake");
  const path = pathname.replace(/^\/client\/v4/, "");
  if (zone.closed || request.headers.authorization !== `Bearer ${token}`)
    return refused(403, 9109, "Invalid access token");
  if (request.method === "GET" && path === "/zones") {
    const { id, name } = zone;
    return { status: 200, result: searchParams.get("name") === name ? [{ id, name, status: "active" }] : [] };
  }
  const records = `/zones/${zone.id}/dns_records`;
  if (request.method === "POST" && path === records) return create(zone, JSON.parse(await bodyOf(request)));
  if (request.method === "DELETE" && path.startsWith(`${records}/`))
    return remove(zone, path.slice(records.length + 1));
  return refused(404, 7003, `Could not route to ${pathname}, perhaps your object identifier is invalid?`);
}

function create(zone: Zone, { type, name, content }: { type: string; name: string; content: string }): Answer {
  if (type !== "TXT") return refused(403, 10000, "Authentication error");
  if (!zone.holds(name)) return refused(400, 9000, "DNS name is invalid.");
  // The API accepts a text with or without quotes and treats both alike.
  const record = { id: randomBytes(16).toString("hex"), name, content: content.replace(/^"(.*)"$/, "$1") };
  if (zone.textsAt(name).includes(record.content)) return refused(400, 81058, "An identical record already exists.");
  zone.records.push(record);
  return { status: 200, result: { ...record, type } };
}

function remove(zone: Zone, id: string): Answer {
  const index = zone.records.findIndex((record) => record.id === id);
  if (index < 0) return refused(404, 81044, "Record does not exist.");
  zone.records.splice(index, 1);
  return { status: 200, result: { id } };
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8");
}
