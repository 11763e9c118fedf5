/**
 * What the edge caches, and for how long: as Cloudflare does on the free plan unless a Cache Rule says otherwise.
 *
 * Checked in November 2026 against developers.cloudflare.com/cache: concepts/default-cache-behavior (extensions,
 * lifetimes by status), concepts/cache-control (Origin Cache Control, which is always on for free zones),
 * concepts/cdn-cache-control (which header counts), concepts/cache-behavior (HEAD and Set-Cookie),
 * concepts/cache-responses (CF-Cache-Status and Age), how-to/cache-keys (what distinguishes two answers) and
 * how-to/cache-rules/settings.
 *
 * Not implemented: stale answers, revalidation, `Vary`, Tiered Cache, Browser Cache TTL, Development Mode. An answer to
 * a range request is not cached, and a cached answer is always sent whole.
 */

import type { IncomingHttpHeaders } from "node:http";
import type { Visit } from "./headers.ts";
import type { CacheRule, EdgeZone } from "./state.ts";

/** Cloudflare's list of default cached file extensions. */
const extensions = new Set(
  `7z csv gif midi png tif zip avi doc gz mkv ppt tiff zst avif docx ico mp3 pptx ttf apk dmg iso mp4 ps webm
   bin ejs jar ogg rar webp bmp eot jpg otf svg woff bz2 eps jpeg pdf svgz woff2 class exe js pict swf xls
   css flac mid pls tar xlsx`.split(/\s+/),
);

const minute = 60;
/** Default lifetime by status, in seconds, of an answer that states none. */
const lifetimes: Record<number, number> = {
  200: 120 * minute,
  206: 120 * minute,
  301: 120 * minute,
  302: 20 * minute,
  303: 20 * minute,
  404: 3 * minute,
  410: 3 * minute,
};

/** In bytes. Cloudflare caches files up to 512 MB on the free plan; the edge's container has less memory. */
export const largestEntry = 16 * 1024 * 1024;
const largestCache = 64 * 1024 * 1024;

/** The parts of a request that matter to the cache. */
export interface CacheRequest {
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly visit: Visit;
}

/** The zone's rules for a name combined: if two disagree, the later one wins. */
export function rulesFor({ cacheRules }: EdgeZone, host: string): CacheRule {
  return Object.assign({}, ...cacheRules.filter(({ hosts }) => hosts === undefined || hosts.includes(host)));
}

/** Whether the answer to a request may be cached at all: by its method, and by the extension of its path or a rule. */
export function isEligible({ method, url }: CacheRequest, { cache }: CacheRule): boolean {
  if (method !== "GET" && method !== "HEAD") return false;
  const path = decoded(url.split(/[?#]/)[0] ?? "");
  return cache ?? (extensions.has(/\.([^./]+)$/.exec(path)?.[1]?.toLowerCase() ?? "") || path === "/robots.txt");
}

/** Cloudflare normalizes paths first. */
function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

/** The cache key. Cookies are not part of it. */
export function keyOf({ url, headers, visit }: CacheRequest): string {
  return `${headers.origin ?? ""}::${visit.scheme}://${visit.host}${url}`;
}

/** How an eligible answer is treated. */
export interface Treatment {
  /** The status where the answer was not cached before. */
  readonly status: "BYPASS" | "MISS";
  /** In seconds; 0 means not at all. */
  readonly lifetime: number;
}

/** How long the answer to an eligible request is cached. */
export function treatmentOf(
  request: CacheRequest,
  rule: CacheRule,
  status: number,
  headers: IncomingHttpHeaders,
  now = Date.now(),
): Treatment {
  if (request.headers.range !== undefined || status === 304) return { status: "MISS", lifetime: 0 };
  if (rule.edgeTtl !== undefined) return { status: "MISS", lifetime: status in lifetimes ? rule.edgeTtl : 0 };
  // Cookies are personal. If a rule makes such an answer eligible, each request is reported as a miss.
  if (headers["set-cookie"] !== undefined) return { status: rule.cache ? "MISS" : "BYPASS", lifetime: 0 };
  const { directives, isForCdns } = controlOf(headers);
  const forbidding = ["no-store", "private", "no-cache"].some((name) => directives.get(name) === "");
  const shared = ["must-revalidate", "public", "s-maxage"].some((name) => directives.has(name));
  if (forbidding || (request.headers.authorization !== undefined && !shared)) return { status: "BYPASS", lifetime: 0 };
  const said = directives.get("s-maxage") ?? directives.get("max-age");
  if (said !== undefined) return Number(said) > 0 ? { status: "MISS", lifetime: Number(said) } : nothingKept;
  if (!isForCdns && headers.expires !== undefined) {
    const lifetime = Math.floor((Date.parse(headers.expires) - now) / 1000);
    return lifetime > 0 ? { status: "MISS", lifetime } : nothingKept;
  }
  return { status: "MISS", lifetime: lifetimes[status] ?? 0 };
}

const nothingKept: Treatment = { status: "BYPASS", lifetime: 0 };

/** The directives that count: those of the most specific header present. */
function controlOf(headers: IncomingHttpHeaders): { directives: Map<string, string>; isForCdns: boolean } {
  const forCdns = headers["cloudflare-cdn-cache-control"] ?? headers["cdn-cache-control"];
  // If Surrogate-Control is present, whatever it says, Cache-Control does not count.
  const forAll = headers["surrogate-control"] === undefined ? headers["cache-control"] : "";
  return { directives: directivesOf([forCdns ?? forAll ?? ""].flat().join()), isForCdns: forCdns !== undefined };
}

/** Directives in lower case, with their values or "". */
export function directivesOf(control: string): Map<string, string> {
  const directives = control.matchAll(/([\w-]+)(?:\s*=\s*(?:"([^"]*)"|([^\s,]*)))?/g);
  return new Map([...directives].map(([, name = "", quoted, plain]) => [name.toLowerCase(), quoted ?? plain ?? ""]));
}

/** An answer as the origin sent it. */
export interface Kept {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

interface Entry extends Kept {
  /** Milliseconds since 1970. */
  readonly storedAt: number;
  readonly expiresAt: number;
}

/** The answers that one edge has cached. */
export class Cache {
  readonly #entries = new Map<string, Entry>();
  #size = 0;

  /** The answer under a key with its age in seconds; `expired` if its lifetime is over. */
  find(key: string, now = Date.now()): { kept: Kept; age: number } | "expired" | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    if (entry.expiresAt <= now) return "expired";
    return { kept: entry, age: Math.floor((now - entry.storedAt) / 1000) };
  }

  /** Caches an answer for some seconds; the oldest entries make room for it. */
  keep(key: string, kept: Kept, lifetime: number, now = Date.now()): void {
    this.drop(key);
    if (kept.body.length > largestEntry) return;
    const { "set-cookie": _, ...headers } = kept.headers;
    this.#entries.set(key, { ...kept, headers, storedAt: now, expiresAt: now + lifetime * 1000 });
    this.#size += kept.body.length;
    for (const oldest of this.#entries.keys()) {
      if (this.#size <= largestCache) break;
      this.drop(oldest);
    }
  }

  drop(key: string): void {
    this.#size -= this.#entries.get(key)?.body.length ?? 0;
    this.#entries.delete(key);
  }
}
