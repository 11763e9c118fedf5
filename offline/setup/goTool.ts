import { cp, mkdir, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { attempt, findExecutable, run } from "../../scripts/cli/command.ts";
import { cacheFolder } from "../../scripts/cli/folders.ts";
import { PlainError } from "../../scripts/cli/plainError.ts";
import type { Say } from "../../scripts/cli/step.ts";
import { isAtLeast } from "../../scripts/cli/version.ts";
import { installPackages } from "./debian.ts";
import type { DebianRelease } from "./environment.ts";

/** A program that is built from its Go modules. */
export interface GoTool {
  /** Its name for the user. */
  name: string;
  module: string;
  /** The module's version, such as "v3.259.0". */
  version: string;
  /** The import path of the program's main package. */
  package: string;
  /** Flags for the linker, besides those that make the program small. */
  flags?: string;
  /**
   * More files of the module, and replacements of its files, by path: for parts that nobody here uses and that take minutes to fetch
   * and build.
   */
  rewritten?: Record<string, string>;
  /** Replacements of texts in files of the module, by path. */
  changed?: Record<string, [from: string, to: string][]>;
}

// Since 1.21, Go downloads the newer Go that a module asks for.
const oldestGo = "1.21";

/**
 * Builds a program in a new module (`go install` refuses modules with replacements) and moves the finished file to
 * `path`.
 */
export async function buildGoTool(
  tool: GoTool,
  path: string,
  debianRoot: DebianRelease | undefined,
  say: Say,
): Promise<void> {
  await ensureGo(tool.name, debianRoot, say);
  await mkdir(dirname(path), { recursive: true });
  await mkdir(join(cacheFolder, "build"), { recursive: true });
  const folder = await mkdtemp(join(cacheFolder, "build", "go-"));
  try {
    say(`${tool.name} ${tool.version}: fetching its Go modules`);
    const source = await (tool.rewritten || tool.changed ? changedModule(tool, folder) : moduleAround(tool, folder));
    say(`${tool.name} ${tool.version}: building it from its Go modules`);
    const linker = `-s -w ${tool.flags ?? ""}`.trim();
    const program = join(folder, "program");
    await go(tool, source, "build", "-trimpath", "-ldflags", linker, "-o", program, tool.package);
    await rename(program, path);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Makes sure that there is a Go that can build the program of this name. */
export async function ensureGo(name: string, debianRoot: DebianRelease | undefined, say: Say): Promise<void> {
  // Debian 12's Go is too old.
  if (debianRoot && debianRoot.version >= 13 && findExecutable("go") === undefined) {
    await installPackages(["golang-go"], say);
  }
  await requireGo(name);
}

function go({ name }: GoTool, folder: string, ...args: string[]): Promise<string> {
  return runGo(name, folder, args);
}

/** Runs Go for a program that is built from modules: statically linked, with what the module itself says about its modules. */
export function runGo(name: string, folder: string, args: string[], env: Record<string, string> = {}): Promise<string> {
  const usual = { CGO_ENABLED: "0", GOFLAGS: "-mod=mod -buildvcs=false" };
  return run(`Building ${name}`, "go", args, { cwd: folder, env: { ...usual, ...env } });
}

/** A new module that requires the tool's module. */
async function moduleAround(tool: GoTool, folder: string): Promise<string> {
  await go(tool, folder, "mod", "init", "jupyter-up/build");
  await go(tool, folder, "get", `${tool.package}@${tool.version}`);
  return folder;
}

/** A copy of the tool's own module, because Go's module cache is read-only. */
async function changedModule(tool: GoTool, folder: string): Promise<string> {
  const fetched = await go(tool, folder, "mod", "download", "-json", `${tool.module}@${tool.version}`);
  const source = join(folder, "source");
  await cp((JSON.parse(fetched) as { Dir: string }).Dir, source, { recursive: true });
  await run("Making the copy of a Go module writable", "chmod", ["-R", "u+w", source]);
  for (const [path, content] of Object.entries(tool.rewritten ?? {})) await writeFile(join(source, path), content);
  for (const [path, changes] of Object.entries(tool.changed ?? {})) {
    let text = await readFile(join(source, path), "utf8");
    for (const [from, to] of changes) {
      if (!text.includes(from)) throw new Error(`${path} of ${tool.module} ${tool.version} does not contain: ${from}`);
      text = text.replace(from, to);
    }
    await writeFile(join(source, path), text);
  }
  return source;
}

async function requireGo(name: string): Promise<void> {
  const { code, stdout } = await attempt("go", ["version"]);
  if (code === 0 && isAtLeast(stdout, oldestGo)) return;
  throw new PlainError(
    `${name} can neither be downloaded here (its site does not answer) nor built: ${
      code === 0 ? `${stdout.trim()} is too old` : "Go is not installed"
    }, and building takes Go ${oldestGo} or newer.`,
    "Give this machine access to get.pulumi.com, or install Go (sudo apt-get install golang-go on Debian 13, brew install go on macOS), and run the command again.",
  );
}
