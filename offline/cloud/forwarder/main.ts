/**
 * Forwards the cloud's addresses to its machines, as `forwarder.json` in the cloud's folder says.
 *
 *     node main.ts FOLDER
 *
 * Watches that file, and writes the revision that is in force to `forwarder.applied.json`.
 */

import { watch } from "node:fs";
import { readFile, rename, writeFile } from "node:fs/promises";
import { connect, createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { allowedPorts, type Forward, type ForwarderRules, mayPass } from "./rules.ts";

const folder = process.argv[2] ?? ".";
const file = join(folder, "forwarder.json");
const servers = new Map<string, Server>();
const issues = new Map<string, string>();
let rules: ForwarderRules = { revision: "", forwards: [], loopbacks: [] };

/** Opens and closes ports until they match the file. */
async function apply(): Promise<void> {
  rules = JSON.parse(await readFile(file, "utf8"));
  const wanted = new Map<string, () => Promise<Server>>();
  for (const { address, rules: ingress } of rules.forwards) {
    for (const port of allowedPorts(ingress)) {
      wanted.set(`${address}:${port}`, () => listen(address, port, (client) => admit(client, address, port)));
    }
  }
  for (const { address, port } of rules.loopbacks) {
    wanted.set(`${address}:${port}`, () => listen(address, port, (client) => relay(client, "127.0.0.1", port)));
  }
  issues.clear();
  for (const [key, server] of servers) {
    if (wanted.has(key)) continue;
    servers.delete(key);
    // Open connections stay open, as in a VPC.
    server.close();
  }
  for (const [key, open] of wanted) {
    if (servers.has(key)) continue;
    try {
      servers.set(key, await open());
    } catch (error) {
      issues.set(key, error instanceof Error ? error.message : String(error));
    }
  }
  const applied = join(folder, "forwarder.applied.json");
  await writeFile(`${applied}.tmp`, JSON.stringify({ revision: rules.revision, issues: [...issues.values()] }));
  await rename(`${applied}.tmp`, applied);
}

function listen(address: string, port: number, accept: (client: Socket) => void): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, accept);
    server.once("error", reject);
    server.listen({ host: address, port }, () => resolve(server));
  });
}

/** Forwards a connection if the current rules allow it. */
function admit(client: Socket, address: string, port: number): void {
  const forward: Forward | undefined = rules.forwards.find((candidate) => candidate.address === address);
  const source = client.remoteAddress ?? "";
  if (forward !== undefined && mayPass(forward.rules, source, port)) relay(client, forward.target, port);
  // A VPC drops the packet silently; a reset is the closest thing from here.
  else client.resetAndDestroy();
}

/** Joins a client with a port of a target until both have closed. */
function relay(client: Socket, host: string, port: number): void {
  const target = connect({ host, port, allowHalfOpen: true });
  for (const [one, other] of [
    [client, target],
    [target, client],
  ] as const) {
    one.on("error", () => other.resetAndDestroy());
    one.pipe(other);
  }
  client.setNoDelay(true);
  target.setNoDelay(true);
}

let running = Promise.resolve();

/** One after another. If the file is missing or incomplete, another change will follow. */
function follow(): void {
  running = running.then(apply).catch((error) => console.error(String(error)));
}

watch(folder, (_, name) => {
  if (name === "forwarder.json") follow();
});
follow();
process.on("SIGTERM", () => process.exit(0));
