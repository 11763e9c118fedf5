import type { ChildProcess } from "node:child_process";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { run } from "../../scripts/cli/command.ts";
import { end } from "../setup/registry.ts";
import { controlAddress, controlGroup, nodeAddressOf, podRangeOf, serviceRange } from "./addresses.ts";
import type { Api } from "./api.ts";
import { configurationOf } from "./configuration.ts";
import { kubeconfigOf } from "./credentials.ts";
import { cleanEnvironment, type Holder, scripts } from "./holder.ts";
import { whileProgramsRun } from "./programs.ts";

/** What the nodes of a cluster have in common. */
export interface NodeSurroundings {
  holder: Holder;
  api: Api;
  /** The folder of the cluster. */
  folder: string;
  /** The folder with its certificates. */
  keys: string;
  /** The folder with archives of the images that each node gets. */
  images: string;
  /** The folders of Kubernetes' programs and of the CNI plugins. */
  programs: string;
  plugins: string;
}

/** What a node is asked to be. */
export interface NodeOptions {
  name: string;
  labels?: Record<string, string>;
  /** As in `dedicated=people:NoSchedule`. */
  taints?: string[];
}

/** A running node. */
export interface Node {
  name: string;
  address: string;
  /** The socket of its containerd. */
  socket: string;
  logs: string;
  /** Ends it. The cluster still knows it. */
  kill(): Promise<void>;
  /** Ends it and takes it out of the cluster. */
  remove(): Promise<void>;
}

/**
 * Starts a node, in namespaces of its own, and waits until it is ready.
 *
 * @param index a number that no other node of the cluster has had
 */
export async function startNode(around: NodeSurroundings, index: number, options: NodeOptions): Promise<Node> {
  const { holder, api, keys } = around;
  const { name } = options;
  const address = nodeAddressOf(index);
  const folder = join(around.folder, `node-${index}`);
  const group = `${controlGroup}/node-${index}`;
  const logs = join(folder, "logs");
  await mkdir(logs, { recursive: true });
  await run(`Making the certificate of ${name}`, "sh", [join(scripts, "nodeCertificate.sh"), name, address], {
    cwd: keys,
    env: { SCRIPTS: scripts },
  });
  const files = configurationOf({
    name,
    folder,
    group,
    podRange: podRangeOf(index),
    plugins: around.plugins,
    authority: join(keys, "ca.crt"),
    certificate: join(keys, name),
    administrator: join(keys, "admin.kubeconfig"),
  });
  for (const [path, content] of Object.entries({ ...files, kubeconfig: await kubeconfigOf(keys, name) })) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), content);
  }
  const attach = join(scripts, "attachNode.sh");
  await holder.inNetwork(`Connecting ${name}`, ["sh", attach, String(index), address, podRangeOf(index)]);
  const own = ["nsenter", `--net=/run/netns/node-${index}`, "unshare", "--mount", "--propagation", "slave"];
  const command = [...own, "--pid", "--ipc", "--uts", "--fork", "--kill-child", "sh", join(scripts, "node.sh")];
  const child = holder.startInside(
    command,
    {
      SCRIPTS: scripts,
      PROGRAMS: around.programs,
      IMAGES: around.images,
      ADMIN: join(keys, "admin.kubeconfig"),
      FOLDER: folder,
      LOGS: logs,
      NODE: name,
      ADDRESS: address,
      GROUP: group,
      CONTROL_ADDRESS: controlAddress,
      SERVICE_RANGE: serviceRange,
      LABELS: Object.entries(options.labels ?? {})
        .map((label) => label.join("="))
        .join(","),
      TAINTS: (options.taints ?? []).join(","),
    },
    join(logs, "node.log"),
  );
  const remove = async () => {
    await end(child);
    await api.remove(`/api/v1/nodes/${name}`);
    const detach = join(scripts, "detachNode.sh");
    await holder.inNetwork(`Disconnecting ${name}`, ["sh", detach, String(index), podRangeOf(index)]);
    await run(`Removing the control groups of ${name}`, "sh", [join(scripts, "removeGroup.sh"), group]);
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  };
  try {
    await whileProgramsRun(`ready on ${name}`, [logs], async () => {
      if (child.exitCode !== null) throw await ending(name, child, join(logs, "node.log"));
      return isReady(await api.get(`/api/v1/nodes/${name}`));
    });
  } catch (error) {
    await end(child);
    throw error;
  }
  return { name, address, socket: join(folder, "containerd.sock"), logs, kill: () => end(child), remove };
}

async function ending(name: string, { exitCode }: ChildProcess, log: string): Promise<Error> {
  return new Error(`The node ${name} ended with exit code ${exitCode}:\n${await readFile(log, "utf8")}`);
}

function isReady(node: Awaited<ReturnType<Api["get"]>>): boolean {
  const conditions: { type: string; status: string }[] = node?.status?.conditions ?? [];
  return conditions.some(({ type, status }) => type === "Ready" && status === "True");
}

/** Puts an archive of an image into a node. */
export async function importImage(node: Node, archive: string): Promise<void> {
  const ctr = ["--address", node.socket, "--namespace", "k8s.io", "images", "import", archive];
  await run(`Loading an image into ${node.name}`, "ctr", ctr, { env: cleanEnvironment });
}
