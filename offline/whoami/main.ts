/**
 * A fake traefik/whoami, for machines that cannot pull its image: a server that answers with the request it received.
 *
 *     node main.ts [--port NUMBER] [--name NAME]     or WHOAMI_PORT_NUMBER and WHOAMI_NAME
 *
 * `/` in lines · `/api` as JSON · `/health` · `/echo` over WebSocket, each message unchanged.
 */
import { createServer, type IncomingMessage } from "node:http";
import { hostname } from "node:os";
import { parseArgs } from "node:util";
import { echo } from "./echo.ts";

const { values } = parseArgs({
  args: process.argv.slice(2).map((arg) => arg.replace(/^-(?=[a-z])/, "--")),
  options: { port: { type: "string" }, name: { type: "string" } },
});
const port = Number(values.port ?? process.env.WHOAMI_PORT_NUMBER ?? 80);
const name = values.name ?? process.env.WHOAMI_NAME ?? "";

/** Headers by their original names, in alphabetical order. */
function headersOf({ rawHeaders }: IncomingMessage): [name: string, value: string][] {
  const pairs = rawHeaders.flatMap((name, index): [string, string][] =>
    index % 2 === 0 && name.toLowerCase() !== "host" ? [[name, rawHeaders[index + 1] ?? ""]] : [],
  );
  return pairs.sort(([a], [b]) => (a < b ? -1 : 1));
}

function lines(request: IncomingMessage): string {
  const { socket, method, url, httpVersion, headers } = request;
  return [
    ...(name ? [`Name: ${name}`] : []),
    `Hostname: ${hostname()}`,
    `RemoteAddr: ${socket.remoteAddress}:${socket.remotePort}`,
    `${method} ${url} HTTP/${httpVersion}`,
    `Host: ${headers.host}`,
    ...headersOf(request).map(([name, value]) => `${name}: ${value}`),
    "",
    "",
  ].join("\n");
}

function json(request: IncomingMessage): string {
  const headers: Record<string, string[]> = {};
  for (const [name, value] of headersOf(request)) headers[name] = [...(headers[name] ?? []), value];
  const { method, url, headers: given } = request;
  return JSON.stringify({
    hostname: hostname(),
    ip: [],
    headers,
    url,
    host: given.host,
    method,
    ...(name && { name }),
  });
}

// Go's net/http accepts 1 MB of headers (DefaultMaxHeaderBytes, read in November 2026), Node 16 KB.
const server = createServer({ maxHeaderSize: 1 << 20 }, (request, response) => {
  const path = new URL(request.url ?? "/", "http://whoami").pathname;
  if (path === "/health") response.end();
  else if (path === "/echo") response.writeHead(400).end("Bad Request\n");
  else if (path === "/api") response.setHeader("content-type", "application/json").end(json(request));
  else response.setHeader("content-type", "text/plain; charset=utf-8").end(lines(request));
});
server.on("upgrade", echo);
server.listen(port, () => console.log(`Starting up on port ${port}`));

// As the first process of a container, Node would otherwise ignore the signal.
process.on("SIGTERM", () => process.exit(0));
