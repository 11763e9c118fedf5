import assert from "node:assert/strict";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { run } from "../support/command.ts";
import { makeFirstBackup } from "../support/firstBackup.ts";
import { rootSql } from "../support/rootSql.ts";
import { type RunningSite, runningSite } from "../support/runningSite.ts";
import { type Changes, secrets } from "../support/site.ts";

const isRoot = process.getuid?.() === 0;
const marked = "a sentence that nobody else may read";

/** Real restic, and Docker as on any machine. */
describe("The backup of a running site", () => {
  let site: RunningSite;
  let changes: Changes;
  let notebooks: string;
  let repository: string;
  // The app itself needs nginx. Its volume is there without it.
  const names = ["jupyter", "mariadb", "site-history", "site-backup"];

  const apply = async (...words: string[]) => {
    const { code, output } = await site.host.apply(words);
    assert.equal(code, 0, output);
    return output;
  };
  /** Has the history keep the present state, and the backup copy it. */
  async function backUp(): Promise<string> {
    const { code, output } = await site.exec("mariadb", ["sh", "/etc/mysql/conf.d/dump.sh", "now"]);
    assert.equal(code, 0, output);
    return `${await apply("history")}${await apply("backup")}`;
  }
  const restic = async (...words: string[]) => {
    const { code, output } = await site.exec("site-backup", ["restic", ...words]);
    assert.equal(code, 0, output);
    return output;
  };
  const tagsOf = async () =>
    (JSON.parse(await restic("snapshots", "--json")) as { tags: string[] }[]).map(({ tags }) => tags[0]).sort();
  const sql = (text: string, database?: string) => rootSql(site, text, database);
  const write = async (path: string, text: string) => {
    const file = `${notebooks}/${path}`;
    mkdirSync(file.replace(/\/[^/]*$/, ""), { recursive: true });
    writeFileSync(file, text);
    // A new owner is a change for the history, so the other files keep theirs.
    if (isRoot) await run("find", [notebooks, "-user", "root", "-exec", "chown", "1000:100", "{}", "+"]);
  };
  const read = (path: string) => readFileSync(`${notebooks}/${path}`, "utf8");
  /** Every content of a file in the history of notebooks. */
  const inHistory = (path: string) => {
    const series = `${site.host.folder}/data/history/jupyter/notebooks`;
    return readdirSync(series).flatMap((tree) =>
      existsSync(`${series}/${tree}/${path}`) ? [readFileSync(`${series}/${tree}/${path}`, "utf8")] : [],
    );
  };

  beforeAll(async () => {
    site = runningSite(names);
    notebooks = `${site.host.folder}/notebooks`;
    // Odd characters reach Docker, restic and the shell.
    repository = `${site.host.folder}/it's a $backup, {x}`;
    changes = {
      settings: {
        database: "true",
        history: { every: 15 },
        backup: { to: repository },
        apps: [{ name: "notes", image: "docker.io/traefik/whoami:v1.11.0", port: 80, volumes: ["/data"] }],
      },
    };
    mkdirSync(notebooks);
    mkdirSync(`${site.host.folder}/data/apps/notes/data`, { recursive: true });
    await write("a.ipynb", marked);
    await write("reports/b [1]*.ipynb", "b");
    const { code, output } = await site.release(changes);
    assert.equal(code, 0, output);
    await makeFirstBackup(site);
    assert.equal((await site.exec("jupyter", ["touch", "/home/jovyan/.mine"])).code, 0);
    await sql("CREATE TABLE wines (name VARCHAR(20)); INSERT INTO wines VALUES ('Riesling')");
    writeFileSync(`${site.host.folder}/data/apps/notes/data/state`, "1");
  });
  afterAll(() => site.remove());

  it("has a snapshot of each source that has something in it", async () => {
    await write("new.ipynb", "new");
    const output = await backUp();
    assert.match(output, /^Backup: notebooks of \d{4}-\d\d-\d\d \d\d\.\d\d.* is in the backup\.$/m);
    // The first backup may have had some of them already.
    assert.deepEqual([...new Set(await tagsOf())], ["apps/notes/data", "database", "home", "notebooks"]);
  });

  it("adds nothing while nothing has changed", async () => {
    const before = await tagsOf();
    await apply("backup");
    assert.deepEqual(await tagsOf(), before);
  });

  it("reads only what has changed since the snapshot before", async () => {
    await write("c.ipynb", "c");
    await backUp();
    const newest = JSON.parse(await restic("snapshots", "--json", "--tag", "notebooks")).at(-1);
    assert.deepEqual([newest.summary.files_new, newest.summary.files_changed], [1, 0]);
  });

  it("is encrypted, and its key is in no argument and no variable", async () => {
    assert.equal((await run("grep", ["-rqF", marked, repository])).code, 1);
    const { output } = await run("docker", ["inspect", await site.container("site-backup")]);
    assert.equal(output.includes(secrets.backupKey), false);
    const { output: shown } = await site.exec("site-backup", ["sh", "-c", "env; cat /proc/*/cmdline"]);
    assert.equal(shown.includes(secrets.backupKey), false);
  });

  it("belongs to whoever owns the folder", () => {
    const owner = statSync(repository).uid;
    const files = readdirSync(repository, { recursive: true, encoding: "utf8" });
    assert.ok(files.length > 10);
    for (const file of files) assert.equal(statSync(`${repository}/${file}`).uid, owner, file);
  });

  it("lists what a restore would change, and changes nothing", async () => {
    rmSync(`${notebooks}/reports`, { recursive: true });
    await write("a.ipynb", "overwritten");
    const output = await apply("restore", "--path", "notebooks", "--dry-run");
    assert.match(output, /^ {2}is overwritten: notebooks\/a\.ipynb$/m);
    assert.match(output, /^ {2}comes back: notebooks\/reports\/b \[1\]\*\.ipynb$/m);
    assert.equal(read("a.ipynb"), "overwritten");
    assert.equal(existsSync(`${notebooks}/reports`), false);
  });

  it("gives a deleted file back with its folder, owner and mode", async () => {
    await apply("restore", "--path", "notebooks/reports/b [1]*.ipynb");
    assert.equal(read("reports/b [1]*.ipynb"), "b");
    const owner = statSync(notebooks).uid;
    for (const path of ["reports", "reports/b [1]*.ipynb"]) assert.equal(statSync(`${notebooks}/${path}`).uid, owner);
    assert.equal(read("a.ipynb"), "overwritten");
  });

  it("gives an overwritten file back, and what it was before is in the history", async () => {
    await apply("restore", "--path", "notebooks/a.ipynb");
    assert.equal(read("a.ipynb"), marked);
    assert.ok(inHistory("a.ipynb").includes("overwritten"));
  });

  it("gives a folder back into a new folder that Jupyter's user can use", async () => {
    await apply("restore", "--path", "notebooks/reports", "--into", "before");
    assert.equal(read("before/b [1]*.ipynb"), "b");
    const { code, output } = await site.exec("jupyter", ["touch", "/home/jovyan/work/before/mine"]);
    assert.equal(code, 0, output);
    const again = await site.host.apply(["restore", "--path", "notebooks/reports", "--into", "before"]);
    assert.equal(again.code, 1);
    assert.match(again.output, /before is there already/);
  });

  it("makes a database what it was", async () => {
    await backUp();
    await sql("DROP TABLE wines; CREATE TABLE cheeses (name VARCHAR(20))");
    const output = await apply("restore", "--path", "databases/notebooks");
    assert.match(output, /^The database notebooks is restored\.$/m);
    assert.equal(await sql("SHOW TABLES; SELECT * FROM wines"), "wines\nRiesling");
  });

  it("makes the volume of an app exactly what it was", async () => {
    const volume = `${site.host.folder}/data/apps/notes/data`;
    writeFileSync(`${volume}/state`, "2");
    writeFileSync(`${volume}/state-wal`, "2");
    await apply("restore", "--path", "apps/notes");
    assert.deepEqual(readdirSync(volume), ["state"]);
    assert.equal(readFileSync(`${volume}/state`, "utf8"), "1");
  });

  it("restores everything, even if a backup ran after everything was deleted", async () => {
    await backUp();
    for (const path of readdirSync(notebooks).filter((path) => path !== "History"))
      rmSync(`${notebooks}/${path}`, { recursive: true });
    await backUp();
    await sql("DROP TABLE wines");
    await apply("restore");
    assert.equal(read("a.ipynb"), marked);
    assert.equal(read("reports/b [1]*.ipynb"), "b");
    assert.equal(await sql("SELECT * FROM wines"), "Riesling");
  });

  it("refuses a time before the first backup, and a path that it does not have", async () => {
    for (const [words, why] of [
      [["--at", "2020-01-01T00:00:00"], /The backup has no states of 2020-01-01.*It has states from \d{4}/],
      [["--path", "notebooks/nothing"], /The backup has no notebooks\/nothing\. Nothing was changed\./],
      [["--path", "nothing"], /There are: apps\/notes\/data, databases, home, notebooks\./],
    ] as const) {
      const { code, output } = await site.host.apply(["restore", ...words]);
      assert.equal(code, 1);
      assert.match(output, why);
    }
  });

  it("says at a backup, a restore and a release that another key opens it", async () => {
    const { code, output } = await site.release({
      ...changes,
      secrets: { backupKey: "another-key-of-32-characters----" },
    });
    assert.equal(code, 0, output);
    const why = /pulumi config set --secret --path backup\.key/;
    for (const words of [["backup"], ["restore", "--path", "notebooks"]]) {
      const { code, output } = await site.host.apply(words);
      assert.equal(code, 1);
      assert.match(output, why);
    }
    const again = await site.release({ ...changes, secrets: { backupKey: "another-key-of-32-characters----" } });
    assert.match(again.output, /The last backup was not whole: another key opens the backup at .*pulumi config set/);
    assert.equal((await site.release(changes)).code, 0);
    await apply("backup");
    const { output: good } = await site.release(changes);
    assert.doesNotMatch(good, /last backup/);
  });

  it("is restored for a trial every week, and every file is compared", async () => {
    const state = `${site.host.folder}/data/backup`;
    utimesSync(`${state}/restored`, 0, 0);
    // If the service makes a backup at this moment, this command waits for it, and only the service says so.
    await apply("backup");
    assert.ok(Date.now() - statSync(`${state}/restored`).mtimeMs < 60_000);
    assert.equal(existsSync(`${state}/drill`), false);
  });

  it("says which file a trial of a restore did not give back as it was", async () => {
    const series = `${site.host.folder}/data/history/jupyter/notebooks`;
    const tree = readdirSync(series).sort().at(-1);
    const file = `${series}/${tree}/a.ipynb`;
    const before = readFileSync(file);
    writeFileSync(file, "changed after the backup");
    utimesSync(`${site.host.folder}/data/backup/restored`, 0, 0);
    const { code, output } = await site.host.apply("backup");
    assert.equal(code, 1);
    assert.match(output, /a restore of notebooks did not give every file back .*\.\/a\.ipynb/);
    writeFileSync(file, before);
    const again = await site.host.apply("backup");
    assert.match(again.output, /did not give every file back/);
    utimesSync(`${site.host.folder}/data/backup/drill.failed`, 0, 0);
    await apply("backup");
  });

  it("is checked every day, and damage is an issue with what to do", async () => {
    const packs = readdirSync(`${repository}/data`, { recursive: true, encoding: "utf8" })
      .map((path) => `${repository}/data/${path}`)
      .filter((path) => statSync(path).isFile());
    const before = packs.map((path) => readFileSync(path));
    for (const path of packs) {
      chmodSync(path, 0o600);
      const bytes = readFileSync(path);
      bytes[30] = (bytes[30] ?? 0) ^ 1;
      writeFileSync(path, bytes);
    }
    utimesSync(`${site.host.folder}/data/backup/checked`, 0, 0);
    const { code, output } = await site.host.apply("backup");
    assert.equal(code, 1);
    assert.match(output, /the backup at .* is damaged\. Keep it, and name another place.*pulumi config set/);
    for (const [index, path] of packs.entries()) writeFileSync(path, before[index] ?? "");
    await apply("backup");
  });

  it("makes no second repository where the disk with the first one is not mounted", async () => {
    renameSync(repository, `${repository}.away`);
    try {
      mkdirSync(repository);
      const { code, output } = await site.host.apply("backup");
      assert.equal(code, 1);
      assert.match(output, /the backup that was at .* is not there any more\. Mount its disk\./);
      assert.deepEqual(readdirSync(repository), []);
      rmSync(repository, { recursive: true });
    } finally {
      renameSync(`${repository}.away`, repository);
    }
    await apply("backup");
  });

  it("is restored into a new site before it opens, also after an interruption", async () => {
    await backUp();
    const other = runningSite(["jupyter", "mariadb", "site-backup"]);
    const restore = { from: site.project };
    const { apps, ...settings } = changes.settings ?? {};
    const settingsThere = { ...settings, apps, backup: { to: repository, key: secrets.backupKey, restore } };
    const start = ["mariadb", "--protocol=socket", "--skip-ssl", "-uroot", "-N", "-B", "notebooks"];
    const password = ["env", `MYSQL_PWD=${secrets.databaseRootPassword}`];
    try {
      mkdirSync(`${other.host.folder}/notebooks`);
      // The records of an interrupted restore, and what it left.
      for (const folder of ["backup", "apps/notes/data"])
        mkdirSync(`${other.host.folder}/data/${folder}`, { recursive: true });
      writeFileSync(`${other.host.folder}/data/backup/restored-from`, `begun ${site.project}\n`);
      writeFileSync(`${other.host.folder}/notebooks/a.ipynb`, "half");
      if (isRoot) await run("chown", ["-R", "1000:100", `${other.host.folder}/notebooks`]);
      const { code, output } = await other.release({ settings: settingsThere });
      assert.equal(code, 0, output);
      assert.match(output, /^The work of \S+ is restored from the backup before this site opens\.$/m);
      assert.equal(readFileSync(`${other.host.folder}/notebooks/a.ipynb`, "utf8"), marked);
      assert.equal(readFileSync(`${other.host.folder}/data/apps/notes/data/state`, "utf8"), "1");
      const { output: wines } = await other.exec("mariadb", [...password, ...start], "SELECT * FROM wines");
      assert.equal(wines.trim(), "Riesling");
      assert.equal((await other.exec("jupyter", ["ls", "/home/jovyan/.mine"])).code, 0);
      writeFileSync(`${other.host.folder}/notebooks/a.ipynb`, "later");
      const again = await other.release({ settings: settingsThere });
      assert.equal(again.code, 0, again.output);
      assert.doesNotMatch(again.output, /is restored/);
      assert.equal(readFileSync(`${other.host.folder}/notebooks/a.ipynb`, "utf8"), "later");
    } finally {
      await other.remove();
    }
  });
});
