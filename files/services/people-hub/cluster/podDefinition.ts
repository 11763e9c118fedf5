import type { OnCluster } from "../../../../settings/people.ts";
import type { Service } from "../../../site/service.ts";

/** What every person's pod is made from: a file of the hub, in the terms of people_hub/cluster.py. */
export interface PodDefinition {
  namespace: string;
  image: string;
  command: string[];
  environment: Record<string, string>;
  user: { uid: number; gid: number };
  /** Folder of the home in the container, its size in GiB, and its StorageClass; null: the cluster's default. */
  home: { at: string; gib: number; storageClass: string | null };
  /** Folder of the server's files in the container, and more mounts of single files by their path. */
  files: { at: string; elsewhere: Record<string, string> };
  /** Folder of the person's secrets. */
  secrets: string;
  /** Folders in memory, and their most MiB; null: no limit but the container's. */
  inMemory: { at: string; mib: number | null }[];
  /** Commands that run in the container beside the server when it has started. */
  prepare: string[][];
  sizes: {
    name: string;
    cpu: number;
    mib: number;
    gpus: number;
    nodes: Record<string, string>;
    price: string | null;
  }[];
}

/** The parts of a definition in Compose's terms that a pod has, too. The others are limits of one machine. */
interface ComposeContainer {
  command: string[];
  environment: Record<string, string>;
  tmpfs: string[];
}

const HOME = "/home/jovyan";

/**
 * Translates the server of a person from Compose's terms into those of a pod.
 * @throws if the server lacks a part that a pod needs.
 */
export function podDefinition(
  namespace: string,
  server: Service,
  { cluster, sizes, homeGb }: OnCluster,
): PodDefinition {
  const { command, environment, tmpfs } = server.compose as unknown as ComposeContainer;
  const { files, user, secretFiles } = server;
  if (!files || !user || !secretFiles) throw new Error("the server of a person needs files, a user and secrets");
  return {
    namespace,
    image: server.image.reference,
    command,
    environment,
    user: { uid: user.uid, gid: user.gid },
    home: { at: HOME, gib: homeGb, storageClass: cluster.storageClass ?? null },
    files: { at: files.at, elsewhere: files.elsewhere ?? {} },
    secrets: secretFiles.at,
    inMemory: tmpfs.map(folderInMemory),
    prepare: server.prepare ?? [],
    sizes: sizes.map(({ name, cpu, memoryMiB, gpus, nodes, price }) => ({
      name,
      cpu,
      mib: memoryMiB,
      gpus,
      nodes,
      price: price ?? null,
    })),
  };
}

/** A folder in memory, from Docker's form: `/run/jupyter:mode=700,size=16m`. A share of the machine's memory is no limit in a pod. */
function folderInMemory(tmpfs: string): PodDefinition["inMemory"][number] {
  const [at = "", options = ""] = tmpfs.split(":");
  const [, mib] = /(?:^|,)size=(\d+)m(?:,|$)/.exec(options) ?? [];
  return { at, mib: mib ? Number(mib) : null };
}
