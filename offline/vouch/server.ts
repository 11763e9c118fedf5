import { readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { callbackHandler, callbackStateHandler } from "./callback.ts";
import type { Config } from "./config.ts";
import type { Log } from "./log.ts";
import { loginHandler } from "./login.ts";
import { logoutHandler } from "./logout.ts";
import { OutOfMemory } from "./panic.ts";
import { Refusals } from "./refusals.ts";
import { type Handler, type Request, readRequest } from "./request.ts";
import { redirect, send, sendText } from "./responses.ts";
import { Router } from "./router.ts";
import { validateHandler } from "./validate.ts";

/** Listens at the configured address. Throws if the port is in use. */
export async function startServer(config: Config, log: Log): Promise<void> {
  const { listen, port, documentRoot, readTimeout, idleTimeout } = config.vouch;
  const routes = routesOf(config, log);
  const server = createServer(
    {
      maxHeaderSize: 1 << 20,
      headersTimeout: readTimeout * 1000,
      requestTimeout: readTimeout * 1000,
      keepAliveTimeout: idleTimeout * 1000,
    },
    (message, response) => void answer(message, response, routes, log),
  );
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error) => {
      log.error(error.message);
      reject(new Error(`${listen}:${port} is not available (is Vouch Proxy already running?)`));
    });
    server.listen(port, listen, resolve);
  });
  log.info("starting Vouch Proxy", {
    listen: `http://${listen}:${port}`,
    document_root: documentRoot,
    "oauth.provider": config.oauth.provider,
  });
}

function routesOf(config: Config, log: Log): Router<Handler> {
  const { vouch } = config;
  const refusals = new Refusals(vouch, log);
  const validate = validateHandler(vouch, refusals);
  const routes = new Router<Handler>();
  const get = (path: string, handler: Handler) => routes.get(vouch.documentRoot + path, handler);
  get("/validate", validate);
  get("/_external-auth-:id", validate);
  get("/login", loginHandler(config, refusals, log));
  get("/logout", logoutHandler(config, refusals));
  get("/auth", callbackHandler(vouch, refusals));
  get("/auth/:state/", callbackStateHandler(config, refusals, log));
  get("/static/css/main.css", fileHandler("main.css", "text/css; charset=utf-8"));
  get("/static/img/favicon.ico", fileHandler("favicon.ico", "image/vnd.microsoft.icon"));
  get("/static/img/multicolor_V_500x500.png", fileHandler("logo.png", "image/png"));
  // The only path that a document_root does not move.
  routes.get("/healthcheck", (_, response) => send(response, 200, "application/json", '{ "ok": true }'));
  return routes;
}

function fileHandler(name: string, contentType: string): Handler {
  const content = readFileSync(new URL(`static/${name}`, import.meta.url));
  return (_, response) => send(response, 200, contentType, content);
}

async function answer(
  message: IncomingMessage,
  response: ServerResponse,
  routes: Router<Handler>,
  log: Log,
): Promise<void> {
  let request: Request;
  try {
    request = readRequest(message);
  } catch {
    send(response, 400, "text/plain; charset=utf-8", "400 Bad Request");
    return;
  }
  try {
    await route(request, response, routes);
    const { method, host, path } = request;
    log.info(`|${response.statusCode}| ${path}`, { statusCode: response.statusCode, method, host, path });
  } catch (error) {
    if (error instanceof OutOfMemory) {
      console.error(error.message);
      process.exit(2);
    }
    log.error(`http: panic serving ${message.socket.remoteAddress}: ${(error as Error).message}`);
    message.socket.destroy();
  }
}

function route(request: Request, response: ServerResponse, routes: Router<Handler>): void | Promise<void> {
  const { method, path, query } = request;
  const match = routes.find(method, path);
  if (!match) return sendText(response, 404, "404 page not found");
  if ("route" in match) return match.route(request, response);
  if ("moved" in match) return redirect(response, 301, query === "" ? match.moved : `${match.moved}?${query}`);
  response.setHeader("Allow", match.allow);
  return method === "OPTIONS" ? send(response, 200, "", "") : sendText(response, 405);
}
