import { createServer, type IncomingMessage, type RequestListener, request } from "node:http";
import { connect, type Socket } from "node:net";

/** Returns the address of a host name. */
export type Resolve = (host: string) => string;

/** A proxy on a Unix socket, by which a browser in a network of its own reaches the sites of this machine. */
export async function startProxy(socket: string, resolve: Resolve): Promise<{ close(): void }> {
  const sockets = new Set<Socket>();
  const forward: RequestListener = (message, response) => {
    const { hostname, port, pathname, search } = new URL(message.url ?? "");
    const { method, headers } = message;
    const onward = request({ host: resolve(hostname), port: port || 80, path: pathname + search, method, headers });
    onward.on("response", (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    onward.on("error", () => response.destroy());
    message.pipe(onward);
  };
  const server = createServer(forward);
  server.on("connection", (each: Socket) => {
    sockets.add(each);
    each.on("close", () => sockets.delete(each));
  });
  server.on("connect", ({ url }: IncomingMessage, visitor: Socket, head: Buffer) => {
    const { hostname, port } = new URL(`tcp://${url}`);
    const target = connect(Number(port), resolve(hostname));
    target.on("connect", () => visitor.write("HTTP/1.1 200 Connected\r\n\r\n"));
    target.write(head);
    joinSockets(visitor, target);
  });
  await new Promise<void>((done) => server.listen(socket, done));
  return {
    close() {
      server.close();
      for (const each of sockets) each.destroy();
    },
  };
}

/** Passes all data on between two connections. The end of one ends the other. */
export function joinSockets(one: Socket, other: Socket): void {
  for (const [from, to] of [
    [one, other],
    [other, one],
  ] as const) {
    from.on("error", () => to.destroy());
    from.on("close", () => to.destroy());
    from.pipe(to);
  }
}
