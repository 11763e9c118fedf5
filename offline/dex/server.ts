import { readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { Authorization } from "./authorization.ts";
import type { Config } from "./config.ts";
import { discovery } from "./discovery.ts";
import { type Handler, readRequest, send, sendHtml, sendJson } from "./http.ts";
import { log } from "./log.ts";
import { Pages } from "./pages.ts";
import { SigningKey } from "./signingKey.ts";
import { Tokens } from "./tokens.ts";

/** Listens at the configured address. Throws if it cannot. */
export async function startServer(config: Config): Promise<void> {
  const [, host = "", port] = /^(.*):(\d+)$/.exec(config.http) ?? [];
  if (port === undefined) {
    throw new Error(`listening (http) on ${config.http}: listen tcp: address ${config.http}: missing port in address`);
  }
  const find = routesOf(config, await SigningKey.generate());
  const server = createServer((message, response) => void answer(message, response, config, find));
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error) => reject(new Error(`listening (http) on ${config.http}: ${error.message}`)));
    server.listen(Number(port), host.replace(/^\[(.*)\]$/, "$1") || "0.0.0.0", resolve);
  });
  log("INFO", "listening on", { server: "http", address: config.http });
}

/** Handlers by path; the paths are Dex's, below the path of the issuer. */
function routesOf(config: Config, key: SigningKey): (path: string) => Handler | undefined {
  const base = new URL(config.issuer).pathname.replace(/\/$/, "");
  const pages = new Pages(base, config.title);
  const authorization = new Authorization(config, pages, base);
  const tokens = new Tokens(config, authorization.codes, key);
  const discoveryDocument = discovery(config.issuer);
  const homePage = pages.home(`${config.issuer.replace(/\/$/, "")}/.well-known/openid-configuration`);
  const routes: [pattern: RegExp, handler: Handler][] = [
    [/^\/?$/, (_, response) => sendHtml(response, 200, homePage)],
    [/^\/\.well-known\/openid-configuration$/, (_, response) => sendJson(response, 200, discoveryDocument, 2)],
    [/^\/keys$/, keysHandler(key)],
    [/^\/auth$/, authorization.start],
    [/^\/auth\/[^/]+$/, authorization.connector],
    [/^\/approval$/, authorization.approval],
    [/^\/auth\/[^/]+\/login$/, authorization.login],
    [/^\/token$/, tokens.token],
    [/^\/userinfo$/, tokens.userInfo],
    [/^\/healthz$/, (_, response) => send(response, 200, "text/plain; charset=utf-8", "Health check passed")],
    [/^\/static\/main\.css$/, fileHandler("main.css", "text/css; charset=utf-8")],
    [/^\/theme\/styles\.css$/, fileHandler("styles.css", "text/css; charset=utf-8")],
    [/^\/theme\/(logo|favicon)\.png$/, fileHandler("logo.png", "image/png")],
    [
      /^\/robots\.txt$/,
      (_, response) => send(response, 200, "text/plain; charset=utf-8", "User-agent: *\nDisallow: /\n"),
    ],
  ];
  return (path) => {
    if (!path.startsWith(base)) return undefined;
    return routes.find(([pattern]) => pattern.test(path.slice(base.length)))?.[1];
  };
}

function keysHandler(key: SigningKey): Handler {
  const keySet = key.jwks();
  return (_, response) => {
    response.setHeader("Cache-Control", "max-age=600, must-revalidate");
    sendJson(response, 200, keySet, 2);
  };
}

function fileHandler(name: string, contentType: string): Handler {
  const content = readFileSync(new URL(`static/${name}`, import.meta.url));
  return (_, response) => send(response, 200, contentType, content);
}

async function answer(
  message: IncomingMessage,
  response: ServerResponse,
  { headers }: Config,
  find: (path: string) => Handler | undefined,
): Promise<void> {
  try {
    const request = await readRequest(message);
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    const handler = find(request.path);
    if (handler) await handler(request, response);
    else {
      response.setHeader("X-Content-Type-Options", "nosniff");
      send(response, 404, "text/plain; charset=utf-8", "404 page not found\n");
    }
  } catch (error) {
    log("ERROR", "failed to answer", { err: (error as Error).message });
    message.socket.destroy();
  }
}
