import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { dirname, join, sep } from "node:path";
import { installPackages } from "../../offline/setup/debian.ts";
import type { Environment } from "../../offline/setup/environment.ts";
import { buildGoTool, type GoTool } from "../../offline/setup/goTool.ts";
import { languageHost } from "../../offline/setup/languageHost.ts";
import { attempt, findExecutable, isExecutable } from "../cli/command.ts";
import { pulumiHome } from "../cli/folders.ts";
import { PlainError } from "../cli/plainError.ts";
import type { Say } from "../cli/step.ts";
import { isAtLeast } from "../cli/version.ts";
import { namesPulumi } from "./engineEvents.ts";

/** The version of the CLI that is fetched: that of npm's @pulumi/pulumi, because they share version numbers. */
export const pulumiVersion = "3.259.0";

const installation = join(pulumiHome, "versions", pulumiVersion);

/** A Pulumi CLI that is new enough. */
export interface PulumiCli {
  /** The path of the executable. */
  command: string;
  version: string;
}

const cliModules: GoTool = {
  name: "the Pulumi CLI",
  module: "github.com/pulumi/pulumi/pkg/v3",
  version: `v${pulumiVersion}`,
  package: "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
  flags: `-X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v${pulumiVersion}`,
};

/** Says from what the language host was built. An older one cannot run policy packs and packages. */
export const languageHostRecipe = createHash("sha256").update(JSON.stringify(languageHost)).digest("hex");
const recipeFile = join(installation, "language-host");

/** The existing Pulumi CLI, on PATH or in the cache; undefined if there is none or only an older one. */
export async function findPulumiCli(): Promise<PulumiCli | undefined> {
  const own = usersPulumi();
  if (own !== undefined) {
    const { stdout } = await attempt(own, ["version"], { env: { PULUMI_SKIP_UPDATE_CHECK: "true" } });
    if (isAtLeast(stdout, pulumiVersion)) return { command: own, version: stdout.trim().replace(/^v/, "") };
  }
  const cached = join(installation, "bin", "pulumi");
  const complete = isExecutable(cached) && existsSync(join(installation, "bin", "pulumi-language-nodejs"));
  return complete && isCurrent() ? { command: cached, version: pulumiVersion } : undefined;
}

/**
 * The `pulumi` that the user would start. npm adds node_modules/.bin of this folder and its parents to the PATH of its
 * scripts: a launcher there is not the user's.
 */
export function usersPulumi(): string | undefined {
  return findExecutable(
    "pulumi",
    (folder) => folder.includes(`node_modules${sep}.bin`) || folder.startsWith(pulumiHome),
  );
}

/** How to run the command that messages call `pulumi ...`, if there is no such command; else nothing. */
export function hintFor(paragraphs: string[]): string[] {
  const needsHint = paragraphs.some(namesPulumi) && usersPulumi() === undefined;
  return needsHint ? ["(There is no `pulumi` command on this machine: use `npm run pulumi --` instead.)"] : [];
}

/** Makes sure that there is a Pulumi CLI: the user's own, else a download, else a build from its Go modules. */
export async function ensurePulumiCli(environment: Environment, say: Say): Promise<PulumiCli> {
  const found = await findPulumiCli();
  if (found) return found;
  if (environment.pulumiDownloads) await download(environment, say);
  else await build(environment, say);
  await writeFile(recipeFile, languageHostRecipe);
  return { command: join(installation, "bin", "pulumi"), version: pulumiVersion };
}

async function download({ debianRoot }: Environment, say: Say): Promise<void> {
  // The vendor's installer is a shell script around curl.
  if (debianRoot && findExecutable("curl") === undefined) await installPackages(["curl", "ca-certificates"], say);
  say(`downloading Pulumi ${pulumiVersion} from get.pulumi.com`);
  // Imported here, because loading takes most of a second and is rarely needed.
  const { PulumiCommand } = await import("@pulumi/pulumi/automation/index.js");
  try {
    // The SDK's version, unless another is requested.
    await PulumiCommand.install({ root: installation });
  } catch (error) {
    throw new PlainError(
      `Pulumi ${pulumiVersion} could not be downloaded from get.pulumi.com: ${(error as Error).message.trim()}`,
      "Run the command again; or install Pulumi yourself (https://www.pulumi.com/docs/install), and it will be used.",
    );
  }
}

async function build({ debianRoot }: Environment, say: Say): Promise<void> {
  const bin = join(installation, "bin");
  for (const tool of [languageHost, cliModules]) {
    const path = join(bin, tool.package.split("/").at(-1) ?? "");
    // An interrupted installation continues where it stopped: the CLI takes minutes.
    if (!isExecutable(path) || (tool === languageHost && !isCurrent())) await buildGoTool(tool, path, debianRoot, say);
  }
}

/** Whether the language host is the one that this version of the project builds, or came with a download since. */
const isCurrent = () => existsSync(recipeFile) && readFileSync(recipeFile, "utf8") === languageHostRecipe;

/** The folder that must be on PATH so that the CLI finds its language host. */
export function cliFolder(cli: PulumiCli): string {
  return dirname(cli.command);
}
