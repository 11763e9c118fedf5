/**
 * The rules of Go's net/url that Vouch's behaviour depends on: what it rejects, decodes and writes. The standard `URL`
 * lower-cases hosts and normalizes paths, so it cannot be used.
 *
 * Texts of a request hold one character per byte here, as Go's strings do and as Node provides them.
 */

export interface GoUrl {
  /** In lower case; empty if there is none. */
  scheme: string;
  /** With user part and port; undefined without `//`. */
  authority: string | undefined;
  /** As it will be written again. */
  path: string;
  /** Still encoded; empty if there is none. */
  query: string;
  fragment: string;
}

/** One character for each byte of the text's UTF-8. */
export const toBytes = (text: string): string => Buffer.from(text, "utf8").toString("latin1");

/** The text that these bytes are in UTF-8. */
export const fromBytes = (bytes: string): string => Buffer.from(bytes, "latin1").toString("utf8");

const hex = (char: string): string => `%${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`;

/** Decodes percent escapes; throws Go's error for one without two hex digits. */
export function unescapePath(text: string): string {
  const bad = /%(?![0-9a-f]{2}).{0,2}/i.exec(text);
  if (bad) throw new Error(`invalid URL escape ${JSON.stringify(bad[0])}`);
  return text.replace(/%([0-9a-f]{2})/gi, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)));
}

/** Decodes a value of a query, where `+` is a blank. */
export const unescapeQuery = (text: string): string => unescapePath(text.replaceAll("+", " "));

export const escapePath = (bytes: string): string => bytes.replace(/[^A-Za-z0-9\-_.~$&+,/:;=@]/g, hex);

/** Encodes a value of a query, a blank as `+`. */
export const escapeQuery = (bytes: string): string => bytes.replace(/[^A-Za-z0-9\-_.~ ]/g, hex).replaceAll(" ", "+");

/** Writes a query as Go's url.Values does: sorted by key. */
export const encodeQuery = (values: Record<string, string>): string =>
  Object.keys(values)
    .sort()
    .map((key) => `${escapeQuery(key)}=${escapeQuery(values[key] ?? "")}`)
    .join("&");

/** All pairs of a query; skips a pair with a `;` or a malformed escape. */
export function parseQuery(query: string): [key: string, value: string][] {
  const pairs: [string, string][] = [];
  for (const part of query.split("&")) {
    if (part === "" || part.includes(";")) continue;
    const at = part.indexOf("=");
    try {
      pairs.push([unescapeQuery(at < 0 ? part : part.slice(0, at)), at < 0 ? "" : unescapeQuery(part.slice(at + 1))]);
    } catch {
      // Go records the error and continues; Vouch never checks it.
    }
  }
  return pairs;
}

/** The first value of a key; empty if there is none. */
export const queryValue = (query: string, key: string): string =>
  parseQuery(query).find(([name]) => name === key)?.[1] ?? "";

/** Parses a URL; throws Go's error if it is invalid. */
export function parseUrl(text: string): GoUrl {
  const refuse = (reason: string): never => {
    throw new Error(`parse ${JSON.stringify(text)}: ${reason}`);
  };
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  if (/[\x00-\x1f\x7f]/.test(text)) refuse("net/url: invalid control character in URL");

  const [, beforeFragment = "", fragment = ""] = /^([^#]*)#?(.*)$/s.exec(text) ?? [];
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(beforeFragment)?.[1] ?? "";
  if (beforeFragment.startsWith(":")) refuse("missing protocol scheme");
  const afterScheme = scheme ? beforeFragment.slice(scheme.length + 1) : beforeFragment;
  const [, hierarchy = "", query = ""] = /^([^?]*)\??(.*)$/s.exec(afterScheme) ?? [];
  const [, authority, path = ""] = /^(?:\/\/([^/]*))?(.*)$/s.exec(hierarchy) ?? [];

  if (!scheme && authority === undefined && /^[^/]*:/.test(path)) {
    refuse("first path segment in URL cannot contain colon");
  }
  if (authority !== undefined) {
    const host = authority.slice(authority.lastIndexOf("@") + 1);
    const port = /:[^\]]*$/.exec(host)?.[0] ?? "";
    if (!/^(:\d*)?$/.test(port)) refuse(`invalid port ${JSON.stringify(port)} after host`);
    const stray = /[^A-Za-z0-9\-_.~!$&'()*+,;=:[\]<>"%\x80-\xff]/.exec(host)?.[0];
    if (stray) refuse(`invalid character ${JSON.stringify(stray)} in host name`);
  }
  let decoded = "";
  try {
    decoded = unescapePath(path);
    unescapePath(fragment);
  } catch (error) {
    refuse((error as Error).message);
  }
  // Valid escapes are written again unchanged; anything else is encoded again.
  const wellEncoded = /^[A-Za-z0-9\-_.~!$&'()*+,;=:@[\]/%]*$/.test(path);
  return {
    scheme: scheme.toLowerCase(),
    authority,
    path: wellEncoded ? path : escapePath(decoded),
    query,
    fragment,
  };
}

export function writeUrl({ scheme, authority, path, query, fragment }: GoUrl): string {
  const start = (scheme && `${scheme}:`) + (authority === undefined ? "" : `//${authority}`);
  return start + path + (query && `?${query}`) + (fragment && `#${fragment}`);
}

/** The host of an authority, without user part and port. */
export const hostname = (authority: string): string =>
  authority
    .slice(authority.lastIndexOf("@") + 1)
    .replace(/:\d*$/, "")
    .replace(/^\[(.*)\]$/, "$1");
