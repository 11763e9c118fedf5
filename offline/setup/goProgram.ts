import { createHash } from "node:crypto";
import { copyFile, mkdir, mkdtemp, readdir, readFile, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { cacheFolder, projectFolder } from "../../scripts/cli/folders.ts";
import type { Say } from "../../scripts/cli/step.ts";
import type { DebianRelease } from "./environment.ts";
import { ensureGo, runGo } from "./goTool.ts";

/** A program whose main package is in this project, around packages of Go modules. */
export interface GoProgram {
  /** Its name for the user. */
  name: string;
  version: string;
  /** The folder with its main package, relative to the project's. */
  folder: string;
  /** Modules, with their versions. */
  modules: Record<string, string>;
  /** Modules that stand for themselves in another version than the others ask for. */
  replaced?: Record<string, string>;
  /** Files of the modules that the main package embeds: the module and the path in it. */
  embedded?: [module: string, path: string][];
  /** Flags for the linker, besides those that make the program small. */
  flags?: string;
}

/** Changes when the program is built from something else. */
export async function identityOf(program: GoProgram): Promise<string> {
  const sources = await Promise.all((await sourcesOf(program)).map((path) => readFile(path, "utf8")));
  return createHash("sha256")
    .update(JSON.stringify([program, sources]))
    .digest("hex")
    .slice(0, 16);
}

/** Builds a program and moves the finished file to `path`. */
export async function buildGoProgram(
  program: GoProgram,
  path: string,
  debianRoot: DebianRelease | undefined,
  say: Say,
): Promise<void> {
  await ensureGo(program.name, debianRoot, say);
  const builds = join(cacheFolder, "build");
  await mkdir(builds, { recursive: true });
  const source = await mkdtemp(join(builds, "go-"));
  // Large programs fill Go's own cache with gigabytes that nothing else uses. An interrupted build continues with it.
  const compiled = join(builds, `compiled-${await identityOf(program)}`);
  const go = (...args: string[]) => runGo(program.name, source, args, { GOCACHE: compiled });
  try {
    say(`${program.name} ${program.version}: fetching its Go modules`);
    for (const file of await sourcesOf(program)) await copyFile(file, join(source, basename(file)));
    await go("mod", "init", "jupyter-up/build");
    const required = Object.entries(program.modules).map(([module, version]) => `-require=${module}@${version}`);
    const replaced = Object.entries(program.replaced ?? {}).map(
      ([module, version]) => `-replace=${module}=${module}@${version}`,
    );
    // Go refuses a change of nothing.
    if (required.length > 0) await go("mod", "edit", ...required, ...replaced);
    for (const [module, file] of program.embedded ?? []) {
      const fetched = await go("mod", "download", "-json", `${module}@${program.modules[module]}`);
      await copyFile(join((JSON.parse(fetched) as { Dir: string }).Dir, file), join(source, basename(file)));
    }
    say(`${program.name} ${program.version}: building it from its Go modules (many minutes, once)`);
    const linker = `-s -w ${program.flags ?? ""}`.trim();
    const built = join(source, "program");
    await go("build", "-trimpath", "-ldflags", linker, "-o", built, ".");
    // Not before: for the engine, the folder of a plugin is the plugin.
    await mkdir(dirname(path), { recursive: true });
    await rename(built, path);
    await rm(compiled, { recursive: true, force: true });
  } finally {
    await rm(source, { recursive: true, force: true });
  }
}

async function sourcesOf({ folder }: GoProgram): Promise<string[]> {
  const path = join(projectFolder, folder);
  return (await readdir(path)).sort().map((name) => join(path, name));
}
