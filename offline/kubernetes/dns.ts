/** CoreDNS in a cluster, as Google's has a name server: with the same labels, which network policies name. */

import { dnsService } from "./addresses.ts";

export const dnsImage = "docker.io/jupyter-up/coredns:1";

const namespace = "kube-system";
const labels = { "k8s-app": "kube-dns" };
const accounts = "rbac.authorization.k8s.io/v1";

const configuration = `.:53 {
  errors
  kubernetes cluster.local in-addr.arpa ip6.arpa
  cache 5
}
`;

/** What CoreDNS is made of, each with the path of the API that makes it. */
export const dnsObjects: [path: string, object: object][] = [
  [
    `/api/v1/namespaces/${namespace}/serviceaccounts`,
    { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "coredns" } },
  ],
  [
    `/apis/${accounts}/clusterroles`,
    {
      apiVersion: accounts,
      kind: "ClusterRole",
      metadata: { name: "coredns" },
      rules: [
        { apiGroups: [""], resources: ["endpoints", "services", "pods", "namespaces"], verbs: ["list", "watch"] },
        { apiGroups: ["discovery.k8s.io"], resources: ["endpointslices"], verbs: ["list", "watch"] },
      ],
    },
  ],
  [
    `/apis/${accounts}/clusterrolebindings`,
    {
      apiVersion: accounts,
      kind: "ClusterRoleBinding",
      metadata: { name: "coredns" },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "coredns" },
      subjects: [{ kind: "ServiceAccount", name: "coredns", namespace }],
    },
  ],
  [
    `/api/v1/namespaces/${namespace}/configmaps`,
    { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "coredns" }, data: { Corefile: configuration } },
  ],
  [
    `/apis/apps/v1/namespaces/${namespace}/deployments`,
    {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: "coredns" },
      spec: {
        selector: { matchLabels: labels },
        template: {
          metadata: { labels },
          spec: {
            serviceAccountName: "coredns",
            dnsPolicy: "Default",
            containers: [
              {
                name: "coredns",
                image: dnsImage,
                args: ["-conf", "/etc/coredns/Corefile"],
                resources: { requests: { cpu: "10m", memory: "32Mi" } },
                volumeMounts: [{ name: "configuration", mountPath: "/etc/coredns" }],
              },
            ],
            volumes: [{ name: "configuration", configMap: { name: "coredns" } }],
          },
        },
      },
    },
  ],
  [
    `/api/v1/namespaces/${namespace}/services`,
    {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "kube-dns", labels },
      spec: {
        clusterIP: dnsService,
        selector: labels,
        ports: [
          { name: "dns", port: 53, protocol: "UDP" },
          { name: "dns-tcp", port: 53, protocol: "TCP" },
        ],
      },
    },
  ],
];
