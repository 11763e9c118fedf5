import { get, type IncomingMessage } from "node:http";
import { json } from "node:stream/consumers";
import type { VouchConfig } from "./config.ts";

/** Checks the Vouch that runs with this configuration, as the image's own health check does. */
export async function isHealthy({ listen, port }: Pick<VouchConfig, "listen" | "port">): Promise<boolean> {
  const url = `http://${listen}:${port}/healthcheck`;
  try {
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      get(url, resolve).on("error", reject);
    });
    const answer = (await json(response)) as { ok?: unknown } | null;
    if (answer?.ok === true) return true;
  } catch {
    // No answer and a wrong answer are treated alike.
  }
  console.log(JSON.stringify({ level: "error", ts: Date.now() / 1000, msg: `Healthcheck failed for ${url}` }));
  return false;
}
