import { SET_KUBECONFIG } from "../../settings/cluster.ts";
import type { Rule } from "./rule.ts";

const unreachable = "configured Kubernetes cluster is unreachable: ";

/** Errors of a cluster of Kubernetes. */
export const kubernetesRules: Rule[] = [
  {
    says: new RegExp(`${unreachable}.*(?:the server has asked for the client to provide credentials|Unauthorized)`),
    means: () =>
      `The cluster does not accept the credentials in the kubeconfig. Some are valid for an hour only. Set new ones:\n${SET_KUBECONFIG}`,
  },
  {
    says: new RegExp(`${unreachable}.*x509: (?<wrong>[^"\\n]+)`),
    means: ({ wrong }) =>
      `The certificate of the cluster is not the one in the kubeconfig (${wrong}). Set the kubeconfig of this cluster:\n${SET_KUBECONFIG}`,
  },
  {
    says: new RegExp(`${unreachable}.*Get "(?<url>https?://[^/"]+)`),
    means: ({ url }) =>
      `The cluster does not answer at ${url} from this machine. Check whether it runs, and whether this machine may reach it:\nkubectl get nodes`,
  },
  {
    says: /is forbidden: User "(?<user>[^"]+)" cannot (?<verb>\w+) resource "(?<kind>[\w/]+)"/,
    means: ({ user, verb, kind }) =>
      `The account ${user} of the kubeconfig may not ${verb} ${kind} in the cluster. The site needs one that may create a namespace, and accounts, roles and policies in it. Set its kubeconfig:\n${SET_KUBECONFIG}`,
  },
];
