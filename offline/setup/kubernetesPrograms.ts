import type { GoProgram } from "./goProgram.ts";

/** The last version whose kubelet runs with version 1 of control groups and with Debian 12's containerd. */
const version = "1.35.4";

/** Modules that are developed with Kubernetes, which asks for versions of them that do not exist. */
const staging = [
  ...["api", "apiextensions-apiserver", "apimachinery", "apiserver", "cli-runtime", "client-go", "cloud-provider"],
  ...["cluster-bootstrap", "code-generator", "component-base", "component-helpers", "controller-manager", "cri-api"],
  ...["cri-client", "csi-translation-lib", "dynamic-resource-allocation", "endpointslice", "externaljwt", "kms"],
  ...["kube-aggregator", "kube-controller-manager", "kube-proxy", "kube-scheduler", "kubectl", "kubelet", "metrics"],
  ...["mount-utils", "pod-security-admission", "sample-apiserver", "sample-cli-plugin", "sample-controller"],
];

const versionPackage = "k8s.io/component-base/version";

/** All programs of Kubernetes in one file, with etcd and kube-router's controller of network policies. */
export const kubernetes: GoProgram = {
  name: "Kubernetes",
  version,
  folder: "offline/kubernetes/programs/kubernetes",
  // The versions of all other modules, etcd's too, are those that Kubernetes asks for.
  modules: { "k8s.io/kubernetes": `v${version}`, "github.com/cloudnativelabs/kube-router/v2": "v2.1.0" },
  replaced: Object.fromEntries(staging.map((name) => [`k8s.io/${name}`, `v0.${version.slice(2)}`])),
  flags: [
    `-X ${versionPackage}.gitVersion=v${version}`,
    `-X ${versionPackage}.gitMajor=1 -X ${versionPackage}.gitMinor=${version.split(".")[1]}`,
  ].join(" "),
};

/** The names under which that file is started. */
export const kubernetesNames = [
  ...["etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubelet", "kube-proxy", "kubectl"],
  "network-policies",
];

/** The first process of each pod. */
export const pauseProgram: GoProgram = {
  name: "the first process of pods",
  version: "1",
  folder: "offline/kubernetes/programs/pause",
  modules: {},
};

/** CoreDNS, as the name server of a cluster. */
export const coreDns: GoProgram = {
  name: "CoreDNS",
  version: "1.15.0",
  folder: "offline/kubernetes/programs/coredns",
  modules: { "github.com/coredns/coredns": "v1.15.0" },
};

const providerModule = "github.com/pulumi/pulumi-kubernetes/provider/v4";

/** Pulumi's provider plugin for Kubernetes, the version of npm's @pulumi/kubernetes. The module has no version of its releases. */
export const kubernetesProvider: GoProgram = {
  name: "Pulumi's provider for Kubernetes",
  version: "4.25.0",
  folder: "offline/kubernetes/programs/provider",
  modules: { [providerModule]: "v4.0.0-20260115033456-f47bc2d6f199" },
  embedded: [[providerModule, "cmd/pulumi-resource-kubernetes/schema.json"]],
  flags: `-X ${providerModule}/pkg/version.Version=4.25.0`,
};
