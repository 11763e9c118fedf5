/** The headers that the edge removes and adds. */

import type { IncomingHttpHeaders } from "node:http";

/** Hop-by-hop headers, never passed on. */
const hopByHop = new Set([
  "connection",
  "http2-settings",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/** Headers that a visitor could only forge: the edge sets them itself. */
const edgesOwn = new Set(["cf-connecting-ip", "cf-ipcountry", "cf-ray", "cf-visitor", "cdn-loop", "x-forwarded-proto"]);

export type Headers = Record<string, string | string[]>;

/** The header `CF-Cache-Status`. */
export type CacheStatus = "BYPASS" | "DYNAMIC" | "EXPIRED" | "HIT" | "MISS";

/** What the edge knows about a visitor's request. */
export interface Visit {
  readonly ray: string;
  readonly host: string;
  readonly scheme: "http" | "https";
  /** The visitor's address. */
  readonly address: string;
}

/** A visitor's headers, as the origin receives them. */
export function toOrigin(headers: IncomingHttpHeaders, visit: Visit): Headers {
  const forwardedFor = [headers["x-forwarded-for"], visit.address].flat().filter(Boolean).join(", ");
  return {
    ...endToEnd(headers, (name) => !edgesOwn.has(name) && !name.startsWith(":")),
    host: headers.host ?? visit.host,
    "x-forwarded-for": forwardedFor,
    "x-forwarded-proto": visit.scheme,
    "cf-connecting-ip": visit.address,
    "cf-ipcountry": "XX",
    "cf-ray": visit.ray,
    "cf-visitor": JSON.stringify({ scheme: visit.scheme }),
    "cdn-loop": "cloudflare; loops=1",
  };
}

/** Meant for the edge alone, and removed from the answer. */
const forTheEdge = new Set(["server", "cloudflare-cdn-cache-control"]);

/** An origin's headers, as the visitor receives them. */
export function toVisitor(headers: IncomingHttpHeaders, visit: Visit, cacheStatus: CacheStatus = "DYNAMIC"): Headers {
  return {
    ...endToEnd(headers, (name) => !forTheEdge.has(name)),
    ...ownHeaders(visit),
    "cf-cache-status": cacheStatus,
  };
}

/** Headers of every answer of the edge. */
export function ownHeaders({ ray }: Visit): Headers {
  return { server: "cloudflare", "cf-ray": ray, "x-fake": "fake Cloudflare" };
}

function endToEnd(headers: IncomingHttpHeaders, isKept: (name: string) => boolean): Headers {
  const dropped = new Set((headers.connection ?? "").split(",").map((name) => name.trim().toLowerCase()));
  const kept: Headers = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined && !hopByHop.has(name) && !dropped.has(name) && isKept(name)) kept[name] = value;
  }
  return kept;
}
