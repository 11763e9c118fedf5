import { type ServerResponse, STATUS_CODES } from "node:http";
import type { VouchConfig } from "./config.ts";
import { clearTokenCookies } from "./cookies.ts";
import { fromBytes } from "./goUrl.ts";
import type { Log } from "./log.ts";
import { page } from "./pages.ts";
import type { Request } from "./request.ts";
import { send, sendText, setHeader } from "./responses.ts";

/** Vouch's refusals. Each puts the cause into a header, clears the token's cookies and writes a line to the log. */
export class Refusals {
  readonly #config: VouchConfig;
  readonly #log: Log;

  constructor(config: VouchConfig, log: Log) {
    this.#config = config;
    this.#log = log;
  }

  /** For nginx: the cause as a line of text. */
  sendText(request: Request, response: ServerResponse, status: number, cause: string): void {
    this.#tell(request, response, cause);
    sendText(response, status, fromBytes(cause));
  }

  /** For users: a page with nothing but the status, unless a message is given. */
  sendPage(request: Request, response: ServerResponse, status: number, cause: string, message?: string): void {
    this.#tell(request, response, cause);
    response.setHeader("X-Content-Type-Options", "nosniff");
    const heading = message ?? `${status} ${STATUS_CODES[status]}`;
    send(response, status, "text/html; charset=utf-8", page(this.#config.documentRoot, fromBytes(heading)));
  }

  #tell(request: Request, response: ServerResponse, cause: string): void {
    this.#log.warn(cause);
    clearTokenCookies(response, request, this.#config);
    setHeader(response, this.#config.headers.error, cause);
  }
}
