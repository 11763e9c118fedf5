import { Agent, request } from "node:https";

/** A page that is asked for again and again. */
export interface Probed {
  address: string;
  port: number;
  host: string;
  path: string;
  cookie: string;
  /** Milliseconds between two requests. */
  every: number;
  /** A request without an answer after this time has failed, in milliseconds. */
  patience: number;
}

/** What was seen, in milliseconds. A request that failed counts as one that took all of the time limit. */
export interface Latencies {
  p50: number;
  p99: number;
  longest: number;
  asked: number;
  failed: number;
  /** Requests that were sent again because the server had closed the kept connection. */
  repeated: number;
  /** The longest time between two good answers. */
  outage: number;
}

/** Starts to ask for a page. Returns a function that stops, and says what was seen. */
export function probe({ address, port, host, path, cookie, every, patience }: Probed): () => Promise<Latencies> {
  const agent = new Agent({ keepAlive: true, maxSockets: 100 });
  const times: number[] = [];
  let [failed, repeated, outage, good] = [0, 0, 0, performance.now()];
  const once = async () => {
    const began = performance.now();
    const status = await ask().catch(() => 0);
    const now = performance.now();
    if (status === 200) {
      times.push(now - began);
      outage = Math.max(outage, now - good);
      good = now;
    } else {
      times.push(patience);
      failed++;
    }
  };
  const ask = () =>
    new Promise<number>((resolve, reject) => {
      const headers = { host: port === 443 ? host : `${host}:${port}`, cookie, "sec-fetch-mode": "cors" };
      const asked = request(
        { host: address, port, servername: host, path, headers, agent, rejectUnauthorized: false },
        (response) => {
          response.resume().on("end", () => resolve(response.statusCode ?? 0));
          response.on("error", reject);
        },
      );
      const late = setTimeout(() => asked.destroy(new Error("no answer")), patience);
      asked.on("close", () => clearTimeout(late));
      asked.on("error", (error) => {
        // A server may close an idle connection at any time. Browsers then ask again, and nobody notices.
        if (!asked.reusedSocket || asked.destroyed) return reject(error);
        repeated++;
        ask().then(resolve, reject);
      });
      asked.end();
    });
  const open = new Set<Promise<void>>();
  const timer = setInterval(() => {
    const asking = once().finally(() => open.delete(asking));
    open.add(asking);
  }, every);
  return async () => {
    clearInterval(timer);
    await Promise.all(open);
    agent.destroy();
    outage = Math.max(outage, performance.now() - good);
    const sorted = times.sort((a, b) => a - b);
    const share = (part: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN;
    return { p50: share(0.5), p99: share(0.99), longest: share(1), asked: sorted.length, failed, repeated, outage };
  };
}
