/** Passes one request from the visitor to the origin and back. */

import { request as httpRequest, type IncomingMessage, type ServerResponse } from "node:http";
import type { Http2ServerRequest, Http2ServerResponse } from "node:http2";
import { isIP, type Socket } from "node:net";
import { type Duplex, pipeline, Transform } from "node:stream";
import { buffer } from "node:stream/consumers";
import {
  type Cache,
  type CacheRequest,
  isEligible,
  type Kept,
  keyOf,
  largestEntry,
  rulesFor,
  treatmentOf,
} from "./cache.ts";
import type { Connections } from "./connections.ts";
import { type CacheStatus, type Headers, ownHeaders, toOrigin, toVisitor, type Visit } from "./headers.ts";
import {
  connectionKey,
  connectOrigin,
  OriginError,
  type OriginPorts,
  type OriginRequest,
  type Timeouts,
} from "./origin.ts";
import { errorPage, errors } from "./pages.ts";
import { rewriterFor, textOf } from "./rewriting.ts";
import { proxiedRecord, zoneOf } from "./routing.ts";
import type { EdgeRecord, EdgeState, EdgeZone } from "./state.ts";

/** What all requests share. */
export interface Context {
  readonly state: EdgeState;
  readonly ports: OriginPorts;
  readonly timeouts: Timeouts;
  readonly cache: Cache;
  readonly connections: Connections;
}

type AnyRequest = IncomingMessage | Http2ServerRequest;
type AnyResponse = ServerResponse | Http2ServerResponse;

/** Answers a request with the origin's answer or an error page of the edge. Never throws. */
export async function proxyRequest(
  context: Context,
  visit: Visit,
  message: AnyRequest,
  response: AnyResponse,
): Promise<void> {
  try {
    const place = locate(context.state, visit);
    const redirection = redirectionOf(place.zone, visit, message.url ?? "/");
    if (redirection !== undefined) {
      answer(response, 301, { ...ownHeaders(visit), location: redirection }, "");
      return;
    }
    if (Number(message.headers["content-length"] ?? 0) > place.zone.maxBodyBytes)
      throw new OriginError(errors.tooLarge);
    if (message.url?.startsWith("/cdn-cgi/")) throw new OriginError(errors.notEdges);
    const caching = cachingOf(context.cache, place.zone, visit, message);
    if (caching.found !== undefined && caching.found !== "expired") {
      const { kept, age } = caching.found;
      const headers = { ...toVisitor(kept.headers, visit, "HIT"), age: String(age) };
      await sendWhole(place.zone, kept, headers, message.method, response);
      return;
    }
    const { connections, state } = context;
    const key = connectionKey(state, originRequest(place, visit));
    const origin = connections.take(key) ?? (await connectTo(place, context, visit));
    // The visitor has disconnected and needs no answer.
    if (response.destroyed) origin.destroy();
    else {
      origin.once("free", () => connections.keep(key, origin));
      await exchange(origin, place.zone, caching, context.timeouts, visit, message, response);
    }
  } catch (error) {
    if (response.headersSent) response.destroy();
    else answerError(response, visit, error);
  }
}

