import { mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "../../scripts/cli/command.ts";
import { projectFolder } from "../../scripts/cli/folders.ts";
import { localStackEnvironment } from "../../scripts/pulumi/localStack.ts";
import type { PulumiCli } from "../../scripts/pulumi/pulumiCli.ts";
import { byTurns } from "./figures.ts";
import type { Result } from "./result.ts";

const ROUNDS = 7;

/** `pulumi preview` without changes, compared with that of an empty program with the same packages. */
export async function previewCosts(cli: PulumiCli, env: Record<string, string>): Promise<Result[]> {
  const empty = await emptyProgram(cli, env);
  try {
    const { value, beside, ratio } = await byTurns(
      ROUNDS,
      () => previewTime(cli, projectFolder, { ...env, ...localStackEnvironment() }),
      () => previewTime(cli, empty.folder, { ...env, ...empty.env }),
    );
    return [
      {
        what: "pulumi preview without changes",
        value,
        unit: "s",
        beside: { what: "an empty program", value: beside },
        ratio,
        aim: "× 1.3 or less",
      },
    ];
  } finally {
    await rm(empty.folder, { recursive: true, force: true });
  }
}

async function previewTime(cli: PulumiCli, cwd: string, env: NodeJS.ProcessEnv): Promise<number> {
  const began = performance.now();
  await run("pulumi preview", cli.command, ["preview", "--non-interactive", "--expect-no-changes"], { cwd, env });
  return (performance.now() - began) / 1000;
}

async function emptyProgram(cli: PulumiCli, env: Record<string, string>) {
  const folder = await mkdtemp(join(tmpdir(), "jupyter-up-empty-"));
  const own = {
    PULUMI_BACKEND_URL: `file://${folder}`,
    PULUMI_CONFIG_PASSPHRASE: "empty",
    PULUMI_STACK: "empty",
  };
  const options = { typescript: false };
  await writeFile(
    join(folder, "Pulumi.yaml"),
    JSON.stringify({ name: "empty", main: "index.ts", runtime: { name: "nodejs", options } }),
  );
  await writeFile(join(folder, "package.json"), JSON.stringify({ type: "module", main: "index.ts" }));
  await writeFile(join(folder, "index.ts"), 'import "@pulumi/pulumi";\n');
  await symlink(join(projectFolder, "node_modules"), join(folder, "node_modules"));
  const options2 = { cwd: folder, env: { ...env, ...own } };
  await run("pulumi stack init", cli.command, ["stack", "init", "empty"], options2);
  await run("pulumi up", cli.command, ["up", "--yes", "--skip-preview", "--non-interactive"], options2);
  return { folder, env: own };
}
