/** Connects to an origin as the zone's settings say, and reports errors as Cloudflare reports them. */

import { connect as connectTcp, type Socket } from "node:net";
import {
  connect as connectTls,
  createSecureContext,
  rootCertificates,
  type SecureContext,
  type TLSSocket,
} from "node:tls";
import { type EdgeError, errors } from "./pages.ts";
import { originAddress } from "./routing.ts";
import type { EdgeRecord, EdgeState, KeyPair, SslMode } from "./state.ts";

/** Why the origin gave no answer. */
export class OriginError extends Error {
  readonly error: EdgeError;

  constructor(error: EdgeError, detail = "") {
    super(detail);
    this.error = error;
  }
}

/** In milliseconds. Cloudflare's: https://developers.cloudflare.com/fundamentals/reference/connection-limits (November 2026) */
export interface Timeouts {
  /** Until the origin has accepted the connection. */
  readonly connect: number;
  /** Until the origin begins to answer a request. */
  readonly answer: number;
  /** How long the origin may stop reading a request's body. */
  readonly write: number;
  /** How long a WebSocket may be silent. */
  readonly idle: number;
  /** How long a connection is kept after an answer. */
  readonly kept: number;
  /** Until the edge knows that the origin has closed such a connection: about one round trip. */
  readonly notice: number;
}

export const cloudflareTimeouts: Timeouts = {
  connect: 19_000,
  answer: 120_000,
  write: 30_000,
  idle: 100_000,
  kept: 900_000,
  notice: 20,
};

/** The ports of origins, by scheme. */
export interface OriginPorts {
  readonly http: number;
  readonly https: number;
}

/** The parts of a visitor's request that decide about the connection to the origin. */
export interface OriginRequest {
  readonly host: string;
  readonly scheme: "http" | "https";
  readonly ssl: SslMode;
  readonly record: EdgeRecord;
}

/** Requests with the same key can share a connection. */
export function connectionKey(state: EdgeState, request: OriginRequest): string {
  const { host, ssl, record } = request;
  const shown = shownFor(state, host)?.certificate;
  return [host, ssl, isEncrypted(request), record.type, record.content, shown, ...state.trusted].join();
}

/** The client certificate presented for a host at this moment, if any. */
function shownFor({ clientCertificates }: EdgeState, host: string): KeyPair | undefined {
  const known = clientCertificates[host];
  return known && (known.from ?? 0) <= Date.now() ? known : undefined;
}

/** Opens a connection to a request's origin. Throws an {@link OriginError}. */
export async function connectOrigin(
  state: EdgeState,
  request: OriginRequest,
  ports: OriginPorts,
  timeouts: Timeouts,
): Promise<Socket> {
  const address = await originAddress(state, request.record);
  if (address === undefined)
    throw new OriginError(errors.unresolvedOrigin, `${request.record.content} has no address.`);
  const encrypted = isEncrypted(request);
  const port = encrypted ? ports.https : ports.http;
  const socket = await openTcp({ host: address, port, localAddress: state.address }, timeouts);
  return encrypted ? await openTls(state, request, socket, timeouts) : socket;
}

/** The edge contacts the origin with the visitor's own scheme, unless the zone's SSL mode prescribes one. */
function isEncrypted({ scheme, ssl }: OriginRequest): boolean {
  return ssl === "origin_pull" || (scheme === "https" && (ssl === "full" || ssl === "strict"));
}

function openTcp(options: { host: string; port: number; localAddress: string }, timeouts: Timeouts): Promise<Socket> {
  const socket = connectTcp(options);
  const place = `${options.host}:${options.port}`;
  return settled(socket, "connect", timeouts.connect, errors.connectTimeout, ({ code }) => {
    if (code === "ECONNREFUSED") return new OriginError(errors.refused, `${place} refuses connections.`);
    if (code === "EHOSTUNREACH" || code === "ENETUNREACH") return new OriginError(errors.unreachable, place);
    return new OriginError(errors.connectTimeout, `${place} does not answer.`);
  });
}

async function openTls(
  state: EdgeState,
  { host, ssl }: OriginRequest,
  socket: Socket,
  timeouts: Timeouts,
): Promise<Socket> {
  const encrypted = connectTls({
    socket,
    servername: host,
    secureContext: contextFor(state, host),
    // The check is below: only some modes need it, and a separate error tells a bad certificate from a bad handshake.
    rejectUnauthorized: false,
    ALPNProtocols: ["http/1.1"],
  });
  await settled(
    encrypted,
    "secureConnect",
    timeouts.connect,
    errors.handshake,
    ({ message }) => new OriginError(errors.handshake, message),
  );
  if ((ssl === "strict" || ssl === "origin_pull") && !encrypted.authorized) {
    encrypted.destroy();
    throw new OriginError(errors.certificate, `The origin's certificate: ${reasonOf(encrypted)}.`);
  }
  return encrypted;
}

const contexts = new Map<string, SecureContext>();

/** What the edge trusts and presents. Cached, because reading all public authorities takes milliseconds. */
function contextFor(state: EdgeState, host: string): SecureContext {
  const { trusted } = state;
  const shown = shownFor(state, host);
  const key = [shown?.certificate, shown?.privateKey, ...trusted].join();
  let context = contexts.get(key);
  if (context === undefined) {
    const pair = shown && { cert: shown.certificate, key: shown.privateKey };
    context = createSecureContext({ ca: [...rootCertificates, ...trusted], ...pair });
    contexts.set(key, context);
  }
  return context;
}

/** Whatever its types say, Node has a code here, or an error. */
function reasonOf({ authorizationError }: TLSSocket): string {
  const reason: unknown = authorizationError;
  return reason instanceof Error ? reason.message : String(reason);
}

/**
 * Waits until a socket has reached an event; on an error, throws the result of `refuse`; after a timeout, throws
 * `late`.
 */
function settled<S extends Socket>(
  socket: S,
  event: "connect" | "secureConnect",
  milliseconds: number,
  late: EdgeError,
  refuse: (error: NodeJS.ErrnoException) => OriginError,
): Promise<S> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => fail(new OriginError(late, `No answer in ${milliseconds} ms.`)), milliseconds);
    const fail = (error: OriginError) => {
      clearTimeout(timer);
      socket.destroy();
      reject(error);
    };
    const onError = (error: NodeJS.ErrnoException) => fail(refuse(error));
    const onClose = () => onError(new Error("The origin closed the connection."));
    socket.once("error", onError).once("close", onClose);
    socket.once(event, () => {
      clearTimeout(timer);
      socket.off("error", onError).off("close", onClose);
      resolve(socket);
    });
  });
}
