import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { it } from "@jest/globals";
import type { BackupServer } from "./backupServers.ts";
import { run } from "./command.ts";
import { makeFirstBackup } from "./firstBackup.ts";
import { type RunningSite, runningSite } from "./runningSite.ts";
import { type Changes, secrets } from "./site.ts";
import { until } from "./until.ts";

const isRoot = process.getuid?.() === 0;
/** Bytes of a notebook that takes many of restic's packs, of 16 MiB each. */
const LARGE = 200 * 2 ** 20;
const RESTIC = "/usr/local/lib/jupyter-up/restic.sh";
/** A restore, for an error with which a backup tries for a minute. */
export const RESTORE = [["restore", "--path", "notebooks"]];
/** The services of the site. */
export const SERVICES = ["jupyter", "site-history", "site-backup"];

/** A running site whose backup is on a server. */
export class Backed<Server extends BackupServer> {
  readonly site: RunningSite = runningSite(SERVICES);
  readonly server: Server;

  constructor(server: Server) {
    this.server = server;
  }

  async start() {
    await this.server.start();
    mkdirSync(this.file(""));
    writeFileSync(this.file("a.ipynb"), "first");
    if (isRoot) await run("chown", ["-R", "1000:100", this.file("")]);
    await this.release();
    await makeFirstBackup(this.site);
  }

  async remove() {
    await this.site.remove();
    await this.server.remove();
  }

  file(name: string): string {
    return `${this.site.host.folder}/notebooks/${name}`;
  }

  /** The settings of the site with other parts of the setting `backup`, and the secret of the server. */
  changes(backup: Record<string, unknown> = {}, backupCredential = this.server.credential): Changes {
    const { settings: place, others } = this.server;
    const settings = { ...others, history: { every: 15 }, backup: { ...place, ...backup } };
    return { settings, secrets: { backupCredential } };
  }

  async release(changes = this.changes()) {
    const { code, output } = await this.site.release(changes);
    assert.equal(code, 0, output);
  }

  async apply(...words: string[]) {
    const { code, output } = await this.site.host.apply(words);
    assert.equal(code, 0, output);
    return output;
  }

  async write(name: string, content: string | Buffer) {
    writeFileSync(this.file(name), content);
    if (isRoot) await run("chown", ["1000:100", this.file(name)]);
    await this.apply("history");
  }

  /**
   * Checks that commands fail after a release with other settings, and say why; and that the next backup is whole after a release
   * with the right ones.
   */
  async refuses(changes: Changes, why: RegExp, commands = [["backup"], ...RESTORE]) {
    await this.release(changes);
    this.site.host.limit({ backup_listed_within: 10 });
    for (const words of commands) {
      const { code, output } = await this.site.host.apply(words);
      assert.equal(code, 1, output);
      assert.match(output, why);
    }
    await this.release();
    await this.apply("backup");
  }

  /** Starts a backup of a large notebook, and ends the server when it has a part of it. */
  async cut() {
    await this.write("large.bin", randomBytes(LARGE));
    const before = this.server.packs();
    await this.server.slow();
    const backup = this.site.host.startApply("backup");
    await until("a part of the notebook is on the server", () => this.server.packs() > before);
    await this.server.stop();
    assert.equal(backup.child.exitCode, null);
    return { ended: backup.ended };
  }

  /** Checks that everything in the backup can be read, and that it has the large notebook. */
  async isWhole() {
    const { code, output } = await this.site.exec("site-backup", ["sh", RESTIC, "check", "--read-data"]);
    assert.equal(code, 0, output);
    const before = readFileSync(this.file("large.bin"));
    rmSync(this.file("large.bin"));
    await this.apply("restore", "--path", "notebooks/large.bin");
    assert.ok(before.equals(readFileSync(this.file("large.bin"))));
  }
}

/** Tests of what every server can do. */
export function backsUpAndRestores(backed: () => Backed<BackupServer>): void {
  it("is made, checked and tried, and gives files back", async () => {
    await backed().write("a.ipynb", "second");
    assert.match(await backed().apply("backup"), /^Backup: notebooks of .* is in the backup\.$/m);
    for (const each of ["checked", "restored", "forgotten"])
      assert.ok(existsSync(`${backed().site.host.folder}/data/backup/${each}`), each);
    rmSync(backed().file("a.ipynb"));
    await backed().apply("restore", "--path", "notebooks/a.ipynb");
    assert.equal(readFileSync(backed().file("a.ipynb"), "utf8"), "second");
  });

  it("is restored into a new site before it opens", async () => {
    const other = runningSite(SERVICES);
    const notebooks = `${other.host.folder}/notebooks`;
    try {
      mkdirSync(notebooks);
      if (isRoot) await run("chown", ["1000:100", notebooks]);
      const restore = { from: backed().site.project };
      const { code, output } = await other.release(backed().changes({ key: secrets.backupKey, restore }));
      assert.equal(code, 0, output);
      assert.equal(readFileSync(`${notebooks}/a.ipynb`, "utf8"), "second");
    } finally {
      await other.remove();
    }
  });
}
