/** The host names of the site, by their first label; the front page has the domain itself. */
export const LABELS = ["jupyter", "phpdemo", "vouch", "dex", "front"] as const;
export type Label = (typeof LABELS)[number];

/** The site that is attacked. */
export const site = { address: "127.0.0.1", httpsPort: 8443, httpPort: 8080, domain: "lab.localhost" };

export const nameOf = (label: Label): string => (label === "front" ? site.domain : `${label}.${site.domain}`);
/** The Host header of a browser. */
export const hostOf = (label: Label): string => `${nameOf(label)}:${site.httpsPort}`;
export const originOf = (label: Label): string => `https://${hostOf(label)}`;

/** The sender of an attempt. */
export interface Visitor {
  /** Returns the value of the session's cookie at a host name; absent without a session. */
  token?: (label: Label) => string;
}

/** Bytes on a new connection. */
export interface RawAttempt {
  kind: "raw";
  /** The server name in the TLS handshake; null for none. Unused without TLS. */
  serverName: string | null;
  tls: boolean;
  bytes: (visitor: Visitor) => string;
}

/** An HTTP/2 request. */
export interface Http2Attempt {
  kind: "http2";
  serverName: string;
  headers: (visitor: Visitor) => Record<string, string | string[]>;
}

export type Attempt = RawAttempt | Http2Attempt;

/**
 * An attempt with the expected answers to a stranger and to a signed-in user who is not on the allow list; a list if one
 * of several is possible. See `answersOf`.
 */
export type Row = [attempt: Attempt, stranger: string | string[], outsider?: string | string[]];

/** Headers of a browser that opens a page, and of a script. */
export const page = ["Sec-Fetch-Mode: navigate", "Accept: text/html"];
export const script = ["Sec-Fetch-Mode: cors"];

/** The answer that sends a page to the gate; each attempt to sign in has its own path there. */
export const toSignIn = (label: Label): string => `302 vouch:/enter/${nameOf(label)}/=`;

/** The host name of the site that a request is for: that of an absolute URL, or else of the Host header. */
function labelOf(line: string, host: string | null, label: Label): Label {
  const given = /^\S+ [a-z]+:\/\/([^/\s]*)/i.exec(line)?.[1] ?? host ?? "";
  const name = given.replace(/:\d+$/, "").replace(/\.$/, "").toLowerCase();
  return LABELS.find((each) => nameOf(each) === name) ?? label;
}

interface Options {
  /** The Host header; `null` for none. */
  host?: string | null;
  body?: string;
  serverName?: string | null;
  /** Whether the visitor's cookie is sent. Default: true. */
  cookie?: boolean;
  /** The Connection header; `null` for none. Default: close. */
  connection?: string | null;
}

/** An HTTP/1 request over TLS, sent unchanged. */
export function http1(
  label: Label,
  line: string,
  headers: string[] = [],
  { host = hostOf(label), body = "", serverName = nameOf(label), cookie = true, connection = "close" }: Options = {},
): Attempt {
  return {
    kind: "raw",
    tls: true,
    serverName,
    bytes: (visitor) => {
      const token = visitor.token?.(labelOf(line, host, label));
      return [
        line.replaceAll("<token>", token ?? FORGED),
        ...(host === null ? [] : [`Host: ${host}`]),
        ...headers.map((header) => header.replaceAll("<token>", token ?? FORGED)),
        ...(cookie && token ? [`Cookie: __Host-session=${token}`] : []),
        ...(connection === null ? [] : [`Connection: ${connection}`]),
        "",
        body,
      ].join("\r\n");
    },
  };
}

export const get = (label: Label, path: string, headers: string[] = [], options: Options = {}): Attempt =>
  http1(label, `GET ${path} HTTP/1.1`, headers, options);

/** Exactly these bytes; `<host>` and `<cookie>` are replaced by whole header lines. */
export function raw(label: Label, bytes: string): Attempt {
  return {
    kind: "raw",
    tls: true,
    serverName: nameOf(label),
    bytes: (visitor) => {
      const token = visitor.token?.(label);
      return bytes
        .replaceAll("<host>", `Host: ${hostOf(label)}\r\n`)
        .replaceAll("<cookie>", token ? `Cookie: __Host-session=${token}\r\n` : "");
    },
  };
}

/** Bytes for the port that only redirects. */
export const plain = (bytes: string): Attempt => ({ kind: "raw", tls: false, serverName: null, bytes: () => bytes });

/** @param headers headers and pseudo-headers that replace those of a usual request; `""` removes one. */
export function http2(label: Label, headers: Record<string, string | string[]>, cookie = true): Attempt {
  const usual = { ":method": "GET", ":path": "/", ":scheme": "https", ":authority": hostOf(label) };
  return {
    kind: "http2",
    serverName: nameOf(label),
    headers: (visitor) => {
      const asked = { ...usual, ...headers };
      const token = visitor.token?.(labelOf("", String(asked[":authority"] || headers.host || ""), label));
      return Object.fromEntries(
        Object.entries({ ...usual, ...(cookie && token ? { cookie: `__Host-session=${token}` } : {}), ...headers })
          .filter(([, value]) => value !== "")
          .map(([name, value]) => [name, withToken(value, token)]),
      );
    },
  };
}

function withToken(value: string | string[], token = FORGED): string | string[] {
  const filledIn = [value].flat().map((text) => text.replaceAll("<token>", token));
  return Array.isArray(value) ? filledIn : (filledIn[0] ?? "");
}

/** A session like nginx's, signed with another key. */
export const FORGED = [
  "1764000000000",
  `${"0".repeat(16)}-${"A".repeat(22)}`,
  "4102444800",
  "you@example.com",
  "c2lnbmVkIHdpdGggYW5vdGhlciBrZXkgYWx0b2dldGg",
].join(".");

/** An attempt as one line, for the title of a test. */
export function titleOf(attempt: Attempt): string {
  const text =
    attempt.kind === "http2"
      ? `HTTP/2 ${JSON.stringify(attempt.headers({}))}`
      : attempt.bytes({}).replaceAll(FORGED, "<forged>");
  const via = attempt.kind === "raw" && !attempt.tls ? "plain" : (attempt.serverName ?? "no server name");
  const line = text
    .replace(/\r\nConnection: close\r\n\r\n$/, "")
    .replace(/[^\x20-\x7e]/g, (char) =>
      char === "\r" ? "" : char === "\n" ? " | " : `\\x${char.charCodeAt(0).toString(16).padStart(2, "0")}`,
    );
  return `${via}: ${line.length > 180 ? `${line.slice(0, 140)}... (${text.length} bytes)` : line}`;
}
