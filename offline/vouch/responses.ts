import { type ServerResponse, STATUS_CODES } from "node:http";
import { posix } from "node:path";
import { parseUrl } from "./goUrl.ts";

const escapes: Record<string, string> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&#34;",
  "'": "&#39;",
  "+": "&#43;",
};

/** Makes text safe inside HTML, as Go's html/template does. */
export const escapeHtml = (text: string): string => text.replace(/[&<>"'+]/g, (char) => escapes[char] ?? char);

/**
 * Sets a header to bytes as Go sends them: line breaks become blanks and the ends are trimmed, so a value cannot start
 * another header.
 */
export function setHeader(response: ServerResponse, name: string, bytes: string): void {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  response.setHeader(name, bytes.replace(/[\x00-\x08\x0a-\x1f\x7f]/g, " ").trim());
}

/** Sends a complete answer; `body` is written as UTF-8 and left out for HEAD. */
export function send(response: ServerResponse, status: number, contentType: string, body: string | Buffer): void {
  const content = Buffer.from(body as string);
  response.statusCode = status;
  if (contentType) response.setHeader("Content-Type", contentType);
  response.setHeader("Content-Length", content.length);
  response.end(content);
}

/** An error as Go's http.Error sends it: one line of plain text. */
export function sendText(response: ServerResponse, status: number, text = STATUS_CODES[status] ?? ""): void {
  response.setHeader("X-Content-Type-Options", "nosniff");
  send(response, status, "text/plain; charset=utf-8", `${text}\n`);
}

/** A redirect as Go's http.Redirect writes it: removes `.` and `..` from a bare path and encodes non-ASCII bytes. */
export function redirect(response: ServerResponse, status: 301 | 302, url: string): void {
  const location = cleaned(url).replace(/[\x80-\xff]/g, (byte) => `%${byte.charCodeAt(0).toString(16)}`);
  setHeader(response, "Location", location);
  const body = `<a href="${escapeHtml(location)}">${STATUS_CODES[status]}</a>.\n\n`;
  send(response, status, "text/html; charset=utf-8", body);
}

function cleaned(url: string): string {
  try {
    const { scheme, authority } = parseUrl(url);
    if (scheme !== "" || authority !== undefined) return url;
  } catch {
    return url;
  }
  const [, path = "", query = ""] = /^([^?]*)(.*)$/s.exec(url) ?? [];
  return posix.normalize(path) + query;
}
