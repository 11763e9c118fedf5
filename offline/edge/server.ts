import { randomBytes } from "node:crypto";
import { createServer, type IncomingMessage } from "node:http";
import { createSecureServer, type Http2ServerRequest } from "node:http2";
import type { AddressInfo, Server, Socket } from "node:net";
import type { Duplex } from "node:stream";
import { createSecureContext, type SecureContext } from "node:tls";
import { Cache } from "./cache.ts";
import { Connections } from "./connections.ts";
import type { Visit } from "./headers.ts";
import { cloudflareTimeouts, type OriginPorts, type Timeouts } from "./origin.ts";
import { type Context, proxyRequest, proxyUpgrade } from "./proxy.ts";
import { certificateFor, hostName } from "./routing.ts";
import { StateFile } from "./state.ts";

export interface EdgeOptions {
  /** The folder with the state. */
  readonly folder: string;
  /** Where the edge listens. Default: 80 and 443; 0 for a free port. */
  readonly ports?: OriginPorts;
  /** Where origins listen. Default: 80 and 443. */
  readonly originPorts?: OriginPorts;
  /** Default: Cloudflare's. */
  readonly timeouts?: Timeouts;
}

export interface Edge {
  readonly address: string;
  readonly ports: OriginPorts;
  /**
   * Cuts every WebSocket and refuses new ones for some milliseconds, as when Cloudflare restarts its servers for an
   * update: https://developers.cloudflare.com/network/websockets (November 2026).
   */
  cutWebSockets(milliseconds: number): void;
  close(): Promise<void>;
}

const standardPorts: OriginPorts = { http: 80, https: 443 };

/** Starts an edge on the address in its state, once there is a state. Throws if a port is in use. */
export async function startEdge(options: EdgeOptions): Promise<Edge> {
  const { folder, ports = standardPorts, originPorts = standardPorts, timeouts = cloudflareTimeouts } = options;
  const file = new StateFile(folder);
  const { address } = file.current;
  const cache = new Cache();
  const connections = new Connections(timeouts);
  const context = (): Context => ({ state: file.current, ports: originPorts, timeouts, cache, connections });

  const encrypted = createSecureServer({
    allowHTTP1: true,
    SNICallback: (name, done) => done(null, contextFor(file, name)),
  });
  const plain = createServer();
  const sockets = new Set<Socket>();
  const webSockets = new Set<Duplex>();
  let restartedAt = 0;
  for (const [server, scheme] of [
    [encrypted, "https"],
    [plain, "http"],
  ] as const) {
    server.on("connection", (socket: Socket) => {
      sockets.add(socket);
      socket.once("close", () => sockets.delete(socket));
    });
    server.on("request", (message: IncomingMessage, response) => {
      proxyRequest(context(), visitOf(message, scheme), message, response);
    });
    server.on("upgrade", (message: IncomingMessage, socket, head) => {
      if (Date.now() < restartedAt) {
        socket.destroy();
        return;
      }
      webSockets.add(socket);
      socket.once("close", () => webSockets.delete(socket));
      proxyUpgrade(context(), visitOf(message, scheme), message, socket, head);
    });
  }

  const listening = {
    http: await listen(plain, ports.http, address),
    https: await listen(encrypted, ports.https, address),
  };
  return {
    address,
    ports: listening,
    cutWebSockets(milliseconds) {
      restartedAt = Date.now() + milliseconds;
      for (const socket of webSockets) socket.destroy();
    },
    async close() {
      const closed = [plain, encrypted].map((server) => new Promise((resolve) => server.close(resolve)));
      for (const socket of sockets) socket.destroy();
      connections.closeAll();
      await Promise.all(closed);
    },
  };
}

const contexts = new Map<string, SecureContext>();

/**
 * A context without a certificate ends in the alert `handshake_failure`, which is also what Cloudflare sends for an
 * unknown name.
 */
function contextFor(file: StateFile, name: string): SecureContext {
  const pair = certificateFor(file.current, hostName(name));
  const key = pair?.certificate ?? "";
  const known = contexts.get(key);
  if (known !== undefined) return known;
  const context = createSecureContext(pair && { cert: pair.certificate, key: pair.privateKey });
  contexts.set(key, context);
  return context;
}

function visitOf(message: IncomingMessage | Http2ServerRequest, scheme: "http" | "https"): Visit {
  const authority = "authority" in message ? message.authority : undefined;
  return {
    ray: `${randomBytes(8).toString("hex")}-SIN`,
    host: hostName(authority || message.headers.host || ""),
    scheme,
    address: message.socket.remoteAddress ?? "",
  };
}

function listen(server: Server, port: number, address: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, address, () => resolve((server.address() as AddressInfo).port));
  });
}
