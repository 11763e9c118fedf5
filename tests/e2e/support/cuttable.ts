import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";

/** A TCP proxy on this machine whose connections a test can cut. */
export interface Cuttable {
  /** Cuts all connections at once, without a word to either side. */
  cut(): void;
  close(): void;
}

/** Passes connections to a port on to another one. */
export async function cuttable(port: number, to: number): Promise<Cuttable> {
  const open = new Set<Socket>();
  const server = createServer((client) => {
    const target = connect(to, "127.0.0.1");
    for (const [one, other] of [
      [client, target],
      [target, client],
    ] as const) {
      open.add(one);
      one.pipe(other);
      one
        .on("error", () => other.destroy())
        .on("close", () => {
          open.delete(one);
          other.destroy();
        });
    }
  });
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  const cut = () => {
    for (const socket of open) socket.resetAndDestroy();
  };
  return {
    cut,
    close: () => {
      server.close();
      cut();
    },
  };
}
