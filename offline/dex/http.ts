import type { IncomingMessage, ServerResponse } from "node:http";

/** Far more than any form here needs. */
const largestForm = 64 * 1024;

/** A request as the handlers see it. */
export interface Request {
  method: string;
  /** Not decoded, without the query. */
  path: string;
  query: URLSearchParams;
  /** The fields of a posted form; empty for any other request. */
  form: URLSearchParams;
  authorization: string;
}

/** Answers one kind of request. */
export type Handler = (request: Request, response: ServerResponse) => void | Promise<void>;

/** Reads a request with its form. Throws if the form is too large. */
export async function readRequest(message: IncomingMessage): Promise<Request> {
  const [, path = "/", query = ""] = /^([^?]*)\??(.*)$/s.exec(message.url ?? "/") ?? [];
  return {
    method: message.method ?? "GET",
    path,
    query: new URLSearchParams(query),
    form: new URLSearchParams(message.method === "POST" ? await readText(message) : ""),
    authorization: message.headers.authorization ?? "",
  };
}

async function readText(message: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of message as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > largestForm) throw new Error("http: request body too large");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

/** Sends a complete response. */
export function send(response: ServerResponse, status: number, contentType: string, body: string | Buffer): void {
  const content = Buffer.from(body as string);
  response.writeHead(status, { "Content-Type": contentType, "Content-Length": content.length }).end(content);
}

export const sendHtml = (response: ServerResponse, status: number, html: string): void =>
  send(response, status, "text/html; charset=utf-8", html);

export const sendJson = (response: ServerResponse, status: number, value: object, indent?: number): void =>
  send(response, status, "application/json", JSON.stringify(value, null, indent));

export function redirect(response: ServerResponse, status: 302 | 303, location: string): void {
  response.writeHead(status, { Location: location, "Content-Length": 0 }).end();
}
