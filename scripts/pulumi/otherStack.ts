import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { stateFolder } from "../cli/folders.ts";
import {
  ensureStateFolder,
  localStack,
  mirrorSetting,
  readIfThere,
  readTracked,
  stateEnvironment,
  trackedConfigOf,
} from "./localStack.ts";
import { inQuotes, type MachineConfig, withMachine, writeAllBack } from "./stackConfig.ts";

/**
 * Runs a CLI command on a stack other than `local`, in the environment with its state: the user's own backend and
 * passphrase take precedence.
 *
 * @param imageMirror the registry that images must be pulled through here; it is not written to the stack's own file
 */
export async function withOtherStack<Result>(
  stack: string,
  imageMirror: string | undefined,
  command: (env: Record<string, string>) => Promise<Result>,
): Promise<Result> {
  await ensureStateFolder();
  const elsewhere = process.env.PULUMI_BACKEND_URL ?? process.env.PULUMI_ACCESS_TOKEN;
  const env = elsewhere ? {} : stateEnvironment();
  if (!imageMirror) return command(env);

  const machine: MachineConfig = { [mirrorSetting]: imageMirror };
  const own = trackedConfigOf(stack);
  const live = join(stateFolder, `Pulumi.${stack}.yaml`);
  const tracked = await readTracked(stack);
  await writeFile(live, withMachine(tracked, machine), { mode: 0o600 });
  try {
    return await command({ ...env, PULUMI_OPTION_CONFIG_FILE: live });
  } finally {
    const text = writeAllBack(tracked, await readIfThere(live), machine);
    if (text !== tracked) await writeFile(own, text);
    await rm(live, { force: true });
  }
}

/**
 * Quotes values in a stack's own file that the CLI would change: `stack init` and `config` write the file as they read
 * it, 493 for `0755`. They never see the tracked file of the stack `local`.
 */
export async function keepTexts(stack: string): Promise<void> {
  if (stack === localStack) return;
  const tracked = await readTracked(stack);
  const quoted = inQuotes(tracked);
  if (quoted !== tracked) await writeFile(trackedConfigOf(stack), quoted);
}
