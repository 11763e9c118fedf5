import { SET_ADDRESS, SET_KUBECONFIG } from "./cluster.ts";
import { setThis, withFix } from "./issues.ts";
import type { CrossFieldIssue, Partly } from "./partly.ts";
import { MOST_HERE } from "./people.ts";

/** Rules about where the servers of people run. */
export function serversIssues({ people, servers, cluster }: Partly): CrossFieldIssue[] {
  if (people !== "own" || typeof servers !== "object" || servers === null) return [];
  const { on, most } = servers;
  if (on === "here" && most > MOST_HERE)
    return [
      {
        path: ["servers", "most"],
        message: withFix(
          `${most} servers are more than this site's machine has networks for, ${MOST_HERE}.`,
          setThis(String(MOST_HERE)),
        ),
      },
    ];
  if (on !== "kubernetes" || typeof cluster !== "object" || cluster === null) return [];
  return [
    ...(cluster.kubeconfig === undefined
      ? [
          {
            path: ["cluster", "kubeconfig"],
            message: withFix("the kubeconfig of the cluster is missing.", SET_KUBECONFIG),
          },
        ]
      : []),
    ...(cluster.address === undefined
      ? [
          {
            path: ["cluster", "address"],
            message: withFix(
              "the address of the site's machine in the cluster's network is missing: pods admit only requests from it.",
              SET_ADDRESS,
            ),
          },
        ]
      : []),
  ];
}
