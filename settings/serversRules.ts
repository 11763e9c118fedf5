import { SET_ADDRESS, SET_KUBECONFIG } from "./cluster.ts";
import { setThis } from "./issues.ts";
import { type CrossFieldIssue, type Partly, when } from "./partly.ts";
import { MOST_HERE } from "./people.ts";

/** Rules about where the servers of people run. */
export function serversIssues({ people, servers, cluster }: Partly): CrossFieldIssue[] {
  if (people !== "own" || typeof servers !== "object" || servers === null) return [];
  const { on, most } = servers;
  const needsCluster = on === "kubernetes" && typeof cluster === "object" && cluster !== null;
  return [
    ...when(on === "here" && most > MOST_HERE, "servers.most", [
      `${most} servers are more than this site's machine has networks for, ${MOST_HERE}.`,
      setThis(String(MOST_HERE)),
    ]),
    ...when(needsCluster && cluster.kubeconfig === undefined, "cluster.kubeconfig", [
      "the kubeconfig of the cluster is missing.",
      SET_KUBECONFIG,
    ]),
    ...when(needsCluster && cluster.address === undefined, "cluster.address", [
      "the address of the site's machine in the cluster's network is missing: pods admit only requests from it.",
      SET_ADDRESS,
    ]),
  ];
}
