import { copyFile, mkdir, rename } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { installPackages, unpackPackage } from "../../offline/setup/debian.ts";
import type { DebianRelease } from "../../offline/setup/environment.ts";
import { buildGoTool, type GoTool } from "../../offline/setup/goTool.ts";
import { attempt, findExecutable } from "../cli/command.ts";
import { PlainError } from "../cli/plainError.ts";
import type { Say } from "../cli/step.ts";
import { isAtLeast } from "../cli/version.ts";

const oldest = "2.20.0";

const fromModules: GoTool = {
  name: "Docker Compose",
  module: "github.com/docker/compose/v2",
  version: "v2.40.3",
  package: "github.com/docker/compose/v2/cmd",
  flags: "-X github.com/docker/compose/v2/internal.Version=v2.40.3",
};

/**
 * Makes sure that `docker compose` (version 2) works. As root on Debian, fetches it; elsewhere a missing one is an
 * error. Returns its version.
 */
export async function ensureCompose(debianRoot: DebianRelease | undefined, say: Say): Promise<string> {
  let version = await composeVersion();
  if (!isAtLeast(version, oldest) && debianRoot) {
    if (debianRoot.version >= 13) await installPackages(["docker-compose"], say);
    else await installPlugin(debianRoot, say);
    version = await composeVersion();
  }
  if (isAtLeast(version, oldest)) return version;
  throw new PlainError(
    version === ""
      ? "Docker is installed, but its Compose plugin is not: `docker compose version` fails."
      : `Docker Compose ${version} is too old: ${oldest} or newer is needed.`,
    process.platform === "darwin"
      ? "Docker Desktop includes it: brew upgrade --cask docker-desktop. Then run the command again."
      : "Install it: sudo apt-get install docker-compose (Debian 13), or docker-compose-plugin from Docker's own package source. Then run the command again.",
  );
}

async function composeVersion(): Promise<string> {
  const { code, stdout } = await attempt("docker", ["compose", "version", "--short"]);
  return code === 0 ? stdout.trim() : "";
}

/** Debian 12 has no Compose 2: Debian 13's program runs there as well; if it cannot be fetched, it is built. */
async function installPlugin(debian: DebianRelease, say: Say): Promise<void> {
  const folder = join(process.env.DOCKER_CONFIG || join(homedir(), ".docker"), "cli-plugins");
  const plugin = join(folder, "docker-compose");
  await mkdir(folder, { recursive: true });
  try {
    const root = await unpackPackage("docker-compose", debian, say);
    await copyFile(join(root, "usr/libexec/docker/cli-plugins/docker-compose"), `${plugin}.new`);
    await rename(`${plugin}.new`, plugin);
  } catch (error) {
    if (!(error instanceof PlainError) || findExecutable("go") === undefined) throw error;
    await buildGoTool(fromModules, plugin, debian, say);
  }
}
