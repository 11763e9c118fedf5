/** The Pulumi program of provider.test.ts: two objects of a cluster. */

import * as kubernetes from "@pulumi/kubernetes";

const provider = new kubernetes.Provider("cluster", { kubeconfig: process.env.CLUSTER ?? "" });
const namespace = new kubernetes.core.v1.Namespace("place", { metadata: { name: "place" } }, { provider });
const metadata = { name: "words", namespace: namespace.metadata.name };
new kubernetes.core.v1.ConfigMap("words", { metadata, data: { word: process.env.WORD ?? "one" } }, { provider });
