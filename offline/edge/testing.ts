/** For the edge's tests: an edge with a state, an origin behind it, and certificates for both. */

import { generateKeyPairSync, type KeyObject, X509Certificate } from "node:crypto";
import { mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { request as httpRequest, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createHttpsServer, type ServerOptions } from "node:https";
import { type AddressInfo, connect as connectTcp } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect as connectTls, type TLSSocket } from "node:tls";
import { publicKeyInfo, subjectKeyIdentifier } from "../providers/packages/tls/keys.ts";
import { alternativeNames, distinguishedName } from "../providers/packages/tls/names.ts";
import { createCertificate } from "../providers/packages/tls/x509.ts";
import type { Timeouts } from "./origin.ts";
import { type Edge, startEdge } from "./server.ts";
import { type EdgeState, type EdgeZone, type KeyPair, stateFileName } from "./state.ts";

const day = 24 * 3_600_000;

/** A certificate authority, or a certificate signed by one. */
export interface Certificate extends KeyPair {
  readonly key: KeyObject;
  readonly x509: X509Certificate;
}

/**
 * Issues a certificate for some names; without an issuer, a self-signed one. `days` from now, negative for the past.
 */
export function certificate(
  names: string[],
  { issuer, isCa = false, days = 1 }: { issuer?: Certificate; isCa?: boolean; days?: number } = {},
): Certificate {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const subject = distinguishedName({ commonName: names[0] ?? "", organization: "Tests" });
  const { pem } = createCertificate(
    {
      subject,
      issuer: issuer ? distinguishedName({ commonName: nameOf(issuer), organization: "Tests" }) : subject,
      publicKeyInfo: publicKeyInfo(privateKey),
      notBefore: new Date(Date.now() - 10 * day),
      notAfter: new Date(Date.now() + days * day),
      allowedUses: isCa ? ["cert_signing"] : ["digital_signature", "server_auth", "client_auth"],
      isCa,
      subjectKeyId: subjectKeyIdentifier(privateKey),
      authorityKeyId: subjectKeyIdentifier(issuer?.key ?? privateKey),
      ...(isCa ? {} : { alternativeNames: alternativeNames({ dnsNames: names }) }),
    },
    issuer?.key ?? privateKey,
  );
  return {
    certificate: pem,
    privateKey: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    key: privateKey,
    x509: new X509Certificate(pem),
  };
}

const nameOf = ({ x509 }: Certificate) => /^CN=(.*)$/m.exec(x509.subject)?.[1] ?? "";

/** The authorities of a test, and the edge's certificates from them. */
export const publicCa = certificate(["Public CA"], { isCa: true });
export const originCa = certificate(["Origin CA"], { isCa: true });
const zoneCertificate = certificate(["example.test", "*.example.test"], { issuer: publicCa });

/**
 * The zone `example.test`, in mode `strict` with bodies up to 1000 bytes and other settings as in a new zone, with the
 * given changes.
 */
export function zone(changes: Partial<EdgeZone> = {}): EdgeZone {
  return {
    name: "example.test",
    ssl: "strict",
    alwaysUseHttps: false,
    maxBodyBytes: 1000,
    webSockets: true,
    emailObfuscation: true,
    rocketLoader: false,
    cacheRules: [],
    certificate: zoneCertificate,
    ...changes,
  };
}

/** A server on a separate loopback address. */
export interface Origin {
  readonly address: string;
  readonly port: number;
  readonly server: Server;
  close(): Promise<void>;
}

export type Handler = (message: IncomingMessage, response: ServerResponse) => void;

/** The request that the origin received, as JSON. */
export const echo: Handler = (message, response) => {
  const chunks: Buffer[] = [];
  message.on("data", (chunk) => chunks.push(chunk));
  message.on("end", () => {
    const socket = message.socket as TLSSocket;
    const { method, url, headers } = message;
    const client = socket.getPeerCertificate?.()?.subject?.CN;
    response.setHeader("server", "origin").setHeader("set-cookie", ["a=1", "b=2"]);
    response.end(
      JSON.stringify({
        method,
        url,
        headers,
        body: Buffer.concat(chunks).toString(),
        from: socket.remoteAddress,
        serverName: socket.servername,
        client,
      }),
    );
  });
};

