import assert from "node:assert/strict";
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { gunzipSync, gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { run, start } from "../support/command.ts";
import { type RunningSite, runningSite } from "../support/runningSite.ts";
import { secrets } from "../support/site.ts";
import { until } from "../support/until.ts";

const content = readFileSync(new URL("../support/database.sql", import.meta.url), "utf8");

/** load.sh on real MariaDB: it replaces a database by the content of a dump. */
describe("The restore of a database from its dump", () => {
  let site: RunningSite;
  let dumps: string;
  const password = ["env", `MYSQL_PWD=${secrets.databaseRootPassword}`];
  const client = ["mariadb", "--protocol=socket", "--skip-ssl", "-uroot", "-N", "-B"];

  async function sql(text: string, database = "notebooks"): Promise<string> {
    const { code, output } = await site.exec("mariadb", [...password, ...client, database], text);
    assert.equal(code, 0, output);
    return output.trim();
  }
  const load = () =>
    site.exec("mariadb", ["sh", "/etc/mysql/conf.d/load.sh", "notebooks/.new/restore/notebooks.sql.gz"]);
  const databases = () => sql("SHOW DATABASES");
  /** Dumps the notebooks' database for the restores that follow. */
  async function save() {
    const { code, output } = await site.exec("mariadb", ["sh", "/etc/mysql/conf.d/dump.sh", "now"]);
    assert.equal(code, 0, output);
    mkdirSync(`${dumps}/.new/restore`, { recursive: true });
    copyFileSync(`${dumps}/notebooks.sql.gz`, `${dumps}/.new/restore/notebooks.sql.gz`);
  }
  /** Everything in the database, as a dump shows it. */
  async function state(): Promise<string> {
    const dump = ["mariadb-dump", "--protocol=socket", "--skip-ssl", "-uroot", "--skip-dump-date"];
    const parts = ["--routines", "--triggers", "--events", "--hex-blob", "notebooks"];
    const { code, output } = await site.exec("mariadb", [...password, ...dump, ...parts]);
    assert.equal(code, 0, output);
    return output;
  }
  async function empty() {
    await sql("DROP DATABASE notebooks; CREATE DATABASE notebooks", "mysql");
  }
  async function restoredTo(expected: string) {
    const { code, output } = await load();
    assert.deepEqual({ code, output }, { code: 0, output: "The database notebooks is restored.\n" });
    assert.equal(await state(), expected);
    assert.doesNotMatch(await databases(), /~/);
  }
  /** Kills MariaDB, as a failure of power does, and starts it. */
  async function kill() {
    const container = await site.container("mariadb");
    await run("docker", ["kill", "--signal", "KILL", container]);
    await run("docker", ["start", container]);
    await until(
      "MariaDB answers",
      async () => (await site.exec("mariadb", [...password, ...client], "DO 0")).code === 0,
    );
  }
  /** A session that keeps its locks until `end`. */
  async function session(statements: string) {
    const argv = ["exec", "-i", await site.container("mariadb"), ...password, ...client, "-n", "notebooks"];
    const { child, said, ended } = start("docker", argv, { input: null });
    child.stdin.write(`${statements}; SELECT 'locked';\n`);
    await until("the session has its locks", () => said().includes("locked"));
    return {
      end: () => {
        child.stdin.end();
        return ended;
      },
    };
  }
  const waits = (statement: string) =>
    until(`${statement} waits for a lock`, async () =>
      (await sql("SELECT CONCAT(state, ': ', info) FROM information_schema.PROCESSLIST")).includes(
        `Waiting for table metadata lock: ${statement}`,
      ),
    );

  beforeAll(async () => {
    site = runningSite(["mariadb"]);
    dumps = `${site.host.folder}/data/history/dumps/notebooks`;
    mkdirSync(`${site.host.folder}/notebooks`);
    const { code, output } = await site.release({ settings: { database: "true", history: { every: 15 } } });
    assert.equal(code, 0, output);
  });
  afterAll(() => site.remove());

  let saved: string;
  it("restores every kind of table, and all that is not in tables", async () => {
    await sql(content);
    await save();
    saved = await state();
    await sql(`
      DROP VIEW a_view; DROP FUNCTION three; DROP TABLE bottles; DELETE FROM wines;
      CREATE TABLE later (a INT); CREATE VIEW later_view AS SELECT * FROM later; CREATE PROCEDURE later_procedure() DO 1;
      CREATE TRIGGER later_trigger BEFORE DELETE ON wines FOR EACH ROW DO 1`);
    await restoredTo(saved);
  });

  it("restores into an empty database, into a missing one, and twice", async () => {
    await empty();
    await restoredTo(saved);
    await sql("DROP DATABASE notebooks", "mysql");
    await restoredTo(saved);
    await restoredTo(saved);
  });

  it("leaves the database usable: its triggers, foreign keys and sequences work", async () => {
    await sql("INSERT INTO wines (name) VALUES ('Silvaner'); INSERT INTO orders (count) VALUES (6)");
    assert.match(await sql("SELECT line FROM log"), /Silvaner/);
    const { code, output } = await site.exec(
      "mariadb",
      [...password, ...client, "notebooks"],
      "INSERT INTO bottles VALUES (9, 99)",
    );
    assert.equal(code, 1);
    assert.match(output, /foreign key constraint fails/);
  });

  it("leaves the database as it is if the dump is incomplete, or a statement fails", async () => {
    const before = await state();
    const file = `${dumps}/.new/restore/notebooks.sql.gz`;
    const dump = gunzipSync(readFileSync(file))
      .toString()
      .replace(/-- Dump completed\n$/, "");
    for (const end of ["", "SYNTAX ERROR;\n-- Dump completed\n"]) {
      writeFileSync(file, gzipSync(dump + end));
      assert.equal((await load()).code, 1);
      assert.equal(await state(), before);
      assert.doesNotMatch(await databases(), /~/);
    }
    copyFileSync(`${dumps}/notebooks.sql.gz`, file);
  });

  it("gives up after 20 seconds if a session keeps a table locked, and changes nothing", async () => {
    const before = await state();
    const other = await session("BEGIN; SELECT * FROM bottles");
    const { code, output } = await load();
    assert.equal(code, 1);
    assert.match(output, /Lock wait timeout exceeded/);
    await other.end();
    assert.equal(await state(), before);
  }, 120_000);

  describe("is tried every week by a drill, which", () => {
    const drill = () => site.exec("mariadb", ["sh", "/etc/mysql/conf.d/drill.sh"]);
    const results = () => `${site.host.folder}/data/history/dumps/others/.new`;
    /** The drill with a changed dump of the notebooks' database. */
    async function drillWith(change: (dump: string) => string) {
      rmSync(`${results()}/drill.good`, { force: true });
      rmSync(`${results()}/drill.failed`, { force: true });
      const file = `${dumps}/notebooks.sql.gz`;
      const dump = readFileSync(file);
      try {
        writeFileSync(file, gzipSync(change(gunzipSync(dump).toString())));
        return await drill();
      } finally {
        writeFileSync(file, dump);
      }
    }

    it("compares every table by its checksum, and leaves nothing behind", async () => {
      assert.deepEqual(await drill(), {
        code: 0,
        output: "Backup: a trial restore of the databases gave every table back.\n",
      });
      assert.ok(existsSync(`${results()}/drill.good`));
      assert.doesNotMatch(await databases(), /~/);
    });

    it("is not due until the next week", async () => {
      assert.deepEqual(await drill(), { code: 0, output: "" });
      utimesSync(`${results()}/drill.good`, 0, 0);
      assert.match((await drill()).output, /gave every table back/);
    });

    it("says which table differs", async () => {
      const { code, output } = await drillWith((dump) =>
        dump.replace("INSERT INTO `parts`", "INSERT INTO `parts` VALUES (7);\nDELETE FROM `parts`;\n$&"),
      );
      assert.equal(code, 1);
      assert.equal(
        output,
        "Backup: the dump of the database notebooks does not restore everything: the table `parts` differs.\n",
      );
      assert.match(readFileSync(`${results()}/drill.failed`, "utf8"), /^the dump of the database notebooks does not/);
      assert.doesNotMatch(await databases(), /~/);
    });

    it("says that a dump cannot be loaded, or is incomplete", async () => {
      const broken = await drillWith((dump) => dump.replace("CREATE TABLE", "CREATE TABEL"));
      assert.equal(broken.code, 1);
      assert.match(broken.output, /^Backup: the dump of the database notebooks cannot be loaded: ERROR 1064 .*\n$/);
      const half = await drillWith((dump) => dump.slice(0, dump.length / 2));
      assert.match(half.output, /^Backup: the dump of the database notebooks cannot be loaded: it is incomplete\.\n$/);
    });
  });

  describe("if it is killed", () => {
    let before: string;
    let rowsBefore: string;
    /** The rows of all tables. Views may be missing, or read what is missing. */
    async function rows(): Promise<string> {
      const dump = [
        "mariadb-dump",
        "--protocol=socket",
        "--skip-ssl",
        "-uroot",
        "--skip-dump-date",
        "--single-transaction",
      ];
      const parts = ["--force", "--no-create-info", "--skip-triggers", "--hex-blob", "notebooks"];
      const { output } = await site.exec("mariadb", [...password, ...dump, ...parts]);
      return output.replace(/^(mariadb-dump: |--).*\n/gm, "");
    }
    let rowsSaved: string;
    const beforeOf = async () => {
      rowsSaved = await rows();
      await sql("DELETE FROM bottles; INSERT INTO wines (name) VALUES ('later')");
      before = await state();
      rowsBefore = await rows();
    };

    it("while it loads the dump, leaves the old content", async () => {
      await beforeOf();
      // All writes wait.
      const other = await session("BACKUP STAGE START; BACKUP STAGE BLOCK_COMMIT");
      const loading = load();
      await until("the restore waits", async () =>
        (await sql("SELECT state FROM information_schema.PROCESSLIST")).includes("Waiting for backup lock"),
      );
      await kill();
      await Promise.all([loading, other.end()]);
      assert.equal(await state(), before);
      await restoredTo(saved);
    });

    it("before it exchanges the tables, leaves the old rows", async () => {
      await beforeOf();
      const other = await session("BEGIN; SELECT * FROM bottles");
      const loading = load();
      await waits("RENAME TABLE");
      await kill();
      await Promise.all([loading, other.end()]);
      assert.equal(await rows(), rowsBefore);
      await restoredTo(saved);
    });

    it("after it has exchanged the tables, leaves the new rows", async () => {
      await beforeOf();
      const other = await session("BEGIN; SELECT * FROM constant");
      const loading = load();
      await waits("DROP VIEW");
      await kill();
      await Promise.all([loading, other.end()]);
      assert.equal(await rows(), rowsSaved);
      // The state is dumped before the next restore, although views may lack what they read.
      const { code, output } = await site.exec("mariadb", ["sh", "/etc/mysql/conf.d/dump.sh", "now"]);
      assert.equal(code, 0, output);
      await restoredTo(saved);
    });

    it("at any moment, leaves all old rows or all new ones", async () => {
      for (const pause of [0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.7]) {
        await beforeOf();
        const loading = load();
        await run("sleep", [String(pause)]);
        await kill();
        await loading;
        const now = await rows();
        if (now !== rowsBefore) assert.equal(now, rowsSaved);
        await restoredTo(saved);
      }
    }, 240_000);
  });
});
