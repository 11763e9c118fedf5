/** Writes answers to the visitor: the origin's, and the edge's own. */

import type { ServerResponse } from "node:http";
import type { Http2ServerResponse } from "node:http2";
import type { Duplex } from "node:stream";
import type { Kept } from "./cache.ts";
import { type Headers, ownHeaders, type Visit } from "./headers.ts";
import { OriginError } from "./origin.ts";
import { errorPage, errors } from "./pages.ts";
import { rewriterFor, textOf } from "./rewriting.ts";
import type { EdgeZone } from "./state.ts";

export type AnyResponse = ServerResponse | Http2ServerResponse;

/** Sends a complete answer, changed as the zone's settings say. Throws if it cannot be decoded. */
export async function sendWhole(
  zone: EdgeZone,
  kept: Kept,
  headers: Headers,
  method: string | undefined,
  response: AnyResponse,
): Promise<void> {
  const rewrite = rewriterFor(zone, kept.headers);
  const { "content-encoding": encoding, etag, ...others } = headers;
  const body = rewrite ? Buffer.from(rewrite(textOf(kept.body, kept.headers["content-encoding"]))) : kept.body;
  const unchanged = { ...(encoding && { "content-encoding": encoding }), ...(etag && { etag }) };
  const hasBody = ![204, 304].includes(kept.status);
  writeHead(response, kept.status, {
    ...others,
    ...(rewrite ? {} : unchanged),
    ...(hasBody && { "content-length": String(body.length) }),
  });
  response.end(method === "HEAD" || !hasBody ? "" : body);
}

export function answerError(response: AnyResponse, visit: Visit, error: unknown): void {
  const { status, headers, page } = ownAnswer(visit, error);
  answer(response, status, headers, page);
}

export function answer(response: AnyResponse, status: number, headers: Headers, body: string): void {
  writeHead(response, status, { ...headers, "content-length": String(Buffer.byteLength(body)) });
  response.end(body);
}

/** HTTP/1 and HTTP/2 have the same method, but no single call satisfies both types. */
export function writeHead(response: AnyResponse, status: number, headers: Headers): void {
  (response as ServerResponse).writeHead(status, headers);
}

/** Without a response object, the answer is written by hand. */
export function endWithError(visitor: Duplex, visit: Visit, error: unknown): void {
  if (visitor.destroyed) return;
  const { status, headers, page } = ownAnswer(visit, error);
  visitor.end(statusLines({ statusCode: status }, { ...headers, connection: "close" }) + page);
}

/** Anything that is not an {@link OriginError} happened on an open connection: the origin closed it too early. */
function ownAnswer(visit: Visit, thrown: unknown): { status: number; headers: Headers; page: string } {
  const { error, message } =
    thrown instanceof OriginError ? thrown : { error: errors.badAnswer, message: (thrown as Error).message };
  const headers = { ...ownHeaders(visit), "content-type": "text/html; charset=UTF-8", "cache-control": "no-store" };
  return { status: error.status, headers, page: errorPage(visit.host, error, visit.ray, message) };
}

export function statusLines(
  answer: { statusCode?: number | undefined; statusMessage?: string | undefined },
  headers: Headers,
): string {
  const lines = Object.entries(headers).flatMap(([name, values]) =>
    [values].flat().map((value) => `${name}: ${value}`),
  );
  return [`HTTP/1.1 ${answer.statusCode} ${answer.statusMessage ?? ""}`, ...lines, "", ""].join("\r\n");
}
