import assert from "node:assert/strict";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { type Cluster, startCluster } from "../../offline/kubernetes/cluster.ts";
import { Pods } from "../support/pods.ts";
import { until } from "../support/until.ts";

const claimOf = (name: string, storageClassName: string) => ({
  apiVersion: "v1",
  kind: "PersistentVolumeClaim",
  metadata: { name },
  spec: { accessModes: ["ReadWriteOnce"], storageClassName, resources: { requests: { storage: "1Gi" } } },
});

const person = { runAsUser: 1000, runAsGroup: 100, fsGroup: 100 };
const waits = "setInterval(() => {}, 1000)";

/** A pod of an unprivileged user, with a claim mounted at /home/person. */
const withHome = (claimName: string, more: object = {}) => ({
  script: waits,
  spec: {
    securityContext: person,
    volumes: [{ name: "home", persistentVolumeClaim: { claimName } }],
    ...more,
  },
  container: undefined,
});

describe("disks of a cluster", () => {
  let cluster: Cluster;
  let pods: Pods;

  const start = (name: string, claim: string, more: object = {}) => {
    const { script, spec } = withHome(claim, more);
    const container = { volumeMounts: [{ name: "home", mountPath: "/home/person" }] };
    return pods.start(name, { script, spec, container });
  };
  const volumeOf = async (claim: string): Promise<string> =>
    (await cluster.api.get(`/api/v1/namespaces/default/persistentvolumeclaims/${claim}`))?.spec.volumeName;
  const phaseOf = async (volume: string): Promise<string | undefined> =>
    (await cluster.api.get(`/api/v1/persistentvolumes/${volume}`))?.status.phase;
  const write = (pod: string) => pods.inside(pod, 'fs.writeFileSync("/home/person/work", "done")');
  const read = (pod: string) => pods.inside(pod, 'console.log(fs.readFileSync("/home/person/work", "utf8"))');

  beforeAll(async () => {
    cluster = await startCluster();
    pods = await Pods.in(cluster);
  });
  afterAll(() => cluster?.stop());

  it("are made with the first pod that uses them, and belong to its group", async () => {
    await pods.apply(claimOf("home", "standard-rwo"));
    await start("first", "home");
    const status = await pods.inside("first", 'console.log(JSON.stringify(fs.statSync("/home/person")))');
    const { gid, mode } = JSON.parse(status);
    assert.equal(gid, person.fsGroup);
    assert.equal(mode & 0o2070, 0o2070);
    await write("first");
  });

  it("keep their content, also for a pod on another node", async () => {
    await pods.remove("first");
    await cluster.addNode({ name: "other" });
    await start("second", "home", { nodeSelector: { "kubernetes.io/hostname": "other" } });
    assert.equal(await read("second"), "done\n");
    await pods.remove("second");
  });

  it("go with their claim", async () => {
    const volume = await volumeOf("home");
    await cluster.kubectl("delete", "pvc", "home", "--timeout=60s");
    await until("the volume is gone", async () => (await phaseOf(volume)) === undefined);
  });

  it("are made with the claim in the class `standard`", async () => {
    await pods.apply(claimOf("at-once", "standard"));
    await until("the claim is bound", () => volumeOf("at-once"));
  });

  it("stay without their claim if their class says so, and can be claimed again", async () => {
    await pods.apply({
      apiVersion: "storage.k8s.io/v1",
      kind: "StorageClass",
      metadata: { name: "kept" },
      provisioner: "pd.csi.storage.gke.io",
      reclaimPolicy: "Retain",
      volumeBindingMode: "WaitForFirstConsumer",
    });
    await pods.apply(claimOf("kept", "kept"));
    await start("writes", "kept");
    await write("writes");
    await pods.remove("writes");
    const volume = await volumeOf("kept");
    await cluster.kubectl("delete", "pvc", "kept", "--timeout=60s");
    await until("the volume is released", async () => (await phaseOf(volume)) === "Released");

    await cluster.kubectl("patch", "pv", volume, "--patch", '{"spec":{"claimRef":null}}');
    const claim = claimOf("again", "kept");
    await pods.apply({ ...claim, spec: { ...claim.spec, volumeName: volume } });
    await start("reads", "again");
    assert.equal(await read("reads"), "done\n");
  });
});
