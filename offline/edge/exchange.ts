/** Sends one request to the origin and passes its answer on. */

import { request as httpRequest, type IncomingMessage } from "node:http";
import type { Http2ServerRequest } from "node:http2";
import type { Socket } from "node:net";
import { pipeline, Transform } from "node:stream";
import { buffer } from "node:stream/consumers";
import { type AnyResponse, sendWhole, writeHead } from "./answers.ts";
import type { Caching } from "./caching.ts";
import { toOrigin, toVisitor, type Visit } from "./headers.ts";
import { OriginError, type Timeouts } from "./origin.ts";
import { errors } from "./pages.ts";
import { rewriterFor } from "./rewriting.ts";
import type { EdgeZone } from "./state.ts";

/** Sends the request and passes the answer on. Throws if there is no answer. */
export function exchange(
  origin: Socket,
  zone: EdgeZone,
  caching: Caching,
  timeouts: Timeouts,
  visit: Visit,
  message: IncomingMessage | Http2ServerRequest,
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
