import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { installPackages } from "../../offline/setup/debian.ts";
import { debianRelease } from "../../offline/setup/environment.ts";
import { attempt, run } from "../cli/command.ts";
import { cacheFolder } from "../cli/folders.ts";

/** The tools that check the host's program, which is Python: ruff and mypy. */
const packages = ["ruff==0.17.6", "mypy==2.4.1"];

/** Path of a Python with the modules `ruff` and `mypy`: a virtual environment, created once. */
export async function ensurePythonTools(): Promise<string> {
  const parent = join(cacheFolder, "python-tools");
  const folder = join(parent, packages.join("-").replaceAll("==", "-"));
  const python = join(folder, "bin", "python3");
  if (existsSync(folder)) return python;
  // Debian's Python needs it to create virtual environments.
  const { code } = await attempt("python3", ["-c", "import ensurepip, venv"]);
  if (code !== 0 && process.getuid?.() === 0 && debianRelease()) await installPackages(["python3-venv"], () => {});
  await mkdir(parent, { recursive: true });
  const temporary = await mkdtemp(join(parent, ".new-"));
  try {
    const about = `Installing ${packages.join(" and ")}`;
    await run(about, "python3", ["-m", "venv", temporary]);
    await run(about, join(temporary, "bin", "python3"), ["-m", "pip", "install", "--quiet", ...packages]);
    await rename(temporary, folder);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
  return python;
}
