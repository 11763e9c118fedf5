import { copyFile, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { stringify } from "yaml";
import { type TrialStack, trialStack } from "../../../offline/providers/testing/trialStack.ts";
import { registryAddress } from "../../../offline/setup/registry.ts";
import { run } from "../../../scripts/cli/command.ts";
import { copyTrackedFiles } from "../../support/trackedFiles.ts";

const checkout = join(import.meta.dirname, "../../..");
/** Providers of this project's components. */
const providers = ["cloudflare", "command", "gcp", "kubernetes", "random", "tls"];

/**
 * A stack whose program is in YAML and makes a site with the component JupyterSite, by the real engine and its language host for
 * YAML. The package is the folder `jupyter-up` beside the program, like a user's clone.
 * @param site arguments of the component
 * @param privateKey of the machine; the program reads it from its config
 */
export async function yamlProgram(site: Record<string, unknown>, privateKey: string): Promise<TrialStack> {
  const program = {
    name: "team",
    runtime: "yaml",
    packages: { "jupyter-up": "./jupyter-up" },
    config: { machineKey: { type: "string", secret: true } },
    resources: {
      lab: {
        type: "jupyter-up:JupyterSite",
        properties: {
          ...site,
          imageMirror: registryAddress,
          // biome-ignore lint/suspicious/noTemplateCurlyInString: a reference in Pulumi's YAML
          ssh: { ...(site.ssh as object), privateKey: "${machineKey}" },
        },
      },
    },
    // biome-ignore lint/suspicious/noTemplateCurlyInString: references in Pulumi's YAML
    outputs: { url: "${lab.url}", passwords: "${lab.passwords}" },
  };
  const stack = await trialStack(async (folder) => {
    await writeFile(join(folder, "Pulumi.yaml"), stringify(program));
    await writeFile(join(folder, "machine-key"), privateKey, { mode: 0o600 });
    await copyWithPackages(join(folder, "jupyter-up"));
    for (const provider of providers) await installPlugin(join(folder, "home/plugins"), provider);
  });
  const commands = "pulumi stack init dev && pulumi config set --secret machineKey <machine-key";
  await run("Making the stack", "sh", ["-ec", commands], { cwd: stack.folder, env: stack.env });
  return stack;
}

/** Copies the checkout with its packages. Pulumi runs `npm install` in the folder of a package, so a shared node_modules would change. */
async function copyWithPackages(folder: string): Promise<void> {
  await mkdir(folder);
  await copyTrackedFiles(folder);
  const packages = join(folder, "node_modules");
  await run("Copying the packages", "cp", ["-al", join(checkout, "node_modules"), packages]);
  // npm writes this file in place.
  const list = ".package-lock.json";
  await rm(join(packages, list));
  await copyFile(join(checkout, "node_modules", list), join(packages, list));
}

/**
 * Makes a provider's plugin look installed. The CLI installs those of a package before it runs it, but the engine uses the fakes,
 * which run already.
 */
async function installPlugin(plugins: string, provider: string): Promise<void> {
  const manifest = await readFile(join(checkout, "node_modules/@pulumi", provider, "package.json"), "utf8");
  const { version } = JSON.parse(manifest) as { version: string };
  const folder = join(plugins, `resource-${provider}-v${version}`);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, `pulumi-resource-${provider}`), "#!/bin/sh\nexit 1\n", { mode: 0o755 });
}
