/** Configuration files of a node's programs. */

import { join } from "node:path";
import { stringify } from "yaml";
import { dnsService, podRange } from "./addresses.ts";

/** What the files of a node depend on. */
export interface NodeFacts {
  name: string;
  /** The node's own folder. */
  folder: string;
  /** Its control group. */
  group: string;
  /** The addresses of its pods. */
  podRange: string;
  /** The folder of the CNI plugins. */
  plugins: string;
  /** The certificate of the cluster's authority. */
  authority: string;
  /** The node's certificate and its key, without the suffix. */
  certificate: string;
  /** A kubeconfig of the cluster's administrator. */
  administrator: string;
}

export const pauseImage = "jupyter-up/pause:1";

/** The files by their paths in the node's folder. */
export function configurationOf(node: NodeFacts): Record<string, string> {
  return {
    "containerd.toml": containerd(node),
    "network/10-pods.conflist": JSON.stringify(network(node)),
    "kubelet.yaml": stringify(kubelet(node)),
    "proxy.yaml": stringify(proxy(node)),
    // Pods that use the node's own name server find nobody there.
    "resolv.conf": "nameserver 127.0.0.1\n",
  };
}

function containerd({ folder, plugins }: NodeFacts): string {
  return `version = 2
root = "${folder}/containerd"
state = "/run/containerd"
# The default is negative, which takes a privilege that root of a container lacks.
oom_score = 0
disabled_plugins = ["io.containerd.internal.v1.opt"]
[grpc]
  address = "${folder}/containerd.sock"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "docker.io/${pauseImage}"
  restrict_oom_score_adj = true
  disable_apparmor = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "${plugins}"
    conf_dir = "${folder}/network"
`;
}

/** Pods keep their addresses on the way to this machine, as in Google's network: so nothing is masqueraded. */
const network = (node: NodeFacts) => ({
  cniVersion: "0.4.0",
  name: "pods",
  plugins: [
    {
      type: "bridge",
      bridge: "pods",
      isGateway: true,
      hairpinMode: true,
      ipam: { type: "host-local", ranges: [[{ subnet: node.podRange }]], routes: [{ dst: "0.0.0.0/0" }] },
    },
    { type: "portmap", capabilities: { portMappings: true } },
  ],
});

const kubelet = ({ folder, group, authority, certificate }: NodeFacts) => ({
  apiVersion: "kubelet.config.k8s.io/v1beta1",
  kind: "KubeletConfiguration",
  authentication: { anonymous: { enabled: false }, webhook: { enabled: true }, x509: { clientCAFile: authority } },
  authorization: { mode: "Webhook" },
  tlsCertFile: `${certificate}.crt`,
  tlsPrivateKeyFile: `${certificate}.key`,
  containerRuntimeEndpoint: `unix://${folder}/containerd.sock`,
  resolvConf: join(folder, "resolv.conf"),
  clusterDNS: [dnsService],
  clusterDomain: "cluster.local",
  cgroupDriver: "cgroupfs",
  cgroupRoot: `/${group}`,
  enforceNodeAllocatable: [],
  // Version 1 of control groups.
  failCgroupV1: false,
  failSwapOn: false,
  // As containerd's.
  oomScoreAdj: 0,
  // A full disk of this machine is another problem than the tests'.
  evictionHard: { "memory.available": "100Mi", "nodefs.available": "1%", "imagefs.available": "1%" },
  imageGCHighThresholdPercent: 100,
  imageGCLowThresholdPercent: 99,
  // Watching for changes is quick, but kubelet looks at a status every ten seconds by default.
  nodeStatusUpdateFrequency: "4s",
  maxPods: 60,
});

const proxy = ({ name, administrator }: NodeFacts) => ({
  apiVersion: "kubeproxy.config.k8s.io/v1alpha1",
  kind: "KubeProxyConfiguration",
  mode: "iptables",
  clusterCIDR: podRange,
  hostnameOverride: name,
  oomScoreAdj: 0,
  clientConnection: { kubeconfig: administrator },
  // These settings of Linux belong to the whole machine.
  conntrack: { maxPerCore: 0, min: 0, tcpEstablishedTimeout: "0s", tcpCloseWaitTimeout: "0s" },
});
