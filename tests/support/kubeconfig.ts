import { stringify } from "yaml";
import type { ClusterAccess } from "../../files/site/secrets.ts";
import { selfSigned } from "../../offline/support/certificate.ts";

const { certificate } = selfSigned(["cluster.example.com"]);

/** The certificate authority in the kubeconfig. */
export const authority = certificate;

/** A kubeconfig, with changes to its only cluster. */
export const kubeconfig = (cluster: Record<string, unknown> = {}, context = "lab"): string =>
  stringify({
    apiVersion: "v1",
    kind: "Config",
    "current-context": context,
    contexts: [{ name: "lab", context: { cluster: "lab", user: "ann" } }],
    clusters: [
      {
        name: "lab",
        cluster: {
          server: "https://10.128.0.9:6443",
          "certificate-authority-data": Buffer.from(authority).toString("base64"),
          ...cluster,
        },
      },
    ],
    users: [{ name: "ann", user: { token: "secret-of-ann" } }],
  });

/** Settings of a site whose servers of people run in a cluster. */
export const inCluster = {
  people: "own",
  servers: { on: "kubernetes" },
  cluster: { kubeconfig: kubeconfig(), address: "10.128.0.2" },
};

/** What the hub has of its cluster. */
export const clusterAccess: ClusterAccess = {
  token: "secret-token-of-the-cluster",
  owner: { apiVersion: "v1", kind: "ServiceAccount", name: "hub", uid: "0b0e9d0e-1c1d-4d1e-8f1a-2b2c3d4e5f60" },
};
