import assert from "node:assert/strict";
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { gunzipSync, gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { run, start } from "../support/command.ts";
import { type RunningSite, runningSite } from "../support/runningSite.ts";
import { secrets } from "../support/site.ts";
import { until } from "../support/until.ts";

const content = readFileSync(new URL("../support/database.sql", import.meta.url), "utf8");
/** What dump.sh makes of this content with MariaDB 10.11.19 (Debian 12). */
const earlierSeries = readFileSync(new URL("../support/mariadb-10.11.sql", import.meta.url), "utf8");

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
  const load = (...words: string[]) =>
    site.exec("mariadb", ["sh", "/etc/mysql/conf.d/load.sh", "notebooks/.new/restore/notebooks.sql.gz", ...words]);
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

  it("restores a dump of an earlier series, with everything that is not in tables", async () => {
    const tables = await sql("SHOW FULL TABLES");
    const file = `${dumps}/.new/restore/notebooks.sql.gz`;
    const before = readFileSync(file);
    writeFileSync(file, gzipSync(earlierSeries));
    await empty();
    // The comparison fails if a new dump differs from this one in more than the version.
    assert.deepEqual(await load("compare"), { code: 0, output: "The database notebooks is restored.\n" });
    assert.equal(await sql("SHOW FULL TABLES"), tables);
    for (const [query, rows] of [
      ["SELECT name, HEX(label) FROM wines", "Riesling 🍷\t00FF27\nit's a\\\\b\tNULL"],
      ["SELECT * FROM a_view", "Riesling 🍷\nit's a\\\\b"],
      ["SELECT * FROM b_view", "3"],
      [
        "SELECT ROUTINE_NAME FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA = 'notebooks' ORDER BY 1",
        "all_wines\nthree",
      ],
      ["SELECT COUNT(*) FROM empty_table", "0"],
      ["SELECT id, `twi``ce` FROM numbered_parts", "1\t2\n2\t4"],
      ["INSERT INTO wines (name) VALUES ('Silvaner'); SELECT * FROM log", "Silvaner"],
      ["INSERT INTO orders (count) VALUES (6); SELECT COUNT(*) FROM orders", "2"],
      ["SELECT EVENT_NAME FROM information_schema.EVENTS", "daily"],
    ] as const)
      assert.equal(await sql(query), rows, query);
    writeFileSync(file, before);
    await restoredTo(saved);
  });

  it("dumps and restores a table of 30 MB without keeping it in memory", async () => {
    // KiB of each program. Each needs half of it for its libraries.
    const limited = (...script: string[]) =>
      site.exec("mariadb", ["sh", "-c", 'ulimit -v 40960; exec sh "$@"', "limited", ...script]);
    await sql(`
      CREATE TABLE large (id INT PRIMARY KEY, text VARCHAR(1000) CHARACTER SET ascii);
      INSERT INTO large SELECT seq, HEX(RANDOM_BYTES(500)) FROM seq_1_to_30000`);
    const checksum = await sql("CHECKSUM TABLE large");
    assert.deepEqual(await limited("/etc/mysql/conf.d/dump.sh", "now"), { code: 0, output: "" });
    const file = `${dumps}/.new/restore/notebooks.sql.gz`;
    const before = readFileSync(file);
    copyFileSync(`${dumps}/notebooks.sql.gz`, file);
    await sql("DELETE FROM large");
    const { output } = await limited("/etc/mysql/conf.d/load.sh", "notebooks/.new/restore/notebooks.sql.gz");
    assert.equal(output, "The database notebooks is restored.\n");
    assert.equal(await sql("CHECKSUM TABLE large"), checksum);
    writeFileSync(file, before);
    await restoredTo(saved);
    // The tests that follow use this dump.
    await save();
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

  it("removes a file that a killed MariaDB has forgotten in the folder of the new tables", async () => {
    await sql("CREATE DATABASE `~new`; CREATE TABLE `~new`.wines (id INT); CREATE DATABASE `~drill`");
    const files = ["@007enew/bottles.ibd", "@007enew/#sql-1.frm", "@007edrill/wines.ibd", ".restoring"];
    for (const file of files) await site.exec("mariadb", ["touch", `/var/lib/mysql/${file}`]);
    assert.deepEqual(await site.exec("mariadb", ["sh", "/etc/mysql/conf.d/load.sh"]), { code: 0, output: "" });
    assert.doesNotMatch(await databases(), /~new/);
    assert.deepEqual(await load(), { code: 0, output: "The database notebooks is restored.\n" });
    assert.match((await site.exec("mariadb", ["sh", "/etc/mysql/conf.d/drill.sh"])).output, /gave every table back/);
    assert.doesNotMatch(await databases(), /~/);
    // The next drill is due.
    rmSync(`${site.host.folder}/data/history/dumps/others/.new/drill.good`);
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

  describe("if MariaDB is killed during it", () => {
    let before: string;
    /** Changes the database, and everything in it that is not a row. */
    async function change() {
      await sql(`
        DELETE FROM bottles; INSERT INTO wines (name) VALUES ('later'); DROP VIEW b_view; DROP PROCEDURE all_wines;
        CREATE OR REPLACE TRIGGER logged AFTER INSERT ON wines FOR EACH ROW INSERT INTO log VALUES ('later');
        CREATE TRIGGER later_trigger BEFORE DELETE ON bottles FOR EACH ROW DO 1; CREATE VIEW later_view AS SELECT 2`);
      before = await state();
    }
    /** Kills MariaDB, while another session has its locks, and waits until its start has ended the restore. */
    async function killed(loading: Promise<unknown>, other?: Awaited<ReturnType<typeof session>>) {
      await kill();
      // Not before the kill: without the locks, the restore would continue.
      await other?.end();
      await loading;
      const hasEnded = async () => (await site.exec("mariadb", ["test", "-e", "/var/lib/mysql/.restoring"])).code === 1;
      await until("the restore is ended", hasEnded).catch(async (error) => {
        const { output } = await run("docker", ["logs", "--tail", "20", await site.container("mariadb")]);
        throw new Error(`${error.message} MariaDB says: ${output}`);
      });
    }

    it("while it loads the dump, the next start leaves the old content", async () => {
      await change();
      // All writes wait.
      const other = await session("BACKUP STAGE START; BACKUP STAGE BLOCK_COMMIT");
      const loading = load();
      await until("the restore waits", async () =>
        (await sql("SELECT state FROM information_schema.PROCESSLIST")).includes("Waiting for backup lock"),
      );
      await killed(loading, other);
      assert.equal(await state(), before);
      await restoredTo(saved);
    });

    it("before it exchanges the tables, the next start restores the old content with its triggers", async () => {
      await change();
      // A table that has no trigger.
      const other = await session("BEGIN; SELECT * FROM log");
      const loading = load();
      await waits("RENAME TABLE");
      await killed(loading, other);
      assert.equal(await state(), before);
      await restoredTo(saved);
    });

    it("after it has exchanged the tables, the next start completes it", async () => {
      await change();
      const other = await session("BEGIN; SELECT * FROM constant");
      const loading = load();
      await waits("DROP VIEW");
      await killed(loading, other);
      assert.equal(await state(), saved);
    });

    for (const pause of [0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.7])
      it(`${pause} s after its start, the database has all that is old or all that is new`, async () => {
        await change();
        const loading = load();
        await run("sleep", [String(pause)]);
        await killed(loading);
        const now = await state();
        if (now !== before) assert.equal(now, saved);
        await restoredTo(saved);
      });
  });

  /** Kills load.sh before each of the programs that it runs. */
  describe("if it is killed", () => {
    const folder = "/dumps/notebooks/.new/bin";
    const here = () => `${dumps}/.new/bin`;
    const programs = ["gunzip", "mariadb", "mariadb-dump", "mv", "rm", "sync"];
    const steps = 31;
    let before: string;

    async function loadKilledAt(step: number) {
      rmSync(`${here()}/steps`, { force: true });
      const file = "notebooks/.new/restore/notebooks.sql.gz";
      const options = [`KILLED_AT=${step}`, `PATH=${folder}:/usr/local/bin:/usr/bin:/bin`];
      return site.exec("mariadb", ["env", ...options, "sh", "/etc/mysql/conf.d/load.sh", file]);
    }
    /** Makes the restored database another one. */
    const change = () =>
      sql("DELETE FROM bottles; DROP TRIGGER logged; CREATE TRIGGER later BEFORE DELETE ON wines FOR EACH ROW DO 1");

    beforeAll(async () => {
      mkdirSync(here(), { recursive: true });
      for (const program of programs)
        writeFileSync(
          `${here()}/${program}`,
          `#!/bin/sh
echo ${program} >>${folder}/steps
[ "$(wc -l <${folder}/steps)" -lt "$KILLED_AT" ] || kill -KILL 0
exec /usr/bin/${program} "$@"
`,
          { mode: 0o755 },
        );
      await run("chmod", ["a+rwx", here()]);
      await change();
      before = await state();
    });
    afterAll(() => rmSync(here(), { recursive: true, force: true }));

    for (let step = 1; step <= steps; step += 1)
      it(`before step ${step} of ${steps}, the next dump has everything that is old or everything that is new`, async () => {
        assert.equal((await loadKilledAt(step)).code, 137);
        const { code, output } = await site.exec("mariadb", ["sh", "/etc/mysql/conf.d/dump.sh"]);
        assert.deepEqual({ code, output }, { code: 0, output: "" });
        const now = await state();
        if (now !== before) {
          assert.equal(now, saved);
          await change();
          assert.equal(await state(), before);
        }
        assert.doesNotMatch(await databases(), /~/);
      });

    it(`it has ${steps} steps`, async () => {
      const { code, output } = await loadKilledAt(steps + 1);
      assert.deepEqual({ code, output }, { code: 0, output: "The database notebooks is restored.\n" });
      assert.equal(await state(), saved);
    });
  });
});
