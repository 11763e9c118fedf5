/**
 * A fake Cloudflare edge: the server that proxied names lead to.
 *
 *     node main.ts FOLDER
 *
 * FOLDER holds the state (`state.ts`). The edge reads it again whenever it has changed. SIGUSR2 cuts every WebSocket
 * and refuses new ones for three seconds.
 */

import { startEdge } from "./server.ts";

const [folder, ...more] = process.argv.slice(2);
if (folder === undefined || more.length > 0) {
  console.error("usage: main.ts FOLDER");
  process.exit(2);
}

// As the first process of a container, Node would otherwise ignore these signals.
for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => process.exit(0));

startEdge({ folder }).then(
  (edge) => {
    process.on("SIGUSR2", () => edge.cutWebSockets(3000));
    const { address, ports } = edge;
    console.log(`a fake Cloudflare edge: ${address}, ports ${ports.http} and ${ports.https}`);
  },
  (error: Error) => {
    console.error(error.message);
    process.exit(1);
  },
);
