/** Forwards a port of this network's loopback to a Unix socket as long as a process runs: `forwardPort.ts PROCESS`. */
import { connect, createServer } from "node:net";

const { PROXY_PORT, PROXY_SOCKET = "" } = process.env;
const parent = Number(process.argv[2]);

createServer((visitor) => {
  const target = connect(PROXY_SOCKET);
  for (const [from, to] of [
    [visitor, target],
    [target, visitor],
  ] as const) {
    from.on("error", () => to.destroy());
    from.on("close", () => to.destroy());
    from.pipe(to);
  }
}).listen(Number(PROXY_PORT), "127.0.0.1");

setInterval(() => {
  try {
    process.kill(parent, 0);
  } catch {
    process.exit();
  }
}, 500);
