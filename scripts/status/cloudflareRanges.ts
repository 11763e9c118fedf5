import { z } from "zod";
import type { Concern } from "./report.ts";

/** Needs no token. https://developers.cloudflare.com/api/resources/ips/methods/list/ */
const ADDRESS = "https://api.cloudflare.com/client/v4/ips";
const PATIENCE_MS = 5000;

const answer = z.object({ result: z.object({ ipv4_cidrs: z.array(z.string()), ipv6_cidrs: z.array(z.string()) }) });

/**
 * What needs the owner because Cloudflare's address ranges have changed since the release.
 * @param admitted ranges that the release admits; none without Cloudflare
 * @param address where Cloudflare lists its ranges
 */
export async function concernsAboutRanges(admitted: string[], address = ADDRESS): Promise<Concern[]> {
  if (admitted.length === 0) return [];
  const current = await rangesAt(address);
  if (current === undefined) return [];
  const isNew = current.filter((range) => !admitted.includes(range));
  const isGone = admitted.filter((range) => !current.includes(range));
  const concern = (what: string): Concern => ({ about: "cloudflare", what, fix: "pulumi up" });
  return [
    ...(isNew.length > 0
      ? [concern(`Cloudflare has new address ranges, whose requests are refused: ${isNew.join(", ")}.`)]
      : []),
    ...(isGone.length > 0
      ? [concern(`Cloudflare has given up address ranges that are still admitted: ${isGone.join(", ")}.`)]
      : []),
  ];
}

/** Cloudflare's ranges; undefined if this machine does not reach the list. The next `pulumi up` asks again. */
async function rangesAt(address: string): Promise<string[] | undefined> {
  try {
    const response = await fetch(address, { signal: AbortSignal.timeout(PATIENCE_MS) });
    const { result } = answer.parse(await response.json());
    return [...result.ipv4_cidrs, ...result.ipv6_cidrs];
  } catch {
    return undefined;
  }
}
