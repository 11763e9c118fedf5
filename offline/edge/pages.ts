/** The edge's own pages, for requests that no origin answers. */

import { readFileSync } from "node:fs";

/** One of Cloudflare's own errors. */
export interface EdgeError {
  /** The status of the answer. */
  readonly status: number;
  /** The number on the page; the same as the status except for the 1000s. */
  readonly number: number;
  readonly title: string;
  readonly explanation: string;
}

const error = (status: number, title: string, explanation: string, number = status): EdgeError => ({
  status,
  number,
  title,
  explanation,
});

export const errors = {
  directAddress: error(403, "Direct IP access not allowed", "Use a host name, not an address.", 1003),
  noRecord: error(409, "DNS resolution error", "This name has no proxied record.", 1001),
  unresolvedOrigin: error(530, "Origin DNS error", "The name that the record points to has no address.", 1016),
  noWebSockets: error(403, "WebSockets are switched off", "The zone's setting `websockets` is off."),
  notEdges: error(404, "Not found", "The fake has none of the files that Cloudflare has below /cdn-cgi/."),
  tooLarge: error(413, "Payload too large", "The request's body is larger than the zone's plan allows."),
  badAnswer: error(
    520,
    "Web server is returning an unknown error",
    "The origin closed the connection, or its answer is not HTTP.",
  ),
  refused: error(521, "Web server is down", "The origin refused the connection."),
  connectTimeout: error(522, "Connection timed out", "The origin did not answer the connection."),
  unreachable: error(523, "Origin is unreachable", "There is no route to the origin's address."),
  answerTimeout: error(
    524,
    "A timeout occurred",
    "The origin accepted the connection and did not answer the request in time.",
  ),
  writeTimeout: error(524, "A timeout occurred", "The origin did not read the request's body in time."),
  handshake: error(525, "SSL handshake failed", "The TLS handshake with the origin failed."),
  certificate: error(
    526,
    "Invalid SSL certificate",
    "The zone's mode is strict, and the origin's certificate is not valid.",
  ),
} satisfies Record<string, EdgeError>;

const template = readFileSync(new URL("static/error.html", import.meta.url), "utf8");

/** The page for an error. `detail` says what the fake found; Cloudflare does not show that. */
export function errorPage(host: string, { number, title, explanation }: EdgeError, ray: string, detail = ""): string {
  const texts: Record<string, string> = { host, number: String(number), title, explanation, ray, detail };
  return template.replace(/\{(\w+)\}/g, (place, name) => escapeHtml(texts[name] ?? place));
}

function escapeHtml(text: string): string {
  const entities: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
  return text.replace(/[&<>"]/g, (character) => entities[character] ?? "");
}