/** Serves HTTPS with a certificate on a free port. */
export async function startOrigin(
  pair: KeyPair,
  handler: Handler = echo,
  options: ServerOptions = {},
  address = "127.0.0.2",
): Promise<Origin> {
  const server = createHttpsServer({ cert: pair.certificate, key: pair.privateKey, ...options }, handler);
  return serve(server, address);
}

/** Starts any server on a free port of a loopback address. */
export async function serve(server: Server, address = "127.0.0.2"): Promise<Origin> {
  await new Promise<void>((resolve) => server.listen(0, address, resolve));
  return {
    address,
    port: (server.address() as AddressInfo).port,
    server,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** An edge whose state can be changed. */
export interface TestEdge extends Edge {
  change(changes: Partial<EdgeState>): Promise<void>;
  stop(): Promise<void>;
}

/** Starts an edge for origins at this port. */
export async function testEdge(
  originPort: number,
  changes: Partial<EdgeState>,
  timeouts: Partial<Timeouts> = {},
): Promise<TestEdge> {
  const folder = await mkdtemp(join(tmpdir(), "edge-"));
  let state: EdgeState = {
    address: "127.0.0.3",
    zones: [zone()],
    records: [],
    clientCertificates: {},
    trusted: [originCa.certificate],
  };
  const change = async (more: Partial<EdgeState>) => {
    state = { ...state, ...more };
    await writeFile(join(folder, "next"), JSON.stringify(state));
    await rename(join(folder, "next"), join(folder, stateFileName));
  };
  await change(changes);
  const edge = await startEdge({
    folder,
    ports: { http: 0, https: 0 },
    originPorts: { http: originPort, https: originPort },
    timeouts: { connect: 2000, answer: 5000, write: 5000, idle: 5000, kept: 5000, notice: 20, ...timeouts },
  });
  return {
    ...edge,
    change,
    async stop() {
      await edge.close();
      await rm(folder, { recursive: true });
    },
  };
}

/** A proxied record of type A. */
export const proxied = (name: string, content: string) => ({ name, type: "A", content, proxied: true }) as const;

export interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

export interface Asking {
  readonly path?: string;
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string | Buffer;
  readonly scheme?: "http" | "https";
  /** The visitor's own address. */
  readonly from?: string;
}

/** Sends a request to the edge as a visitor who trusts the public authority. Throws when TLS fails. */
export async function ask(edge: Edge, host: string, asking: Asking = {}): Promise<Answer> {
  const { path = "/", method = "GET", headers = {}, body, scheme = "https", from = "127.0.0.4" } = asking;
  const socket = scheme === "https" ? await visit(edge, host, from) : undefined;
  return new Promise((resolve, reject) => {
    const request = httpRequest({
      ...(socket && { createConnection: () => socket }),
      host: edge.address,
      port: edge.ports.http,
      localAddress: from,
      path,
      method,
      headers: { host, ...headers },
    });
    request.on("error", reject);
    request.on("response", (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (chunk) => {
        text += chunk;
      });
      response.on("error", reject);
      response.on("end", () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }));
    });
    request.end(body);
  });
}

/** Connects to the edge with TLS. Throws when the handshake fails. */
export function visit(edge: Edge, host: string, from = "127.0.0.4", protocol = "http/1.1"): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = connectTls({
      socket: connectTcp({ host: edge.address, port: edge.ports.https, localAddress: from }),
      servername: host,
      ca: [publicCa.certificate],
      ALPNProtocols: [protocol],
    });
    socket.once("error", reject).once("secureConnect", () => resolve(socket));
  });
}
