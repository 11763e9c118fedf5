import type { IncomingMessage, ServerResponse } from "node:http";
import { type Cookie, parseCookies } from "./cookieHeader.ts";
import { unescapePath } from "./goUrl.ts";

/** The parts of a request that Vouch reads; all texts hold one character per byte. */
export interface Request {
  method: string;
  /** Decoded. */
  path: string;
  /** Still encoded, without the question mark. */
  query: string;
  /** With port, if the client sent one. */
  host: string;
  cookies: Cookie[];
  /** A header's value; empty if there is none. */
  header(name: string): string;
}

/** Answers one kind of request. */
export type Handler = (request: Request, response: ServerResponse) => void | Promise<void>;

/** Reads a request's head. Throws for a path with a malformed percent escape. */
export function readRequest(message: IncomingMessage): Request {
  const [, path = "", query = ""] = /^([^?]*)\??(.*)$/s.exec(message.url ?? "") ?? [];
  const header = (name: string) => [message.headers[name.toLowerCase()] ?? ""].flat().join(", ");
  return {
    method: message.method ?? "GET",
    path: unescapePath(path),
    query,
    host: header("host"),
    cookies: parseCookies(header("cookie")),
    header,
  };
}
