import { totalmem } from "node:os";
import type { VouchConfig } from "./config.ts";
import { queryValue } from "./goUrl.ts";
import { GoPanic, OutOfMemory } from "./panic.ts";
import type { Request } from "./request.ts";

/** Size of a Go string header: the cost of every part that a cookie's name announces, even if the part is missing. */
const bytesPerPart = 16;
const largestAllocation = 2n ** 48n;

/**
 * The token of a request: from its cookie or cookie parts, else a header, else the second word of Authorization, else
 * the query; empty if there is none. Reproduces a weakness of the real Vouch: the name of a part cookie, which anybody
 * can send, decides how much memory is allocated and which index is written to. Throws {@link GoPanic} or {@link
 * OutOfMemory}.
 */
export function findToken(request: Request, { cookie, headers }: VouchConfig): string {
  const [, ...words] = request.header("Authorization").split(" ");
  return (
    tokenInCookies(request, cookie.name) ||
    request.header(headers.jwt) ||
    words.join(" ") ||
    queryValue(request.query, headers.queryString)
  );
}

function tokenInCookies({ cookies }: Request, name: string): string {
  const parts = new Map<bigint, string>();
  let count: bigint | undefined;
  for (const cookie of cookies) {
    if (cookie.name === name) return cookie.value;
    if (!cookie.name.startsWith(`${name}_`)) continue;
    const [number, announced] = cookie.name.slice(name.length + 1).split("of");
    if (announced === undefined) throw new GoPanic("runtime error: index out of range [1] with length 1");
    if (count === undefined) {
      count = goInteger(announced);
      if (count === undefined) return "";
      allocate(count);
    }
    const at = goInteger(number ?? "");
    if (at === undefined) return "";
    if (at < 1n || at > count) throw new GoPanic(`runtime error: index out of range [${at - 1n}]`);
    parts.set(at, cookie.value);
  }
  return [...parts]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, value]) => value)
    .join("");
}

function goInteger(text: string): bigint | undefined {
  if (!/^[+-]?\d+$/.test(text)) return undefined;
  const value = BigInt(text.replace(/^\+/, ""));
  return value === BigInt.asIntN(64, value) ? value : undefined;
}

function allocate(count: bigint): void {
  const bytes = count * BigInt(bytesPerPart);
  if (count < 0n || bytes > largestAllocation) throw new GoPanic("runtime error: makeslice: len out of range");
  // At most 64 GiB, so that the same cookie ends the process on a large machine and on a small one.
  if (bytes > Math.min(totalmem(), 2 ** 36)) {
    throw new OutOfMemory(`fatal error: runtime: out of memory: cannot allocate ${bytes}-byte block`);
  }
}
