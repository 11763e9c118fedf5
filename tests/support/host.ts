import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { hostProgram } from "../../files/host/program.ts";
import type { HostLayout } from "../../files/site/hostLayout.ts";
import { changedProgram } from "./changedProgram.ts";
import { run, start } from "./command.ts";
import { unpack } from "./unpack.ts";

/** A folder of this machine in which site-apply is installed, as on a host. */
export interface TestHost {
  /** The folder around everything, accessible to any user. */
  folder: string;
  /** The layout for a site on this host. */
  layout: Partial<HostLayout>;
  /** Runs site-apply with these arguments. */
  apply(words: string | string[], input?: string, env?: NodeJS.ProcessEnv): ReturnType<typeof run>;
  startApply(word: string, input?: string, env?: NodeJS.ProcessEnv): ReturnType<typeof start>;
  /** Changes time limits of site-apply, by their names in its code; in seconds. */
  limit(seconds: Record<string, number>): void;
  /** Writes a release's files without site-apply; compose.yaml is in the root. */
  layOut(release: string): void;
  /** The paths of everything below the root, except the script and its log. */
  entries(): string[];
  /** The content of a file below the root. */
  read(path: string): string;
  log(): string;
  remove(): void;
}

/** What the last host compiled, so that the next one need not. A program with other limits does not use it. */
let compiledProgram: Buffer | undefined;

export function testHost(): TestHost {
  // A comma separates the fields of `docker run --mount`.
  const folder = mkdtempSync(join(tmpdir(), "jupyter-up,host-"));
  chmodSync(folder, 0o755);
  const root = `${folder}/site`;
  const script = `${root}/bin/site-apply`;
  mkdirSync(dirname(script), { recursive: true });
  const compiled = `${script}.compiled`;
  writeFileSync(script, hostProgram());
  chmodSync(script, 0o755);
  if (compiledProgram) writeFileSync(compiled, compiledProgram);

  return {
    folder,
    // As on any machine, only root can give files to their images' users.
    layout: {
      root,
      data: `${folder}/data`,
      notebooks: `${folder}/notebooks`,
      ...(process.getuid?.() === 0 ? {} : { uid: process.getuid?.() ?? 0 }),
    },
    apply: (words, input = "", env = {}) => run(script, [words].flat(), { input, env }),
    startApply: (word, input = "", env = {}) => start(script, [word], { input, env }),
    limit(seconds) {
      let text = readFileSync(script, "utf8");
      for (const [name, limit] of Object.entries(seconds)) {
        const constant = name.toUpperCase();
        const line = new RegExp(`^${constant} = \\d+$`, "m");
        let found = false;
        text = changedProgram(text, (source) => {
          found ||= line.test(source);
          return source.replace(line, `${constant} = ${limit}`);
        });
        if (!found) throw new Error(`site-apply has no limit ${name}`);
      }
      writeFileSync(script, text);
    },
    layOut(release) {
      for (const [path, { content }] of Object.entries(unpack(release).files)) {
        const file = path === "compose.yaml" ? `${root}/${path}` : `${root}/files/${path}`;
        mkdirSync(dirname(file), { recursive: true });
        writeFileSync(file, content);
      }
    },
    entries: () =>
      readdirSync(root, { recursive: true, encoding: "utf8" })
        .filter((path) => !/^(bin|site-apply\.log)($|\/)/.test(path))
        .sort(),
    read: (path) => readFileSync(`${root}/${path}`, "utf8"),
    log: () => readFileSync(`${root}/site-apply.log`, "utf8"),
    remove() {
      if (existsSync(compiled)) compiledProgram = readFileSync(compiled);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
