import { readFileSync } from "node:fs";
import { stringify } from "yaml";
import type { OnCluster, OwnServers } from "../../../../settings/people.ts";
import type { Settings } from "../../../../settings/resolve.ts";
import { renderTemplate } from "../../../release/template.ts";
import type { HostLayout } from "../../../site/hostLayout.ts";
import { throughMirror } from "../../../site/mirror.ts";
import type { Names } from "../../../site/names.ts";
import type { ClusterAccess, Secrets } from "../../../site/secrets.ts";
import type { Service, TextFiles } from "../../../site/service.ts";
import { jupyter } from "../../jupyter/jupyter.ts";
import { peopleProxy } from "../../people-proxy/peopleProxy.ts";
import { personServer } from "../../people-spawner/personServer.ts";
import { serverKey } from "../keys.ts";
import { HUB_FILES, HUB_IMAGE, HUB_SECRETS, peopleHub, type Spawning } from "../peopleHub.ts";
import { podDefinition } from "./podDefinition.ts";

/** JupyterHub with KubeSpawner: JupyterHub 5.5.0, KubeSpawner 7.0.0. */
export const CLUSTER_HUB_IMAGE = { reference: "quay.io/jupyterhub/k8s-hub:4.4.0", sizeMiB: 900 };

/** The files of the hub that are only for a cluster. */
const OWN_FILES = [
  "spawner_config.py",
  "people_hub/cluster.py",
  "people_hub/cluster_config.py",
  "people_hub/cluster_words.py",
  "people_hub/dismiss.py",
  "templates/sizes.html",
];
const HERE = new URL(".", import.meta.url);
const file = (name: string) => renderTemplate(new URL(name, HERE));

export interface PeopleClusterArgs {
  /** Compose project, and the cluster's namespace. */
  name: string;
  settings: Pick<Settings, "jupyter" | "history" | "timezone" | "imageMirror">;
  layout: HostLayout;
  names: Names;
  people: Omit<OwnServers, "on"> & { on: OnCluster };
}

/** The services of a site whose servers of people run in a cluster. */
export function peopleCluster({ name, settings, layout, names, people }: PeopleClusterArgs): Service[] {
  const server = personServer(names, settings, layout, people.idle);
  const definition = podDefinition(name, inCluster(server, names, settings, layout), people.on);
  const files = server.files?.content({ secretFolder: "", keyHashes: {}, definitionOf: () => ({}) }) ?? {};
  return [
    whatTheMachineKeeps(server, layout),
    peopleProxy([]),
    peopleHub(layout, spawnsInCluster(people.on, definition, files)),
  ];
}

/** The server of a person with the parts that only a pod gets from its definition. */
function inCluster(
  server: Service,
  names: Names,
  settings: PeopleClusterArgs["settings"],
  layout: HostLayout,
): Service {
  // A pod has no database.
  const { prepare, secretFiles } = jupyter(names, { ...settings, database: false }, layout);
  if (!prepare || !secretFiles) throw new Error("the server of a person needs all parts of Jupyter");
  const environment = {
    ...(server.compose.environment as Record<string, string>),
    JUPYTER_UP_MORE_MEMORY: MORE_MEMORY,
  };
  return {
    ...server,
    image: { ...server.image, reference: throughMirror(settings.imageMirror, server.image.reference) },
    compose: { ...server.compose, environment },
    prepare,
    secretFiles,
  };
}

/** Shown to somebody whose kernel ran out of memory; see jupyter/jupyter_up/kernels.py. */
const MORE_MEMORY =
  "This needs a bigger size of the server. Stop your server at /hub/home, start it again, and choose one.";

/**
 * Homes of people on the machine, from the time when their servers ran there, with their history. The commands for the history and for
 * a move run in this image: it has Python, and the machine needs no image of Jupyter.
 */
function whatTheMachineKeeps(
  { name, user, networks, data = [], virtualHost, onDemand }: Service,
  layout: HostLayout,
): Service {
  return {
    name,
    about: "Homes on this machine. The servers of people run in the cluster.",
    image: HUB_IMAGE,
    ...(user ? { user } : {}),
    networks,
    ...(onDemand ? { onDemand } : {}),
    compose: {},
    data: [...data, { source: `${layout.data}/homes`, target: "/homes", history: { at: "site/homes" } }],
    ...(virtualHost ? { virtualHost } : {}),
  };
}

/** The hub asks the cluster. */
function spawnsInCluster({ cluster }: OnCluster, definition: unknown, files: TextFiles): Spawning {
  const server = Object.fromEntries(Object.entries(files).map(([path, content]) => [`server/${path}`, content]));
  return {
    about: "asking the cluster",
    image: CLUSTER_HUB_IMAGE,
    networks: [],
    files: () => ({
      ...Object.fromEntries(OWN_FILES.map((name) => [name, file(name)])),
      "people_hub/names.py": readFileSync(new URL("../../people-spawner/person_servers/names.py", HERE), "utf8"),
      "server.json": `${JSON.stringify(definition, undefined, 2)}\n`,
      ...server,
    }),
    secretFiles: (secrets) => {
      const access = accessOf(secrets);
      return {
        kubeconfig: kubeconfigOf(cluster.api, access),
        "owner.json": `${JSON.stringify(access.owner)}\n`,
        "server-key": `${serverKey(secrets)}\n`,
      };
    },
    // The client of the cluster reads its variable when it is imported.
    environment: { KUBECONFIG: `${HUB_SECRETS}/kubeconfig`, PYTHONPATH: HUB_FILES },
    also: { dismiss: ["python3", "-m", "people_hub.dismiss", HUB_FILES] },
  };
}

function accessOf({ cluster }: Secrets): ClusterAccess {
  if (!cluster) throw new Error("the hub needs the secrets of its cluster");
  return cluster;
}

/** The hub's own kubeconfig: a token for one namespace. */
function kubeconfigOf({ url, authority }: OnCluster["cluster"]["api"], { token }: ClusterAccess): string {
  const name = "people";
  const data = authority && Buffer.from(authority).toString("base64");
  return stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name, cluster: { server: url, ...(data ? { "certificate-authority-data": data } : {}) } }],
    users: [{ name, user: { token } }],
    contexts: [{ name, context: { cluster: name, user: name } }],
    "current-context": name,
  });
}
