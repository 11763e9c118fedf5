import assert from "node:assert/strict";
import { copyFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { trialStack } from "../../offline/providers/testing/trialStack.ts";
import { pulumiHome } from "../../scripts/cli/folders.ts";

/** A stack whose program makes objects of a cluster, with the real engine and Pulumi's own provider for Kubernetes. */
export interface ClusterStack {
  /** The environment of the program. */
  env: NodeJS.ProcessEnv;
  /** Runs `pulumi` to its end, without questions. Returns its output; throws if it fails. */
  pulumi(...args: string[]): Promise<string>;
  up(): Promise<string>;
  destroy(): Promise<string>;
  remove(): Promise<void>;
}

const manifest = "name: trial\nmain: index.ts\nruntime: { name: nodejs, options: { typescript: false } }\n";

/**
 * @param program the program's file
 * @param environment variables of the program
 */
export async function clusterStack(program: string, environment: NodeJS.ProcessEnv): Promise<ClusterStack> {
  const stack = await trialStack(
    async (folder) => {
      await writeFile(join(folder, "package.json"), JSON.stringify({ name: "trial", type: "module", private: true }));
      await writeFile(join(folder, "Pulumi.yaml"), manifest);
      await copyFile(program, join(folder, "index.ts"));
    },
    () => environment,
  );
  // The engine's own folder has the plugin; the one of this stack is separate.
  stack.env.PULUMI_HOME = pulumiHome;
  stack.env.PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION = "true";
  for (const name of ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"]) delete stack.env[name];
  const pulumi = async (...args: string[]) => {
    const { code, text } = await stack.pulumi(...args);
    assert.equal(code, 0, text);
    return text;
  };
  await pulumi("stack", "init", "dev");
  return {
    env: stack.env,
    pulumi,
    up: () => pulumi("up", "--yes", "--skip-preview"),
    destroy: () => pulumi("destroy", "--yes", "--skip-preview"),
    remove: () => stack.remove(),
  };
}
