import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { stackFolder } from "../../components/names.ts";
import { quoted } from "../../files/release/shellWords.ts";
import { ROOT } from "../../settings/target/folders.ts";
import { projectFolder, stateFolder } from "../cli/folders.ts";
import { interrupted } from "../cli/interruption.ts";
import { PlainError } from "../cli/plainError.ts";

/** The command line that runs the program of a site, on the machine of the site. */
export interface SiteProgram {
  /** Its shell command line with these arguments. */
  line(words: string[]): string;
}

const rootOf = (stack: string) => join(stateFolder, stackFolder(stack), "site");

/** Whether a stack has its program on this machine. */
export const isInstalled = (stack: string): boolean => existsSync(join(rootOf(stack), "bin/site-apply"));

/**
 * The program of a stack's site.
 * @param ssh the stack's output `ssh`: the command that opens a shell on the machine; undefined for this machine.
 */
export function siteProgram(stack: string, ssh: string | undefined): SiteProgram {
  const commandOf = (root: string, words: string[]) => ["sh", `${root}/bin/site-apply`, ...words].map(quoted).join(" ");
  if (ssh === undefined) return { line: (words) => commandOf(rootOf(stack), words) };
  // The user of target gcp is not root, and the one of target ssh need not be.
  const asRoot = '$([ "$(id -u)" = 0 ] || echo sudo -n)';
  return { line: (words) => `${ssh} ${quoted(`${asRoot} ${commandOf(ROOT, words)}`)}` };
}

/**
 * Runs the program with its output on this terminal; returns its exit code. It finishes its work after Ctrl-C.
 * @param env variables for the command line: that of target gcp asks Pulumi for the key of the machine.
 */
export async function runSiteProgram(program: SiteProgram, words: string[], env: NodeJS.ProcessEnv): Promise<number> {
  interrupted.throwIfAborted();
  const child = spawn("sh", ["-c", program.line(words)], {
    cwd: projectFolder,
    env: { ...process.env, ...env },
    stdio: ["ignore", "inherit", "inherit"],
    detached: true,
  });
  return new Promise<number>((resolve, reject) => {
    child.on("error", () => reject(new PlainError("sh could not be started.")));
    child.on("close", (code) => resolve(code ?? 1));
  });
}
