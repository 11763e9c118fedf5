/**
 * A fake of the APIs of Google that `npm run boost` uses, over the fake cloud: Compute Engine, Workflows and the list of prices. It is a
 * proxy for HTTPS (HTTPS_PROXY), which answers for Google's host names with a certificate of its own (NODE_EXTRA_CA_CERTS).
 */

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import type { Cloud } from "../cloud/folder.ts";
import { selfSigned } from "../support/certificate.ts";
import { instance, machineType, project, region } from "./compute.ts";
import { ApiError } from "./errors.ts";
import { Executions } from "./executions.ts";
import { skus } from "./prices.ts";

export interface Google {
  /** Variables for a program that is to reach it. */
  env: Record<string, string>;
  executions: Executions;
  close(): Promise<void>;
}

const HOSTS = ["compute", "workflowexecutions", "cloudbilling", "oauth2"].map((name) => `${name}.googleapis.com`);

type Route = [method: string, path: RegExp, answer: (found: string[], asked: Asked) => unknown];
interface Asked {
  query: URLSearchParams;
  body: string;
}

/** @param speed how many times faster the executions of workflows pass their time than real time */
export async function startGoogle(cloud: Cloud, speed = 1): Promise<Google> {
  const executions = new Executions(cloud, speed);
  const { certificate, certificateKey } = selfSigned(HOSTS);
  const folder = await mkdtemp(join(tmpdir(), "fake-google-"));
  const authority = join(folder, "authority.pem");
  await writeFile(authority, certificate);
  const routes = routesOf(cloud, executions);
  const inner = createHttpsServer({ cert: certificate, key: certificateKey }, (request, response) => {
    answer(routes, request, response).catch((error) => response.destroy(error));
  });
  const proxy = createServer((_, response) => response.writeHead(405).end());
  proxy.on("connect", ({ url = "" }, socket) => {
    socket.on("error", () => {});
    if (!HOSTS.includes(url.replace(/:443$/, ""))) return socket.end("HTTP/1.1 403 Forbidden\r\n\r\n");
    socket.write("HTTP/1.1 200 Connection Established\r\n\r\n");
    return inner.emit("connection", socket);
  });
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  const { port } = proxy.address() as AddressInfo;
  return {
    env: { HTTPS_PROXY: `http://127.0.0.1:${port}`, NODE_EXTRA_CA_CERTS: authority },
    executions,
    async close() {
      executions.close();
      proxy.closeAllConnections();
      inner.closeAllConnections();
      await new Promise((resolve) => proxy.close(resolve));
      await rm(folder, { recursive: true });
    },
  };
}

function routesOf(cloud: Cloud, executions: Executions): Route[] {
  const compute = "compute\\.googleapis\\.com/compute/v1/";
  const workflows = "workflowexecutions\\.googleapis\\.com/v1/";
  const route = (method: string, path: string, act: Route[2]): Route => [method, new RegExp(`^${path}$`), act];
  return [
    route("POST", "oauth2\\.googleapis\\.com/token", () => ({
      access_token: "fake",
      expires_in: 3599,
      token_type: "Bearer",
    })),
    route("GET", `${compute}(projects/[^/]+/zones/[^/]+/instances/[^/]+)`, ([path = ""]) => instance(cloud, path)),
    route("GET", `${compute}(projects/[^/]+/zones/[^/]+/machineTypes/[^/]+)`, ([path = ""]) => machineType(path)),
    route("GET", `${compute}projects/[^/]+/regions/([^/]+)`, ([name = ""]) => region(cloud, name)),
    route("GET", `${compute}projects/([^/]+)`, ([name = ""]) => project(cloud, name)),
    route("GET", "cloudbilling\\.googleapis\\.com/v1/services/6F81-5844-456A/skus", (_, { query }) =>
      skus(query.get("pageToken")),
    ),
    route("POST", `${workflows}(.+/workflows/[^/]+)/executions`, ([path = ""], { body }) =>
      executions.create(path, (JSON.parse(body) as { argument: string }).argument),
    ),
    route("GET", `${workflows}(.+/workflows/[^/]+)/executions`, ([path = ""], { query }) => ({
      // Without view=FULL, there is no argument and no result.
      executions: executions
        .list(path)
        .map(({ argument, result, error, ...basic }) =>
          query.get("view") === "FULL" ? { argument, result, error, ...basic } : basic,
        ),
    })),
    route("GET", `${workflows}(.+/executions/[^/]+)`, ([name = ""]) => executions.get(name)),
    route("POST", `${workflows}(.+/executions/[^/]+):cancel`, ([name = ""]) => executions.cancel(name)),
  ];
}

async function answer(routes: Route[], request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { method = "", headers } = request;
  const body = await text(request);
  const { host, pathname, searchParams: query } = new URL(`https://${headers.host}${request.url}`);
  const send = (code: number, value: unknown) =>
    response.writeHead(code, { "content-type": "application/json; charset=UTF-8" }).end(JSON.stringify(value, null, 2));
  try {
    if (host !== "oauth2.googleapis.com" && headers.authorization !== "Bearer fake")
      throw new ApiError(401, "Request had invalid authentication credentials.", "authError");
    for (const [expected, path, act] of routes) {
      const [whole, ...found] = path.exec(`${host}${pathname}`) ?? [];
      if (whole !== undefined && method === expected) return void send(200, await act(found, { query, body }));
    }
    throw new ApiError(404, `The fake of Google does not know ${method} ${host}${pathname}`, "notFound");
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    send(error.code, error.body);
  }
}
