import { existsSync } from "node:fs";
import { mkdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { run } from "../../scripts/cli/command.ts";
import { cacheFolder } from "../../scripts/cli/folders.ts";
import { PlainError } from "../../scripts/cli/plainError.ts";
import { type KubernetesFolders, requireKubernetes } from "../setup/kubernetes.ts";
import { controlAddress, machineAddress, nodeAddressOf, podRange, serviceRange } from "./addresses.ts";
import { type Api, openApi } from "./api.ts";
import { refuseAsAutopilot } from "./autopilot.ts";
import { pauseImage } from "./configuration.ts";
import { makeCredentials } from "./credentials.ts";
import { makeStorageClasses, provideDisks } from "./disks.ts";
import { dnsImage, dnsObjects } from "./dns.ts";
import { scripts, startHolder } from "./holder.ts";
import { saveImage, saveProgram } from "./images.ts";
import { takePlace } from "./lock.ts";
import { importImage, type Node, type NodeOptions, type NodeSurroundings, startNode } from "./nodes.ts";
import { whileProgramsRun } from "./programs.ts";

/** How a cluster differs from the usual one. */
export interface ClusterOptions {
  /** Refuses pods that Google's Autopilot refuses. Default: false. */
  autopilot?: boolean;
}

/** A running cluster of Kubernetes. */
export interface Cluster {
  /** Kubeconfig of the cluster's administrator, YAML. */
  readonly kubeconfig: string;
  /** This machine's address in the cluster's network: pods reach this machine by it, and this machine's packets to pods come from it. */
  readonly machineAddress: string;
  /** The addresses of all pods. */
  readonly podRange: string;
  /** The address of the first node. */
  readonly nodeAddress: string;
  readonly api: Api;
  /** Runs kubectl as the administrator. Returns its output; throws if it fails. */
  kubectl(...args: string[]): Promise<string>;
  /** The same, with this standard input: `kubectlWith(manifest, "apply", "-f", "-")`. */
  kubectlWith(input: string, ...args: string[]): Promise<string>;
  /** Puts an image of this machine's Docker into every node, also into nodes that are added later. */
  load(image: string): Promise<void>;
  addNode(options: NodeOptions): Promise<void>;
  removeNode(name: string): Promise<void>;
  /** Ends a node and everything on it, as a power failure does. The cluster still knows it. */
  killNode(name: string): Promise<void>;
  /** Ends everything and removes it. */
  stop(): Promise<void>;
}

const folder = join(cacheFolder, "kubernetes", "cluster");
const keys = join(folder, "keys");
const images = join(folder, "images");
const firstNode = "node-1";

/**
 * Starts a cluster of one node on this machine, as root. It ends with this process at the latest. `npm test -- kubernetes` builds its
 * programs; see docs/architecture/testing.md.
 */
export async function startCluster(options: ClusterOptions = {}): Promise<Cluster> {
  const folders = await requireKubernetes();
  if (!existsSync("/sys/fs/cgroup/cpuset")) {
    throw new PlainError(
      "A cluster on this machine needs version 1 of Linux's control groups. Here is another: /sys/fs/cgroup.",
    );
  }
  const leavePlace = await takePlace();
  try {
    const cluster = await startInPlace(folders, options);
    return { ...cluster, stop: () => cluster.stop().finally(leavePlace) };
  } catch (error) {
    await leavePlace();
    throw error;
  }
}

async function startInPlace(
  { programs, plugins }: KubernetesFolders,
  { autopilot = false }: ClusterOptions,
): Promise<Cluster> {
  const logs = join(folder, "logs");
  // A cluster that was killed left its files.
  await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  for (const path of [logs, images]) await mkdir(path, { recursive: true });
  const api = openApi(await makeCredentials(keys));
  await saveProgram(join(programs, "pause"), pauseImage, join(images, "pause.tar"));
  await saveProgram(join(programs, "coredns"), dnsImage, join(images, "dns.tar"));
  const env = {
    ...{ SCRIPTS: scripts, PROGRAMS: programs, FOLDER: folder, KEYS: keys, LOGS: logs },
    ...{ CONTROL_ADDRESS: controlAddress, SERVICE_RANGE: serviceRange },
  };
  const holder = await startHolder(env, join(logs, "control.log"));
  try {
    await whileProgramsRun("answering", [logs], () => api.isReady());
    await makeStorageClasses(api);
    for (const [path, object] of dnsObjects) await api.create(path, object);
    if (autopilot) await refuseAsAutopilot(api);
    const around = { holder, api, folder, keys, images, programs, plugins };
    const nodes = [await startNode(around, 1, { name: firstNode })];
    const kubeconfig = await readFile(join(keys, "admin.kubeconfig"), "utf8");
    return clusterOf({ ...around, nodes, kubeconfig, endDisks: provideDisks(api, join(folder, "disks")) });
  } catch (error) {
    api.close();
    await holder.stop();
    throw error;
  }
}

/** What a running cluster consists of. */
interface Parts extends NodeSurroundings {
  nodes: Node[];
  kubeconfig: string;
  endDisks: () => Promise<void>;
}

function clusterOf(parts: Parts): Cluster {
  const { holder, api, nodes, kubeconfig, programs } = parts;
  const archives = new Map<string, string>();
  let indexes = nodes.length;
  // A node that is added while an image is loaded could miss it.
  let turn: Promise<unknown> = Promise.resolve();
  const inTurn = <Result>(work: () => Promise<Result>): Promise<Result> => {
    const mine = turn.then(work);
    turn = mine.catch(() => {});
    return mine;
  };
  const named = (name: string): Node => {
    const node = nodes.find((each) => each.name === name);
    if (!node) throw new PlainError(`The cluster has no node ${name}.`);
    return node;
  };
  const kubectlWith = (input: string, ...args: string[]) =>
    run(`kubectl ${args[0] ?? ""}`, join(programs, "kubectl"), args, {
      input,
      env: { KUBECONFIG: join(keys, "admin.kubeconfig"), HTTPS_PROXY: undefined, https_proxy: undefined },
    });
  return {
    kubeconfig,
    machineAddress,
    podRange,
    nodeAddress: nodeAddressOf(1),
    api,
    kubectlWith,
    kubectl: (...args) => kubectlWith("", ...args),
    load: (image) =>
      inTurn(async () => {
        if (archives.has(image)) return;
        const archive = join(images, `${archives.size}.tar`);
        await saveImage(image, archive);
        archives.set(image, archive);
        for (const node of nodes) await importImage(node, archive);
      }),
    addNode: (options) =>
      inTurn(async () => {
        if (nodes.some(({ name }) => name === options.name)) throw new PlainError(`${options.name} is a node already.`);
        nodes.push(await startNode(parts, ++indexes, options));
      }),
    removeNode: (name) =>
      inTurn(async () => {
        const node = named(name);
        nodes.splice(nodes.indexOf(node), 1);
        await node.remove();
      }),
    killNode: (name) => inTurn(async () => named(name).kill()),
    stop: async () => {
      await parts.endDisks();
      api.close();
      await holder.stop();
      await rm(folder, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}
