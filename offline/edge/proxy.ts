/** Passes one request from the visitor to the origin and back. */

import { request as httpRequest, type IncomingMessage } from "node:http";
import type { Http2ServerRequest } from "node:http2";
import { isIP, type Socket } from "node:net";
import { type Duplex, pipeline } from "node:stream";
import { type AnyResponse, answer, answerError, endWithError, sendWhole, statusLines } from "./answers.ts";
import type { Cache } from "./cache.ts";
import { cachingOf } from "./caching.ts";
import type { Connections } from "./connections.ts";
import { exchange } from "./exchange.ts";
import { ownHeaders, toOrigin, toVisitor, type Visit } from "./headers.ts";
import {
  connectionKey,
  connectOrigin,
  OriginError,
  type OriginPorts,
  type OriginRequest,
  type Timeouts,
} from "./origin.ts";
import { errors } from "./pages.ts";
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

/** Answers a request with the origin's answer or an error page of the edge. Never throws. */
export async function proxyRequest(
  context: Context,
  visit: Visit,
  message: IncomingMessage | Http2ServerRequest,
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