/** Passes a WebSocket through, or the origin's refusal. Never throws. */
export async function proxyUpgrade(
  context: Context,
  visit: Visit,
  message: IncomingMessage,
  visitor: Duplex,
  head: Buffer,
): Promise<void> {
  visitor.on("error", () => visitor.destroy());
  try {
    const place = locate(context.state, visit);
    if (!place.zone.webSockets) throw new OriginError(errors.noWebSockets);
    const origin = await connectTo(place, context, visit);
    visitor.once("close", () => origin.destroy());
    const request = httpRequest({
      createConnection: () => origin,
      method: message.method,
      path: message.url,
      headers: { ...toOrigin(message.headers, visit), connection: "Upgrade", upgrade: message.headers.upgrade },
    });
    request.setTimeout(context.timeouts.answer, () => request.destroy(new OriginError(errors.answerTimeout)));
    request.on("error", (error) => endWithError(visitor, visit, error));
    request.on("response", (answer) => {
      visitor.write(statusLines(answer, { ...toVisitor(answer.headers, visit), connection: "close" }));
      pipeline(answer, visitor, () => visitor.destroy());
    });
    request.on("upgrade", (answer, socket: Socket, first: Buffer) => {
      request.setTimeout(0);
      const headers = {
        ...toVisitor(answer.headers, visit),
        connection: "Upgrade",
        upgrade: answer.headers.upgrade ?? "",
      };
      visitor.write(statusLines(answer, headers));
      visitor.write(first);
      socket.write(head);
      // Traffic in either direction counts.
      socket.setTimeout(context.timeouts.idle, () => socket.destroy());
      socket.on("error", () => socket.destroy());
      // The origin's last bytes still reach the visitor.
      socket.once("close", () => visitor.end());
      visitor.pipe(socket).pipe(visitor);
    });
    request.end();
  } catch (error) {
    endWithError(visitor, visit, error);
  }
}

interface Place {
  readonly zone: EdgeZone;
  readonly record: EdgeRecord;
}

function locate(state: EdgeState, { host }: Visit): Place {
  if (isIP(host)) throw new OriginError(errors.directAddress);
  const zone = zoneOf(state, host);
  const record = proxiedRecord(state, host);
  if (zone === undefined || record === undefined) throw new OriginError(errors.noRecord);
  return { zone, record };
}

/** Mode `off` has no encryption even for visitors who ask for it. */
function redirectionOf({ ssl, alwaysUseHttps }: EdgeZone, { host, scheme }: Visit, path: string): string | undefined {
  if (scheme === "https" && ssl === "off") return `http://${host}${path}`;
  if (scheme === "http" && ssl !== "off" && alwaysUseHttps) return `https://${host}${path}`;
  return undefined;
}

const originRequest = ({ zone, record }: Place, visit: Visit): OriginRequest => ({ ...visit, ssl: zone.ssl, record });

function connectTo(place: Place, { state, ports, timeouts }: Context, visit: Visit): Promise<Socket> {
  return connectOrigin(state, originRequest(place, visit), ports, timeouts);
}

/** The cache's view of one request. */
interface Caching {
  /** Undefined where the answer may not be cached, whatever it says. */
  readonly request?: CacheRequest;
  readonly found?: ReturnType<Cache["find"]>;
  /** How an answer is treated: the status for the visitor, and what happens once it is complete. */
  treat(status: number, headers: IncomingMessage["headers"]): Treated;
}

interface Treated {
  readonly status: CacheStatus;
  readonly keep?: (kept: Kept) => void;
}

function cachingOf(cache: Cache, zone: EdgeZone, visit: Visit, message: AnyRequest): Caching {
  const request = { method: message.method ?? "GET", url: message.url ?? "/", headers: message.headers, visit };
  const rule = rulesFor(zone, visit.host);
  if (!isEligible(request, rule)) return { treat: () => ({ status: "DYNAMIC" }) };
  const key = keyOf(request);
  const found = cache.find(key);
  return {
    request,
    found,
    treat(status, headers) {
      const treatment = treatmentOf(request, rule, status, headers);
      const isTooLarge = Number(headers["content-length"] ?? 0) > largestEntry;
      if (treatment.lifetime === 0 || isTooLarge) return { status: treatment.status };
      const keep = (kept: Kept) => cache.keep(key, kept, treatment.lifetime);
      return { status: found === "expired" ? "EXPIRED" : treatment.status, keep };
    },
  };
}

