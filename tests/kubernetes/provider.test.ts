import assert from "node:assert/strict";
import { join } from "node:path";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { type Cluster, startCluster } from "../../offline/kubernetes/cluster.ts";
import { type ClusterStack, clusterStack } from "../support/clusterStack.ts";

/** Each test starts where the previous one ended. */
describe("Pulumi's own provider for Kubernetes, with the real engine,", () => {
  let cluster: Cluster;
  let stack: ClusterStack;
  const word = async () =>
    (await cluster.api.get("/api/v1/namespaces/place/configmaps/words"))?.data.word as string | undefined;

  beforeAll(async () => {
    cluster = await startCluster();
    stack = await clusterStack(join(import.meta.dirname, "provider.program.ts"), { CLUSTER: cluster.kubeconfig });
  });
  afterAll(async () => {
    await stack?.remove();
    await cluster?.stop();
  });

  it("makes objects", async () => {
    await stack.up();
    assert.equal(await word(), "one");
  });

  it("changes nothing without a change", async () => {
    assert.match(await stack.pulumi("preview", "--diff"), /Resources:\s+4 unchanged/);
  });

  it("changes an object", async () => {
    stack.env.WORD = "two";
    await stack.up();
    assert.equal(await word(), "two");
  });

  it("removes them", async () => {
    await stack.destroy();
    assert.equal(await cluster.api.get("/api/v1/namespaces/place"), undefined);
  });
});
