import assert from "node:assert/strict";
import { get } from "node:http";
import type { Cluster } from "../../offline/kubernetes/cluster.ts";
import { imageMirror, mirrored, pullImages } from "./images.ts";
import { until } from "./until.ts";

/** An image with Node, and a server on port 80 that answers with the request. */
export const whoami = mirrored("docker.io/traefik/whoami:v1.11.0", imageMirror);

/** What a pod is, beside its image. */
export interface PodOptions {
  namespace?: string;
  labels?: Record<string, string>;
  /** A program of Node. Default: the image's own server. */
  script?: string;
  /** More fields of the pod's description. */
  spec?: object;
  /** More fields of its container. */
  container?: object;
}

/** Pods of a test. */
export class Pods {
  readonly cluster: Cluster;

  constructor(cluster: Cluster) {
    this.cluster = cluster;
  }

  /** Loads the image of all pods. */
  static async in(cluster: Cluster): Promise<Pods> {
    await pullImages([whoami]);
    await cluster.load(whoami);
    return new Pods(cluster);
  }

  async apply(...objects: object[]): Promise<void> {
    await this.cluster.kubectlWith(objects.map((object) => JSON.stringify(object)).join("\n---\n"), "apply", "-f", "-");
  }

  /** Makes a pod, and does not wait for it. */
  async make(name: string, options: PodOptions = {}): Promise<void> {
    const { namespace = "default", labels = {}, script, spec = {}, container = {} } = options;
    await this.apply({
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name, namespace, labels },
      spec: {
        terminationGracePeriodSeconds: 1,
        restartPolicy: "Never",
        containers: [
          {
            name: "main",
            image: whoami,
            ...(script && { command: ["node", "--eval", script] }),
            resources: { requests: { cpu: "10m", memory: "32Mi" } },
            ...container,
          },
        ],
        ...spec,
      },
    });
  }

  /** Makes a pod and waits until it runs. Returns its address. */
  async start(name: string, options: PodOptions = {}): Promise<string> {
    await this.make(name, options);
    return this.running(name, options.namespace);
  }

  /** Waits until a pod runs. Returns its address. */
  async running(name: string, namespace = "default"): Promise<string> {
    await until(`pod ${name} runs`, async () => (await this.read(name, namespace))?.status.phase === "Running");
    return (await this.read(name, namespace))?.status.podIP;
  }

  read(name: string, namespace = "default") {
    return this.cluster.api.get(`/api/v1/namespaces/${namespace}/pods/${name}`);
  }

  /** Removes a pod and waits until it is gone. */
  async remove(name: string, namespace = "default"): Promise<void> {
    await this.cluster.kubectl("delete", "pod", name, "--namespace", namespace, "--wait=true", "--timeout=60s");
  }

  /** The output of a program of Node in a pod. */
  async inside(name: string, script: string, namespace = "default"): Promise<string> {
    return this.cluster.kubectl("exec", name, "--namespace", namespace, "--", "node", "--eval", script);
  }

  /** What a pod gets from an address by HTTP: the status, or the kind of error. */
  async asks(name: string, address: string, namespace = "default"): Promise<string> {
    return (await this.inside(name, asking(address), namespace)).trim();
  }
}

/** A program that prints the status of an answer, or the kind of error. */
const asking = (address: string) =>
  `fetch("http://${address}", { signal: AbortSignal.timeout(3000) }).then(
    (answer) => console.log(answer.status),
    (error) => console.log(error.cause?.code ?? error.name),
  )`;

/** What this machine gets from an address by HTTP: the status, or the kind of error. By a new connection: policies leave the others. */
export function thisMachineAsks(address: string): Promise<string> {
  return new Promise((resolve) => {
    const asked = get(`http://${address}`, { agent: false, timeout: 3000 }, (answer) => {
      answer.resume();
      resolve(String(answer.statusCode));
    });
    asked.on("timeout", () => asked.destroy(Object.assign(new Error(), { code: "TimeoutError" })));
    asked.on("error", ({ code, name }: NodeJS.ErrnoException) => resolve(code ?? name));
  });
}

/** Asks until the answer is the expected one: policies and addresses take a moment. */
export async function becomes(answer: string | RegExp, ask: () => Promise<string>, seconds = 15): Promise<void> {
  let last = "";
  const matches = () => (typeof answer === "string" ? last === answer : answer.test(last));
  await until(
    `answered with ${answer}`,
    async () => {
      last = await ask();
      return matches();
    },
    seconds,
  ).catch(() => assert.fail(`${last} instead of ${answer}`));
}
