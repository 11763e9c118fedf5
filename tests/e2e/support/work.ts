import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import type { Page } from "playwright-core";
import { kernelIsIdle } from "./browser.ts";

const TABLES = readFileSync(new URL("../../support/database.sql", import.meta.url), "utf8");

/** The notebook that reads a table. */
const NOTEBOOK = {
  cells: [
    {
      cell_type: "code",
      id: "wines",
      execution_count: null,
      metadata: {},
      outputs: [],
      source:
        'import os, pandas as pd; print(list(pd.read_sql("SELECT name FROM wines", os.environ["DATABASE_URL"]).name))',
    },
  ],
  metadata: { kernelspec: { display_name: "Python 3 (ipykernel)", language: "python", name: "python3" } },
  nbformat: 4,
  nbformat_minor: 5,
};

/** Code for sh in Jupyter's container: work of every kind of file, with modes, links, and names that break careless programs. */
const FILES = `set -eu
cd ~/work
cat >wines.ipynb <<'END'
${JSON.stringify(NOTEBOOK)}
END
mkdir -p 'a folder/it'"'"'s $HOME {x}/🧀' empty ~/.ssh
printf 'one\\n' >'a folder/it'"'"'s $HOME {x}/🧀/-n *.txt'
printf 'two\\n' >"a folder/$(printf 'two\\nlines')"
head -c 3000000 /dev/urandom >data.bin
truncate -s 8M sparse.bin
: >nothing
printf 'echo hello\\n' >run.sh
ln run.sh same.sh
ln -s '../nowhere' broken
ln -s data.bin link
printf 'private\\n' >~/.ssh/id_ed25519
chmod 750 run.sh
chmod 600 ~/.ssh/id_ed25519 data.bin
chmod 700 ~/.ssh
touch -d '2001-02-03 04:05:06.789' data.bin
printf 'c.Mine = 1\\n' >~/.jupyter_mine.py`;

/** Code for sh in Jupyter's container: prints every file with its kind, mode, owner, link, time and content. */
const FINGERPRINT = `set -eu
cd
work() { find . \\( -path ./.cache -o -path ./.local -o -path ./.jupyter -o -path ./.ipython -o -path ./work/History \\) -prune -o "$@"; }
work ! -type d -printf '%P %y %m %U:%G %l %T@\\n' | sort
work -type d -printf '%P %y %m %U:%G\\n' | sort
work -type f -exec sha256sum {} + | sort -k 2`;

const CLIENT = "MYSQL_PWD=$(cat /run/secrets/mariadb/current/root-password) exec";
const AS_ROOT = "--protocol=socket --skip-ssl --user=root";

const encoded = (text: string) => `echo ${Buffer.from(text).toString("base64")} | base64 -d`;

/** What {@link Work.everything} found, in lines. */
export interface State {
  files: string[];
  volume: string[];
  tables: string[];
}

/** The work of a site's users: files, tables and volumes that a test makes, backs up, and compares after a restore. */
export class Work {
  private readonly on: (command: string) => Promise<string>;
  private readonly project: string;
  private readonly program: string;
  private readonly volume: string;
  private readonly databases: string[];

  /**
   * @param on runs a command of sh on the machine of the site, and returns its output.
   * @param site `project`: Compose project. `program`: site-apply. `volume`: folder of an app's volume on the machine. `databases`:
   * all of them; the first one is that of the notebooks, which has tables of every kind.
   */
  constructor(
    on: (command: string) => Promise<string>,
    site: { project: string; program: string; volume: string; databases: string[] },
  ) {
    // Machines differ in whether the blanks around an output stay.
    this.on = async (command) => (await on(command)).trim();
    this.project = site.project;
    this.program = site.program;
    this.volume = site.volume;
    this.databases = site.databases;
  }

