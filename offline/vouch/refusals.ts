import { type ServerResponse, STATUS_CODES } from "node:http";
import type { VouchConfig } from "./config.ts";
import { clearTokenCookies } from "./cookies.ts";
import { fromBytes } from "./goUrl.ts";
import type { Log } from "./log.ts";
import { page } from "./pages.ts";
import type { Request } from "./request.ts";
import { send, sendText, setHeader } from "./responses.ts";

/** Says no in Vouch's ways; each tells the cause in a header, clears the token's cookies and leaves a line in the log. */
export class Refusals {
  readonly #config: VouchConfig;
  readonly #log: Log;

  constructor(config: VouchConfig, log: Log) {
    this.#config = config;
    this.#log = log;
  }

  /** For nginx: a line of text, the cause itself. */
  sendText(request: Request, response: ServerResponse, status: number, cause: string): void {
    this.#tell(request, response, cause);
    sendText(response, status, fromBytes(cause));
  }

  /** For people: a page that says no more than the status, unless it is given a message. */
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
