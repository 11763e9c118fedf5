/** Forwards a port of this network's loopback to a Unix socket as long as a process runs: `forwardPort.ts PROCESS`. */
import { connect, createServer } from "node:net";
import { joinSockets } from "./proxy.ts";

const { PROXY_PORT, PROXY_SOCKET = "" } = process.env;
const parent = Number(process.argv[2]);

createServer((visitor) => {
  joinSockets(visitor, connect(PROXY_SOCKET));
}).listen(Number(PROXY_PORT), "127.0.0.1");

setInterval(() => {
  try {
    process.kill(parent, 0);
  } catch {
    process.exit();
  }
}, 500);