  async make(): Promise<void> {
    await this.in("jupyter", FILES);
    await this.on(`${encoded(TABLES)} | ${this.exec("mariadb", `${CLIENT} mariadb ${AS_ROOT} notebooks`)}`);
    // A database file of SQLite: with a journal, and not of root.
    const write =
      "mkdir -p sub && echo 1 >state.db && echo 2 >sub/state.db-wal && chown -R 4711:4712 sub && chmod 640 state.db";
    await this.on(`cd '${this.volume}' && ${write}`);
  }

  /** Changes, deletes and adds something. */
  async change(): Promise<void> {
    const files = "cd ~/work && echo 3 >>data.bin && rm nothing && mkdir later && echo 4 >later/4";
    await this.in("jupyter", `set -eu\n${files}`);
    await this.sql("INSERT INTO notebooks.wines (name) VALUES ('Later')");
    await this.on(`echo 5 >'${this.volume}/state.db'`);
  }

  /** Everything that a restore must give back. */
  async everything(): Promise<State> {
    const volume = `cd '${this.volume}' && find . -printf '%P %y %m %U:%G\\n' | sort && find . -type f -exec sha256sum {} + | sort -k 2`;
    const files = await this.in("jupyter", FINGERPRINT);
    const tables = await Promise.all(this.databases.map((database) => this.contentOf(database)));
    return {
      files: files.split("\n"),
      volume: (await this.on(volume)).split("\n"),
      tables: tables.join("\n").split("\n"),
    };
  }

  /** Has the history save the present state, and the backup copy it. */
  async backUp(): Promise<void> {
    await this.on(this.exec("mariadb", "sh /etc/mysql/conf.d/dump.sh now"));
    await this.on(`sh '${this.program}' history && sh '${this.program}' backup`);
  }

  /** The checksum of each table, and the dump, which also has views, triggers, routines and events. */
  private async contentOf(database: string): Promise<string> {
    const tables = `SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = '${database}' AND TABLE_TYPE = 'BASE TABLE' ORDER BY BINARY TABLE_NAME`;
    const names = await this.sql(tables);
    const checked = names.split("\n").map((name) => `\`${database}\`.\`${name.replaceAll("`", "``")}\``);
    const sums = await this.sql(`CHECKSUM TABLE ${checked.join(", ")}`);
    const dump = `mariadb-dump ${AS_ROOT} --skip-dump-date --routines --triggers --events --hex-blob ${database}`;
    return `${sums}\n${await this.on(this.exec("mariadb", `${CLIENT} ${dump}`))}`;
  }

  private async sql(text: string): Promise<string> {
    const client = `${CLIENT} mariadb ${AS_ROOT} --batch --raw --skip-column-names`;
    return this.on(`${encoded(text)} | ${this.exec("mariadb", client)}`);
  }

  private in(service: string, script: string): Promise<string> {
    return this.on(`${encoded(script)} | ${this.exec(service, "exec sh")}`);
  }

  private exec(service: string, command: string): string {
    return `docker exec --interactive ${this.project}-${service}-1 sh -c '${command}'`;
  }
}

/** Asserts that two states of the work are equal. The difference is shown in lines. */
export function assertSame(now: State, before: State): void {
  assert.ok(before.files.some((line) => line.includes("🧀")) && before.tables.some((line) => /TRIGGER/.test(line)));
  assert.deepEqual(now, before);
}

/** The commands in the output of `destroy` that restore everything, as code for sh. */
export function commandsIn(output: string): string {
  const lines = /^If the work is lost, these commands restore everything.*\n((?: {2}(?:pulumi|cat) .*\n)+)/m.exec(
    output,
  )?.[1];
  assert.ok(lines, `no commands in: ${output}`);
  return lines;
}

/** Opens the notebook at Jupyter's address, runs it, and asserts that it shows the rows of its table. */
export async function readTableInNotebook(page: Page): Promise<void> {
  await kernelIsIdle(page);
  await page.getByRole("menuitem", { name: "Run", exact: true }).click();
  await page.getByRole("menuitem", { name: "Run All Cells", exact: true }).click();
  await page.getByText("['Riesling 🍷', \"it's a\\\\b\"]").waitFor();
}
