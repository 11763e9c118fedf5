import type { IncomingMessage } from "node:http";
import type { Http2ServerRequest } from "node:http2";
import {
  type Cache,
  type CacheRequest,
  isEligible,
  type Kept,
  keyOf,
  largestEntry,
  rulesFor,
  treatmentOf,
} from "./cache.ts";
import type { CacheStatus, Visit } from "./headers.ts";
import type { EdgeZone } from "./state.ts";

/** The cache's view of one request. */
export interface Caching {
  /** Undefined where the answer may not be cached, whatever it says. */
  readonly request?: CacheRequest;
  readonly found?: ReturnType<Cache["find"]>;
  /** How an answer is treated: the status for the visitor, and what happens once it is complete. */
  treat(status: number, headers: IncomingMessage["headers"]): Treated;
}

interface Treated {
  readonly status: CacheStatus;
  readonly keep?: (kept: Kept) => void;
}

export function cachingOf(
  cache: Cache,
  zone: EdgeZone,
  visit: Visit,
  message: IncomingMessage | Http2ServerRequest,
): Caching {
  const request = { method: message.method ?? "GET", url: message.url ?? "/", headers: message.headers, visit };
  const rule = rulesFor(zone, visit.host);
  if (!isEligible(request, rule)) return { treat: () => ({ status: "DYNAMIC" }) };
  const key = keyOf(request);
  const found = cache.find(key);
  return {
    request,
    found,
    treat(status, headers) {
      const treatment = treatmentOf(request, rule, status, headers);
      const isTooLarge = Number(headers["content-length"] ?? 0) > largestEntry;
      if (treatment.lifetime === 0 || isTooLarge) return { status: treatment.status };
      const keep = (kept: Kept) => cache.keep(key, kept, treatment.lifetime);
      return { status: found === "expired" ? "EXPIRED" : treatment.status, keep };
    },
  };
}
