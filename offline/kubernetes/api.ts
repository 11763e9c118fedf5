import { Agent, request } from "node:https";
import { text } from "node:stream/consumers";
import { controlAddress } from "./addresses.ts";

/** What is needed of an object of Kubernetes. */
export interface KubernetesObject {
  metadata: {
    name: string;
    namespace?: string;
    uid?: string;
    annotations?: Record<string, string>;
    deletionTimestamp?: string;
  };
  // biome-ignore lint/suspicious/noExplicitAny: each kind has its own form
  [field: string]: any;
}

/** A client of a cluster's API, as its administrator. kubectl takes a tenth of a second of a processor for each call. */
export interface Api {
  /** Undefined if there is no such object. Throws if the API does not answer, or refuses. */
  get(path: string): Promise<KubernetesObject | undefined>;
  list(path: string): Promise<KubernetesObject[]>;
  create(path: string, object: object): Promise<void>;
  remove(path: string): Promise<void>;
  /** Whether the API answers and is ready. */
  isReady(): Promise<boolean>;
  close(): void;
}

/** The administrator's certificate and its key, and the authority's certificate, as PEM. */
export interface Access {
  cert: Buffer;
  key: Buffer;
  ca: Buffer;
}

export function openApi(access: Access): Api {
  const agent = new Agent({ ...access, keepAlive: true });
  const call = (method: string, path: string, body?: object): Promise<{ status: number; content: string }> =>
    new Promise((resolve, reject) => {
      const sent = request(
        { host: controlAddress, port: 6443, path, method, agent, timeout: 20_000 },
        async (answer) => {
          try {
            resolve({ status: answer.statusCode ?? 0, content: await text(answer) });
          } catch (error) {
            reject(error);
          }
        },
      );
      sent.on("error", reject);
      sent.on("timeout", () => sent.destroy(new Error(`${method} ${path}: no answer within 20 s`)));
      if (body) sent.setHeader("content-type", "application/json");
      sent.end(body && JSON.stringify(body));
    });
  const answered = async (method: string, path: string, alsoFine: number[], body?: object) => {
    const { status, content } = await call(method, path, body);
    if (status < 300) return JSON.parse(content);
    if (alsoFine.includes(status)) return undefined;
    throw new Error(`${method} ${path}: ${status} ${content}`);
  };
  return {
    get: (path) => answered("GET", path, [404]),
    list: async (path) => (await answered("GET", path, [])).items,
    create: (path, object) => answered("POST", path, [409], object),
    remove: (path) => answered("DELETE", path, [404]),
    isReady: () =>
      call("GET", "/readyz").then(
        ({ status }) => status === 200,
        () => false,
      ),
    close: () => agent.destroy(),
  };
}