/** Sends the request and passes the answer on. Throws if there is no answer. */
function exchange(
  origin: Socket,
  zone: EdgeZone,
  caching: Caching,
  timeouts: Timeouts,
  visit: Visit,
  message: AnyRequest,
  response: AnyResponse,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({
      createConnection: () => origin,
      // A cacheable answer is requested whole.
      method: caching.request && message.method === "HEAD" ? "GET" : message.method,
      path: message.url,
      headers: { ...toOrigin(message.headers, visit), connection: "keep-alive" },
    });
    const watch = watchWriting(origin, timeouts.write, () => request.destroy(new OriginError(errors.writeTimeout)));
    request.once("close", () => clearInterval(watch));
    request.setTimeout(timeouts.answer, () => request.destroy(new OriginError(errors.answerTimeout)));
    let isAnswered = false;
    request.on("error", (error) => {
      // An origin may answer and close before it has read the whole request: the answer counts.
      if (isAnswered) return;
      origin.destroy();
      reject(error);
    });
    request.on("response", (answer) => {
      isAnswered = true;
      request.setTimeout(0);
      const status = answer.statusCode ?? 502;
      const { status: cacheStatus, keep } = caching.treat(status, answer.headers);
      const headers = toVisitor(answer.headers, visit, cacheStatus);
      const isPassedOn = keep === undefined && rewriterFor(zone, answer.headers) === undefined;
      if (request.method === "HEAD" || (isPassedOn && message.method !== "HEAD")) {
        writeHead(response, status, headers);
        pipeline(answer, response, (error) => (error ? reject(error) : resolve()));
        return;
      }
      // Cloudflare streams answers while it caches or changes them. Here they are read whole first.
      buffer(answer)
        .then((body) => {
          const kept = { status, headers: answer.headers, body };
          keep?.(kept);
          return sendWhole(zone, kept, headers, message.method, response);
        })
        .then(resolve, reject);
    });
    // Node emits `free` when the answer is complete and the connection can be reused.
    let isFree = false;
    origin.once("free", () => {
      isFree = true;
    });
    response.once("close", () => isFree || origin.destroy());
    // Not a pipeline: at the limit it would destroy the visitor's connection together with the request, without an
    // answer.
    const body = message.pipe(limited(zone.maxBodyBytes));
    body.on("error", (error) => {
      message.unpipe(body);
      message.resume();
      request.destroy(error);
    });
    body.pipe(request);
  });
}

/** Sends a complete answer, changed as the zone's settings say. Throws if it cannot be decoded. */
async function sendWhole(
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

/** Calls `late` if the origin has read nothing of the waiting data for this long. */
function watchWriting(origin: Socket, milliseconds: number, late: () => void): NodeJS.Timeout {
  let last = { waiting: 0, since: Date.now() };
  return setInterval(() => {
    const waiting = origin.writableLength;
    if (waiting === 0 || waiting !== last.waiting) last = { waiting, since: Date.now() };
    else if (Date.now() - last.since >= milliseconds) late();
  }, milliseconds / 10);
}

/** Passes this many bytes, and fails at the next. */
function limited(maxBodyBytes: number): Transform {
  let length = 0;
  return new Transform({
    transform(chunk: Buffer, _, done) {
      length += chunk.length;
      if (length > maxBodyBytes) done(new OriginError(errors.tooLarge));
      else done(null, chunk);
    },
  });
}

function answerError(response: AnyResponse, visit: Visit, error: unknown): void {
  const { status, headers, page } = ownAnswer(visit, error);
  answer(response, status, headers, page);
}

function answer(response: AnyResponse, status: number, headers: Headers, body: string): void {
  writeHead(response, status, { ...headers, "content-length": String(Buffer.byteLength(body)) });
  response.end(body);
}

/** HTTP/1 and HTTP/2 have the same method, but no single call satisfies both types. */
function writeHead(response: AnyResponse, status: number, headers: Headers): void {
  (response as ServerResponse).writeHead(status, headers);
}

/** Without a response object, the answer is written by hand. */
function endWithError(visitor: Duplex, visit: Visit, error: unknown): void {
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

function statusLines(
  answer: { statusCode?: number | undefined; statusMessage?: string | undefined },
  headers: Headers,
): string {
  const lines = Object.entries(headers).flatMap(([name, values]) =>
    [values].flat().map((value) => `${name}: ${value}`),
  );
  return [`HTTP/1.1 ${answer.statusCode} ${answer.statusMessage ?? ""}`, ...lines, "", ""].join("\r\n");
}
