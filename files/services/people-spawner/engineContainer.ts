/** A container in the terms of Docker's engine. https://docs.docker.com/reference/api/engine/ */
export interface EngineContainer {
  Image: string;
  HostConfig: { Mounts: EngineMount[] } & Record<string, unknown>;
  [part: string]: unknown;
}

interface EngineMount {
  Type: string;
  Source: string;
  Target: string;
  ReadOnly: boolean;
}

/** The parts of a definition in Compose's terms that have a translation. */
interface ComposeContainer {
  image: string;
  user?: string;
  environment?: Record<string, string>;
  command: string[];
  volumes?: { source: string; target: string; read_only?: boolean }[];
  tmpfs?: string[];
  pids_limit: number;
  oom_score_adj: number;
  cap_drop: string[];
  security_opt: string[];
  logging: { driver: string; options: Record<string, string> };
  dns_opt: string[];
  dns_search: string[];
  healthcheck: unknown;
  restart: unknown;
  stop_grace_period: unknown;
}

/** Limits that a definition in Compose's terms does not have. */
interface Limits {
  /** Most memory in MiB. */
  memoryMiB: number;
  /** Folders in memory that the container shares with services, by their full names. */
  inMemory: { name: string; target: string }[];
}

/** As much swap as any container has on a machine with little memory; see host/site_apply/limits.py. */
const SWAP_MIB = 64;
const MIB = 1024 * 1024;

/**
 * Translates a definition from Compose's terms into those of Docker's engine: the spawner has no Compose.
 * @throws if a part of it has no translation.
 */
export function engineContainer(definition: Record<string, unknown>, { memoryMiB, inMemory }: Limits): EngineContainer {
  const {
    image,
    user,
    environment = {},
    command,
    volumes = [],
    tmpfs = [],
    pids_limit,
    oom_score_adj,
    cap_drop,
    security_opt,
    logging,
    dns_opt,
    dns_search,
    // The hub asks whether a server answers, and starts it again at the next visit. Each start has a network of its own.
    healthcheck,
    restart,
    stop_grace_period,
    ...others
  } = definition as unknown as ComposeContainer;
  const unknown = Object.keys(others);
  if (unknown.length > 0) throw new Error(`The server of a person has no translation of: ${unknown.join(", ")}`);
  return {
    Image: image,
    ...(user ? { User: user } : {}),
    Env: Object.entries(environment).map(([name, value]) => `${name}=${value}`),
    Cmd: command,
    Healthcheck: { Test: ["NONE"] },
    HostConfig: {
      Mounts: [
        ...volumes.map(({ source, target, read_only }) => ({
          Type: "bind",
          Source: source,
          Target: target,
          ReadOnly: read_only ?? false,
        })),
        ...inMemory.map(({ name, target }) => ({ Type: "volume", Source: name, Target: target, ReadOnly: true })),
      ],
      Tmpfs: Object.fromEntries(
        tmpfs.map((text) => {
          const [folder = "", options = ""] = text.split(/:(.*)/s);
          return [folder, options];
        }),
      ),
      Memory: memoryMiB * MIB,
      MemorySwap: (memoryMiB + SWAP_MIB) * MIB,
      PidsLimit: pids_limit,
      OomScoreAdj: oom_score_adj,
      CapDrop: cap_drop,
      SecurityOpt: security_opt,
      LogConfig: { Type: logging.driver, Config: logging.options },
      DnsOptions: dns_opt,
      DnsSearch: dns_search,
      RestartPolicy: { Name: "no" },
    },
  };
}
