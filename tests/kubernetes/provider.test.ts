import assert from "node:assert/strict";
import { copyFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { type Cluster, startCluster } from "../../offline/kubernetes/cluster.ts";
import { type TrialStack, trialStack } from "../../offline/providers/testing/trialStack.ts";
import { pulumiHome } from "../../scripts/cli/folders.ts";

const manifest = "name: trial\nmain: index.ts\nruntime: { name: nodejs, options: { typescript: false } }\n";

async function writeProject(folder: string): Promise<void> {
  await writeFile(join(folder, "package.json"), JSON.stringify({ name: "trial", type: "module", private: true }));
  await writeFile(join(folder, "Pulumi.yaml"), manifest);
  await copyFile(join(import.meta.dirname, "provider.program.ts"), join(folder, "index.ts"));
}

/** Each test starts where the previous one ended. */
describe("Pulumi's own provider for Kubernetes, with the real engine,", () => {
  let cluster: Cluster;
  let stack: TrialStack;
  const word = async () =>
    (await cluster.api.get("/api/v1/namespaces/place/configmaps/words"))?.data.word as string | undefined;
  const pulumi = async (...args: string[]) => {
    const { code, text } = await stack.pulumi(...args);
    assert.equal(code, 0, text);
    return text;
  };

  beforeAll(async () => {
    cluster = await startCluster();
    stack = await trialStack(writeProject, () => ({ CLUSTER: cluster.kubeconfig }));
    // The engine's own folder has the plugin; the one of this stack is separate.
    stack.env.PULUMI_HOME = pulumiHome;
    stack.env.PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION = "true";
    for (const name of ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"]) delete stack.env[name];
    await pulumi("stack", "init", "dev");
  });
  afterAll(async () => {
    await stack?.remove();
    await cluster?.stop();
  });

  it("makes objects", async () => {
    await pulumi("up", "--yes", "--skip-preview");
    assert.equal(await word(), "one");
  });

  it("changes nothing without a change", async () => {
    assert.match(await pulumi("preview", "--diff"), /Resources:\s+4 unchanged/);
  });

  it("changes an object", async () => {
    stack.env.WORD = "two";
    await pulumi("up", "--yes", "--skip-preview");
    assert.equal(await word(), "two");
  });

  it("removes them", async () => {
    await pulumi("destroy", "--yes", "--skip-preview");
    assert.equal(await cluster.api.get("/api/v1/namespaces/place"), undefined);
  });
});
