import { z } from "zod";
import { type Cluster, clusterOf, type GivenCluster } from "./cluster.ts";
import { notAnObject, whole } from "./history.ts";
import { oneOf } from "./issues.ts";
import { memory } from "./memory.ts";
import { duration } from "./session.ts";
import { type Size, sizes } from "./sizes.ts";

/** Who uses which Jupyter: all people the same one, or each person a server of their own. */
export type People = { kind: "shared" } | OwnServers;

/** A server for each person. */
export interface OwnServers {
  kind: "own";
  /** Where the servers run. */
  on: OnMachine | OnCluster;
  /** Seconds without work after which a server ends. */
  idle: number;
  /** The most servers at the same time. */
  most: number;
}

/** The servers run on the machine of the site. */
export interface OnMachine {
  kind: "here";
  /** The most memory of a server, in MiB. */
  memoryMiB: number;
}

/** The servers run as pods of a cluster. */
export interface OnCluster {
  kind: "kubernetes";
  cluster: Cluster;
  /** The sizes among which people choose; the first is the default. */
  sizes: Size[];
  /** Size of each person's home, in GiB. */
  homeGb: number;
}

export const people = oneOf("people", "way to use Jupyter", ["shared", "own"]);

/** Servers that the machine of the site can have: each has a network, and Docker's engine has about 30 networks by default. */
export const MOST_HERE = 12;
const MOST = 500;

/** Place and limits of the servers with `people: own`. */
export const servers = z
  .strictObject(
    {
      on: oneOf("--path servers.on", "place for servers", ["here", "kubernetes"]).default("here"),
      /** With `here`. */
      memory: memory("1g").prefault("1g"),
      idle: duration("10m", "365d", "2h"),
      most: whole(`number of servers from 1 to ${MOST}`, 1, MOST, 6),
      /** With `kubernetes`. */
      sizes,
      /** GiB. With `kubernetes`. */
      home: whole("number of GiB from 1 to 65536", 1, 65_536, 10),
    },
    notAnObject("servers"),
  )
  .prefault({});

/** The settings, each valid alone. */
interface GivenPeople {
  people: "shared" | "own";
  servers: z.infer<typeof servers>;
  cluster: GivenCluster;
}

/** The setting `people` with its limits. */
export function peopleOf({ people: kind, servers: given, cluster }: GivenPeople): People {
  if (kind === "shared") return { kind };
  const { on, memory: memoryMiB, idle, most, sizes, home: homeGb } = given;
  return {
    kind,
    on: on === "here" ? { kind: on, memoryMiB } : { kind: on, cluster: clusterOf(cluster), sizes, homeGb },
    idle,
    most,
  };
}
