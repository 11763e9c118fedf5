// Deep imports, because the index of the package takes seconds to load.
import { NamespacePatch } from "@pulumi/kubernetes/core/v1/namespacePatch.js";
import { ResourceQuota } from "@pulumi/kubernetes/core/v1/resourceQuota.js";
import { Secret } from "@pulumi/kubernetes/core/v1/secret.js";
import { ServiceAccount } from "@pulumi/kubernetes/core/v1/serviceAccount.js";
import { NetworkPolicy } from "@pulumi/kubernetes/networking/v1/networkPolicy.js";
import { Provider } from "@pulumi/kubernetes/provider.js";
import { Role } from "@pulumi/kubernetes/rbac/v1/role.js";
import { RoleBinding } from "@pulumi/kubernetes/rbac/v1/roleBinding.js";
import * as pulumi from "@pulumi/pulumi";
import type { ClusterAccess } from "../../files/site/secrets.ts";
import type { Cluster } from "../../settings/cluster.ts";

export interface PeopleNamespaceArgs {
  /** Name of the namespace, `jupyter-up-dev`. */
  namespace: string;
  cluster: Cluster;
  /** The most servers at the same time. */
  most: number;
}

/** Label of the namespace with what its pods have to be. https://kubernetes.io/docs/concepts/security/pod-security-standards/ */
const RESTRICTED = { "pod-security.kubernetes.io/enforce": "restricted" };
/** Name of the hub's account in the namespace. */
const HUB = "hub";
/** Port of JupyterLab. */
const JUPYTER = 8888;
/**
 * What servers reach outside of the namespace: the internet. Private networks are left out, because they have the nodes, the services of
 * the cluster and the machine of the site, and link-local addresses the metadata of the nodes.
 */
const NOT_THE_INTERNET = ["10.0.0.0/8", "100.64.0.0/10", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16"];

/** What the hub does with KubeSpawner. It writes secrets and files of servers, and cannot read them. */
const RIGHTS = [
  { apiGroups: [""], resources: ["pods"], verbs: ["get", "list", "watch", "create", "delete"] },
  { apiGroups: [""], resources: ["events"], verbs: ["list", "watch"] },
  { apiGroups: [""], resources: ["persistentvolumeclaims"], verbs: ["get", "create"] },
  { apiGroups: [""], resources: ["configmaps", "secrets"], verbs: ["create", "update"] },
];

/**
 * A place in a cluster for the servers of people: a namespace that no deletion removes, because it has their homes, an account for the
 * hub, and limits.
 */
export class PeopleNamespace extends pulumi.ComponentResource {
  /** What the hub needs. Secret. */
  readonly access: pulumi.Output<ClusterAccess>;

  constructor(name: string, { namespace, cluster, most }: PeopleNamespaceArgs, opts?: pulumi.ComponentResourceOptions) {
    super("jupyter-up:index:PeopleNamespace", name, {}, opts);
    const kubeconfig = cluster.kubeconfig.output(pulumi.secret);
    // Another token or address of the same cluster replaces nothing.
    const provider = new Provider(
      `${name}-cluster`,
      { kubeconfig, clusterIdentifier: cluster.api.url },
      { parent: this },
    );
    const own = { parent: this, provider };
    // A patch creates the namespace if it is missing, and its deletion leaves the namespace with its homes.
    const place = new NamespacePatch(
      `${name}-namespace`,
      { metadata: { name: namespace, labels: RESTRICTED, annotations: FORCE } },
      own,
    );
    const metadata = (called: string) => ({ name: called, namespace });
    const inside = { ...own, dependsOn: place };

    const account = new ServiceAccount(
      `${name}-hub`,
      { metadata: metadata(HUB), automountServiceAccountToken: false },
      inside,
    );
    const token = new Secret(
      `${name}-hub-token`,
      {
        metadata: {
          ...metadata("hub-token"),
          annotations: { "kubernetes.io/service-account.name": account.metadata.name },
        },
        type: "kubernetes.io/service-account-token",
      },
      { ...inside, additionalSecretOutputs: ["data"] },
    );
    const role = new Role(`${name}-hub-role`, { metadata: metadata(HUB), rules: RIGHTS }, inside);
    const binding = new RoleBinding(
      `${name}-hub-binding`,
      {
        metadata: metadata(HUB),
        roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: role.metadata.name },
        subjects: [{ kind: "ServiceAccount", name: account.metadata.name, namespace }],
      },
      inside,
    );
    const limits = [
      new ResourceQuota(
        `${name}-quota`,
        {
          metadata: metadata("servers"),
          // Nothing of it is published from the cluster.
          spec: { hard: { pods: String(most), services: "0" } },
        },
        inside,
      ),
      new NetworkPolicy(`${name}-network`, { metadata: metadata("servers"), spec: policy(cluster.address) }, inside),
    ];

    const ready = pulumi.all([binding.id, ...limits.map(({ id }) => id)]);
    this.access = pulumi.secret(
      pulumi.all([token.data, account.metadata, ready]).apply(([data, { uid }]) => ({
        token: Buffer.from(data.token ?? "", "base64").toString("utf8"),
        owner: { apiVersion: "v1", kind: "ServiceAccount", name: HUB, uid },
      })),
    );
    this.registerOutputs({});
  }
}

/** The namespace may have been made by somebody else, and its label with it. */
const FORCE = { "pulumi.com/patchForce": "true" };

/** Pods reach the internet and DNS, and only the machine of the site reaches them. */
function policy(address: string) {
  return {
    podSelector: {},
    policyTypes: ["Ingress", "Egress"],
    ingress: [{ from: [{ ipBlock: { cidr: `${address}/32` } }], ports: [{ port: JUPYTER, protocol: "TCP" }] }],
    egress: [
      { to: [{ ipBlock: { cidr: "0.0.0.0/0", except: NOT_THE_INTERNET } }] },
      {
        to: [{ namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "kube-system" } } }],
        ports: ["UDP", "TCP"].map((protocol) => ({ port: 53, protocol })),
      },
      // GKE answers DNS at this address of each node.
      { to: [{ ipBlock: { cidr: "169.254.20.10/32" } }], ports: [{ port: 53, protocol: "UDP" }] },
    ],
  };
}
