import { detectEnvironment, type Environment } from "../../offline/setup/environment.ts";
import { step } from "../cli/step.ts";
import { ensurePulumiCli, type PulumiCli } from "../pulumi/pulumiCli.ts";
import { ensureCompose } from "./compose.ts";
import { ensureDocker } from "./docker.ts";

/** Detects what this machine is, as a step that the user sees. */
export function inspectMachine(): Promise<Environment> {
  return step("Looking at this machine", detectEnvironment, (found) => {
    const debian = found.debianRoot ? `Debian ${found.debianRoot.version} as root, ` : "";
    const reached = found.pulumiDownloads && found.imageRegistries ? "the internet" : "only package registries";
    return `This machine: ${debian}reaches ${reached}`;
  });
}

/** Docker's engine and Compose, installed and started if permitted. */
export async function prepareDocker({ debianRoot }: Environment): Promise<void> {
  await step(
    "Docker",
    (say) => ensureDocker(debianRoot, say),
    (version) => `Docker ${version}`,
  );
  await step(
    "Docker Compose",
    (say) => ensureCompose(debianRoot, say),
    (version) => `Docker Compose ${version}`,
  );
}

/** The Pulumi CLI: found, downloaded or built. */
export function preparePulumi(environment: Environment): Promise<PulumiCli> {
  return step(
    "Pulumi CLI",
    (say) => ensurePulumiCli(environment, say),
    ({ version }) => `Pulumi ${version}`,
  );
}
