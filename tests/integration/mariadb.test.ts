import assert from "node:assert/strict";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { run, start } from "../support/command.ts";
import { imageMirror, mirrored, pullImages } from "../support/images.ts";
import { type RunningSite, runningSite } from "../support/runningSite.ts";
import { type Changes, secrets, serviceOf, siteWith } from "../support/site.ts";
import { until } from "../support/until.ts";

const app = (name: string, more: object = {}) => ({
  name,
  image: "docker.io/library/adminer:5",
  port: 8080,
  database: true,
  ...more,
});
const demo = app("phpdemo", { schema: "tests/support/schema.sql", shared: true });
const hyphened = app("my-app");

/** A site with MariaDB and these apps. */
const withApps = (apps: object[], more: Changes = {}): Changes => ({
  ...more,
  settings: { database: "true", apps, ...more.settings },
  secrets: {
    appDatabasePasswords: { phpdemo: "secret-database-phpdemo", "my-app": "secret-database-my-app", "new-app": "new" },
    ...more.secrets,
  },
});

describe("A released MariaDB", () => {
  let site: RunningSite;
  let container: string;

  /** Runs statements as a user on its network; returns tab-separated rows, or an error. */
  async function as(user: string, password: string, sql: string, database = "") {
    const client = [
      "mariadb",
      "--protocol=tcp",
      "--host=mariadb",
      "--skip-ssl",
      `--user=${user}`,
      "-N",
      "-B",
      database,
    ];
    const password_ = ["env", `MYSQL_PWD=${password}`];
    const { code, output } = await site.exec("mariadb", [...password_, ...client.filter(Boolean)], sql);
    return { code, output: output.trim() };
  }
  const notebooks = (sql: string, database = "") => as("notebooks", secrets.notebooksDatabasePassword, sql, database);
  const ofDemo = (sql: string) => as("phpdemo", "secret-database-phpdemo", sql, "phpdemo");
  const ofMyApp = (sql: string) => as("my-app", "secret-database-my-app", sql, "my-app");

  const asRoot = async (sql: string) => {
    const client = ["mariadb", "--protocol=socket", "--skip-ssl", "-uroot", "-N", "-B"];
    const { code, output } = await site.exec(
      "mariadb",
      ["env", `MYSQL_PWD=${secrets.databaseRootPassword}`, ...client],
      sql,
    );
    return { code, output: output.trim() };
  };
  /** A connection of notebooks that stays open between statements. */
  function session(database: string) {
    const password = `MYSQL_PWD=${secrets.notebooksDatabasePassword}`;
    const client = [
      "mariadb",
      "--protocol=tcp",
      "--host=mariadb",
      "--skip-ssl",
      "--skip-reconnect",
      "--user=notebooks",
    ];
    const { child, said, ended } = start(
      "docker",
      ["exec", "-i", "-e", password, container, ...client, "-N", "-B", "-n", database],
      { input: null },
    );
    return {
      async says(sql: string, answer: string) {
        child.stdin.write(`${sql};\n`);
        await until(answer, () => said().includes(`${answer}\n`));
      },
      async end(sql = "DO 0"): Promise<string> {
        child.stdin.end(`${sql};\n`);
        return (await ended).output;
      },
    };
  }
  /** The start time of MariaDB; another value means that it has been restarted. */
  const startedAt = async () =>
    (await run("docker", ["inspect", "--format", "{{.State.StartedAt}} {{.RestartCount}}", container])).output;

  async function released(changes: Changes): Promise<string> {
    const { code, output } = await site.release(changes);
    assert.equal(code, 0, output);
    return output;
  }

  beforeAll(async () => {
    site = runningSite(["mariadb"]);
    await released(withApps([demo, hyphened]));
    container = await site.container("mariadb");
  });
  afterAll(() => site.remove());

  it("has a database per user, created once from its schema", async () => {
    assert.equal(
      (await ofDemo("SELECT wine, cheese FROM pairings ORDER BY id")).output,
      "Port\tStilton\nSauternes\tRoquefort",
    );
    assert.equal(
      (await ofMyApp("CREATE TABLE kept (n INT); INSERT INTO kept VALUES (7); SELECT * FROM kept")).output,
      "7",
    );
    await ofDemo("INSERT INTO pairings (wine, cheese) VALUES ('Rioja', 'Manchego')");
    await released(withApps([demo, hyphened]));
    assert.equal((await ofDemo("SELECT COUNT(*) FROM pairings")).output, "3");
  });

  it("shows each user its own databases, and notebooks the shared ones, too", async () => {
    assert.equal((await ofDemo("SHOW DATABASES")).output, "information_schema\nphpdemo");
    assert.equal((await ofMyApp("SHOW DATABASES")).output, "information_schema\nmy-app");
    assert.equal((await notebooks("SHOW DATABASES")).output, "information_schema\nnotebooks\nphpdemo");
  });

  it("denies notebooks access to other apps' databases, system tables, files and users", async () => {
    for (const sql of [
      "SELECT * FROM `my-app`.kept",
      "INSERT INTO `my-app`.kept VALUES (1)",
      "SELECT * FROM mysql.global_priv",
      "CREATE DATABASE another",
      "CREATE USER another",
      "SELECT 1 INTO OUTFILE '/var/lib/mysql/x'",
      "SET GLOBAL general_log = 1",
    ]) {
      const { code, output } = await notebooks(sql);
      assert.equal(code, 1, sql);
      assert.match(output, /denied/i, sql);
    }
    assert.equal((await notebooks("SELECT LOAD_FILE('/run/secrets/mariadb/current/root-password')")).output, "NULL");
  });

  it("denies root, and users without a password, from the network", async () => {
    for (const [user, password] of [
      ["root", secrets.databaseRootPassword],
      ["root", ""],
      ["notebooks", ""],
      ["phpdemo", secrets.notebooksDatabasePassword],
    ] as const)
      assert.match((await as(user, password, "SELECT 1")).output, /Access denied/, user);
  });

  it("publishes no port, and has no connection to the outside", async () => {
    assert.equal((await run("docker", ["port", container])).output, "");
    const { output } = await run("docker", [
      "inspect",
      "--format",
      "{{range $name, $_ := .NetworkSettings.Networks}}{{println $name}}{{end}}",
      container,
    ]);
    const networks = output.trim().split("\n");
    assert.ok(networks.length > 1, output);
    for (const network of networks)
      assert.equal(
        (await run("docker", ["network", "inspect", "--format", "{{.Internal}}", network])).output,
        "true\n",
        network,
      );
  });

  it("has no password in an argument, variable or log of its container", async () => {
    const { output: inspected } = await run("docker", ["inspect", container]);
    const { output: logged } = await run("docker", ["logs", container]);
    for (const text of [inspected, logged, site.host.log()])
      for (const secret of [secrets.databaseRootPassword, secrets.notebooksDatabasePassword, "secret-database-phpdemo"])
        assert.equal(text.includes(secret), false, secret);
  });

  it("removes the user of a removed app, and keeps its data", async () => {
    await released(withApps([demo]));
    assert.match((await ofMyApp("SELECT 1")).output, /Access denied/);
    assert.equal((await notebooks("SELECT COUNT(*) FROM phpdemo.pairings")).output, "3");
    await released(withApps([demo, hyphened]));
    assert.equal((await ofMyApp("SELECT * FROM kept")).output, "7");
  });

  it("deletes the data of a purged app", async () => {
    await released(withApps([demo], { settings: { purge: ["my-app"] } }));
    await released(withApps([demo, hyphened]));
    assert.equal((await ofMyApp("SHOW TABLES")).output, "");
  });

  it("deletes it while notebooks use it, and reports a prepared transaction that prevents it", async () => {
    site.host.limit({ prepare_within: 60 });
    const held = app("held", { schema: "tests/support/schema.sql", shared: true });
    const passwords = { secrets: { appDatabasePasswords: { phpdemo: "secret-database-phpdemo", held: "held" } } };
    await released(withApps([demo, held], passwords));
    const holders = [session("notebooks"), session("notebooks"), session("notebooks")] as const;
    await holders[0].says("BEGIN; SELECT COUNT(*) FROM held.pairings", "2");
    await holders[1].says("LOCK TABLES held.pairings READ; SELECT 'locked'", "locked");
    await holders[2].says("SELECT 'asleep'; SELECT SLEEP(600) FROM held.pairings", "asleep");
    const output = await released(withApps([demo], { settings: { purge: ["held"] } }));
    assert.match(output, /^mariadb says: The database held was removed, as the setting purge says\.$/m);
    await Promise.all(holders.map((holder) => holder.end()));

    await released(withApps([demo, held], passwords));
    const prepared =
      "XA START 'one'; INSERT INTO held.pairings (wine, cheese) VALUES ('a', 'b'); XA END 'one'; XA PREPARE 'one'";
    assert.deepEqual(await notebooks(prepared), { code: 0, output: "" });
    const left = await released(withApps([demo], { settings: { purge: ["held"] } }));
    assert.match(
      left,
      /^mariadb says: The database held was not removed: ERROR 1205 .*Prepared transactions may hold its tables: one\. End each \(XA ROLLBACK /m,
    );
    assert.equal((await asRoot("XA ROLLBACK 'one'")).code, 0);
    site.host.limit({ prepare_within: 240 });
    await released(withApps([demo], { settings: { purge: ["held"] } }));
    assert.equal((await asRoot("SHOW DATABASES LIKE 'held'")).output, "");
  });

  it("revokes notebooks' privileges on a database that is no longer shared, for open connections, too", async () => {
    const [there, elsewhere] = [session("phpdemo"), session("notebooks")];
    await Promise.all([there.says("SELECT COUNT(*) FROM pairings", "3"), elsewhere.says("SELECT 'other'", "other")]);
    await released(withApps([{ ...demo, shared: false }]));
    assert.match((await notebooks("SELECT * FROM phpdemo.pairings")).output, /denied/);
    assert.match(await there.end("SELECT wine FROM pairings"), /Lost connection|gone away/);
    assert.match(await elsewhere.end("SELECT 'runs on'"), /^runs on$/m);
    await released(withApps([demo]));
    assert.equal((await notebooks("SELECT COUNT(*) FROM phpdemo.pairings")).output, "3");
  });

  it("prevents an app from using notebooks' privileges through a function in its shared database, and revokes older privileges", async () => {
    // The state after an earlier release.
    const older = await asRoot("GRANT ALL PRIVILEGES ON phpdemo.* TO notebooks");
    assert.equal(older.code, 0, older.output);
    await notebooks("CREATE TABLE private (text TEXT); INSERT INTO private VALUES ('of notebooks')", "notebooks");
    const attack = await ofDemo(`
      CREATE TABLE taken (way TEXT, text TEXT);
      CREATE TABLE baited (n INT);
      DELIMITER //
      CREATE FUNCTION take(way TEXT) RETURNS INT MODIFIES SQL DATA SQL SECURITY INVOKER
        BEGIN INSERT INTO phpdemo.taken SELECT way, text FROM notebooks.private; RETURN 1; END//
      CREATE PROCEDURE take_all() SQL SECURITY INVOKER BEGIN DO take('procedure'); END//
      CREATE TRIGGER bait BEFORE INSERT ON baited FOR EACH ROW BEGIN SET @n = take('trigger'); END//
      DELIMITER ;
      CREATE SQL SECURITY INVOKER VIEW of_invoker AS SELECT take('view of its invoker') AS n;
      CREATE SQL SECURITY DEFINER VIEW of_definer AS SELECT take('view of its definer') AS n;`);
    assert.equal(attack.code, 0, attack.output);
    const fallInto = async () => {
      const refusals = [];
      for (const sql of [
        "SELECT * FROM of_invoker",
        "SELECT * FROM of_definer",
        "INSERT INTO baited VALUES (1)",
        "DO take('by itself')",
        "CALL take_all()",
      ])
        refusals.push((await notebooks(sql, "phpdemo")).code);
      return refusals;
    };
    await fallInto();
    // The attack works while notebooks have all privileges.
    assert.match((await ofDemo("SELECT * FROM taken")).output, /of notebooks/);
    await ofDemo("DELETE FROM taken");

    await released(withApps([demo, hyphened]));
    assert.deepEqual(await fallInto(), [1, 1, 1, 1, 1]);
    assert.equal((await ofDemo("SELECT * FROM taken")).output, "");
    for (const sql of [
      "CREATE FUNCTION own() RETURNS INT RETURN 1",
      "CREATE TRIGGER own BEFORE INSERT ON pairings FOR EACH ROW SET @x = 1",
      "CREATE EVENT own ON SCHEDULE EVERY 1 DAY DO DELETE FROM pairings",
      "DROP FUNCTION take",
    ])
      assert.match((await notebooks(sql, "phpdemo")).output, /denied/, sql);
    assert.deepEqual(
      await notebooks(
        "CREATE TABLE shared_table (n INT); INSERT INTO shared_table VALUES (1); ALTER TABLE shared_table ADD m INT; CREATE VIEW shared_view AS SELECT n FROM shared_table; SELECT * FROM shared_view; DROP VIEW shared_view; DROP TABLE shared_table",
        "phpdemo",
      ),
      { code: 0, output: "1" },
    );
    const swept = await ofDemo(
      "DROP VIEW of_invoker, of_definer; DROP TABLE baited, taken; DROP FUNCTION take; DROP PROCEDURE take_all",
    );
    assert.equal(swept.code, 0, swept.output);
  });

  it("accepts changed passwords, root's included, and no longer the old ones", async () => {
    const [anotherRoot, anotherNotebooks, anotherDemo] = [` root's "own" * $HOME \\ `, "notebooks' \\", "李 🌱 `id`"];
    const rotated = withApps([demo], {
      secrets: {
        databaseRootPassword: anotherRoot,
        notebooksDatabasePassword: anotherNotebooks,
        appDatabasePasswords: { phpdemo: anotherDemo },
      },
    });
    await released(rotated);
    assert.equal((await as("notebooks", anotherNotebooks, "SELECT 1")).output, "1");
    assert.equal((await as("phpdemo", anotherDemo, "SELECT 1")).output, "1");
    for (const attempt of [notebooks("SELECT 1"), ofDemo("SELECT 1")]) assert.match((await attempt).output, /denied/);
    const root = (password: string) =>
      site.exec("mariadb", ["env", `MYSQL_PWD=${password}`, "mariadb", "--skip-ssl", "-uroot", "-N", "-e", "SELECT 1"]);
    assert.equal((await root(anotherRoot)).output, "1\n");
    assert.match((await root(secrets.databaseRootPassword)).output, /denied/);
    await released(withApps([demo]));
    assert.equal((await root(secrets.databaseRootPassword)).output, "1\n");
  });

  it("was the same container in all earlier tests", async () => {
    assert.equal(await site.container("mariadb"), container);
  });

  it("reports a refused schema, creates nothing of it, and restores the previous release", async () => {
    const schema = "tests/support/refused.sql";
    const file = new URL(`../../${schema}`, import.meta.url);
    writeFileSync(file, "CREATE TABLE half (n INT);\nCREATE TABEL broken (n INT);\n");
    try {
      const { code, output } = await site.release(withApps([demo, app("new-app", { schema })]));
      assert.equal(code, 1);
      assert.match(
        output,
        /^mariadb says: MariaDB refuses the schema of new-app \(setting apps, schema\)\. Its database was not created\. Fix the file and run pulumi up again\. MariaDB says: .*at line 2.*TABEL/m,
      );
      assert.match(output, /^The previous release \(\w+\) was put back and is running\./m);
      const made = await site.exec("mariadb", ["ls", "/var/lib/mysql"]);
      assert.doesNotMatch(made.output, /new/);
    } finally {
      rmSync(file);
    }
  });

  it("completes a database at the next release if it was killed while creating it", async () => {
    const root = ["env", `MYSQL_PWD=${secrets.databaseRootPassword}`, "mariadb", "--skip-ssl", "-uroot"];
    await site.exec("mariadb", [
      ...root,
      "-e",
      "DROP DATABASE phpdemo; CREATE DATABASE phpdemo; CREATE TABLE phpdemo.half (n INT)",
    ]);
    await site.exec("mariadb", ["touch", "/var/lib/mysql/.unfinished-phpdemo"]);
    await released(withApps([demo]));
    assert.equal((await ofDemo("SHOW TABLES")).output, "pairings");
  });

  it("has every acknowledged row after it was killed during writes", async () => {
    await notebooks("CREATE OR REPLACE TABLE numbers (n INT PRIMARY KEY)", "notebooks");
    const rows = Array.from({ length: 200_000 }, (_, n) => `INSERT INTO numbers VALUES (${n}); SELECT ${n};\n`);
    const client = [
      "mariadb",
      "--protocol=tcp",
      "--host=mariadb",
      "--skip-ssl",
      "--user=notebooks",
      "-N",
      "-B",
      "-n",
      "notebooks",
    ];
    const password = `MYSQL_PWD=${secrets.notebooksDatabasePassword}`;
    const { ended } = start("docker", ["exec", "-i", "-e", password, container, ...client], { input: rows.join("") });
    await sleep(3000);
    const killed = await run("docker", ["kill", "--signal", "KILL", container]);
    assert.equal(killed.code, 0, killed.output);
    const acknowledged = (await ended).output.split("\n").filter((line) => /^\d+$/.test(line));
    assert.ok(acknowledged.length > 100, `${acknowledged.length}`);
    assert.ok(acknowledged.length < rows.length);
    await released(withApps([demo]));
    const { output } = await notebooks("SELECT n FROM numbers ORDER BY n", "notebooks");
    const there = output.split("\n");
    assert.deepEqual(there.slice(0, acknowledged.length), acknowledged);
    // One more row may have been written without being acknowledged.
    assert.ok(there.length <= acknowledged.length + 1);
  });

  it("stores every table in its own folder, so that it starts after it was killed", async () => {
    const elsewhere = "DATA DIRECTORY = '/tmp'";
    for (const table of [
      `moved (n INT) ${elsewhere}`,
      `moved_aria (n INT) ENGINE = Aria ${elsewhere} INDEX DIRECTORY = '/tmp'`,
      `moved_part (n INT) PARTITION BY RANGE (n) (PARTITION p VALUES LESS THAN MAXVALUE ${elsewhere})`,
    ]) {
      const { code, output } = await notebooks(`CREATE TABLE ${table}; SHOW WARNINGS`, "notebooks");
      assert.equal(code, 0, output);
    }
    assert.equal((await site.exec("mariadb", ["find", "/tmp", "-type", "f"])).output, "");
    await notebooks("INSERT INTO moved VALUES (1); INSERT INTO moved_part VALUES (2)", "notebooks");
    await run("docker", ["kill", "--signal", "KILL", container]);
    await released(withApps([demo]));
    assert.equal((await notebooks("SELECT n FROM moved UNION SELECT n FROM moved_part", "notebooks")).output, "1\n2");
  });

  it("keeps more of its tables in memory on a machine with more memory", async () => {
    const memory = Number((await run("docker", ["info", "--format", "{{.MemTotal}}"])).output) / 2 ** 20;
    const more = Math.max(320, Math.floor(memory / 32)) - 320;
    const { output } = await run("docker", ["inspect", "--format", "{{.HostConfig.Memory}}", container]);
    assert.equal(Number(output) / 2 ** 20, 320 + more);
    assert.equal((await asRoot("SELECT @@innodb_buffer_pool_size DIV 1048576")).output, `${16 + more}`);
    // Its other memory is limited as on a small machine.
    const limits = await site.exec("mariadb", ["sh", "-c", "grep '^Max data size' /proc/1/limits"]);
    assert.match(limits.output, new RegExp(`^Max data size +${(364 + more) * 2 ** 20} `));
  });

  it("ends a statement that needs too much memory, and lets no session raise its limit", async () => {
    // Rows as DataFrame.to_sql sends them, 1 MB at a time.
    const inserting = (rows: number) =>
      `INSERT INTO narrow VALUES ${Array.from({ length: rows }, (_, n) => `(${n % 10},1)`).join()};`;
    const inserted = await notebooks(
      `CREATE TABLE narrow (a INT, b INT); ${inserting(166_000)} SELECT COUNT(*) FROM narrow; DROP TABLE narrow`,
      "notebooks",
    );
    assert.deepEqual(inserted, { code: 0, output: "166000" });
    const more = "SET max_session_mem_used = 1 << 40, max_heap_table_size = 1 << 40;";
    assert.deepEqual(await notebooks(`${more} SELECT @@max_session_mem_used, @@max_heap_table_size`), {
      code: 0,
      output: "100663296\t8388608",
    });
    // A row of 20 MB fits. A larger one causes an error instead of a closed connection.
    const row = (megabytes: number) => [
      `CREATE TEMPORARY TABLE wide (text LONGTEXT);`,
      `INSERT INTO wide VALUES ('${"x".repeat(megabytes << 20)}');`,
      `SELECT LENGTH(text) FROM wide`,
    ];
    assert.deepEqual(await notebooks(row(20).join("\n"), "notebooks"), { code: 0, output: `${20 << 20}` });
    assert.match((await notebooks(row(60).join("\n"), "notebooks")).output, /max-session-mem-used|Out of memory/);
    const tooMuch = await notebooks(
      `${more} CREATE TEMPORARY TABLE narrow (a INT, b INT); ${inserting(332_000)}`,
      "notebooks",
    );
    assert.equal(tooMuch.code, 1);
    assert.match(tooMuch.output, /--max-session-mem-used=100663296/);
  });

  it("works for other users while one user has all of its connections, with much memory in variables", async () => {
    await released(withApps([demo]));
    const started = await startedAt();
    const variables = Array.from({ length: 12 }, (_, n) => `SET @a${n} = REPEAT('x', 16000000);\n`).join("");
    const password = `MYSQL_PWD=${secrets.notebooksDatabasePassword}`;
    const client = ["mariadb", "--protocol=tcp", "--host=mariadb", "--skip-ssl", "--user=notebooks", "--force"];
    const clients = Array.from({ length: 15 }, () =>
      start("docker", ["exec", "-i", "-e", password, container, ...client], {
        input: `${variables}SELECT 'full'; DO SLEEP(60);`,
      }),
    );
    const full = () => asRoot("SELECT COUNT(*) FROM information_schema.processlist WHERE info LIKE 'DO SLEEP%'");
    await until("15 full connections", async () => (await full()).output === "15");
    assert.match((await notebooks("SELECT 1")).output, /max_user_connections/);
    assert.equal((await ofDemo("SELECT COUNT(*) FROM pairings")).output, "2");
    await released(withApps([demo]));
    for (const { child } of clients) child.kill();
    await asRoot("SELECT CONCAT('KILL ', id) FROM information_schema.processlist WHERE user = 'notebooks'").then(
      ({ output }) => asRoot(output.replaceAll("\n", ";")),
    );
    await Promise.all(clients.map(({ ended }) => ended));
    assert.equal((await notebooks("SELECT 1")).output, "1");
    assert.equal(await startedAt(), started);
  });

  it("has a connection left for a release while others are open without signing in", async () => {
    const open = "for i in $(seq 150); do exec {n}<>/dev/tcp/127.0.0.1/3306 && echo $i; done; sleep 3";
    const flood = start("docker", ["exec", container, "bash", "-c", open]);
    await until("150 connections", () => flood.said().includes("\n150\n"));
    assert.match((await asRoot("SELECT 1")).output, /Too many connections/);
    await released(withApps([demo]));
    await flood.ended;
  });

  it("sorts and changes tables larger than its memory", async () => {
    const filled = await notebooks(
      "CREATE OR REPLACE TABLE large AS SELECT seq AS id, REPEAT(MD5(seq), 8) AS text FROM seq_1_to_150000; ALTER TABLE large ADD INDEX (text), ALGORITHM = COPY; SELECT COUNT(*) FROM (SELECT text, COUNT(*) FROM large GROUP BY text ORDER BY text DESC) AS t; DROP TABLE large",
      "notebooks",
    );
    assert.deepEqual(filled, { code: 0, output: "150000" });
    const { output } = await run("docker", [
      "inspect",
      "--format",
      "{{.State.OOMKilled}} {{.RestartCount}}",
      container,
    ]);
    assert.equal(output, "false 0\n");
  });

  it("upgrades its system tables to the version of another databaseTag, and keeps its data", async () => {
    // The state of an earlier series.
    await site.exec("mariadb", ["sh", "-c", "echo 11.4.5-MariaDB >/var/lib/mysql/mariadb_upgrade_info"]);
    await run("docker", ["restart", container]);
    await released(withApps([demo]));
    const { output: logged } = await run("docker", ["logs", container]);
    assert.match(logged, /Starting mariadb-upgrade/);
    const { output: version } = await site.exec("mariadb", ["cat", "/var/lib/mysql/mariadb_upgrade_info"]);
    assert.match(version, /^11\.8\./);
    assert.equal((await ofDemo("SELECT COUNT(*) FROM pairings")).output, "2");
  });

  it("lets a site with other secrets use its data, as after `pulumi destroy`", async () => {
    await run(`${site.host.layout.root}/bin/site-apply`, ["down", site.project]);
    await released(withApps([demo], { secrets: { databaseRootPassword: "a-third-root" } }));
    assert.equal((await ofDemo("SELECT COUNT(*) FROM pairings")).output, "2");
  });
});

describe("A MariaDB that was killed during its first set-up", () => {
  let site: RunningSite;
  beforeAll(() => {
    site = runningSite(["mariadb"]);
  });
  afterAll(() => site.remove());

  it("is set up again by the next release", async () => {
    const data = `${site.host.folder}/data/mariadb`;
    const cutOff = site.release(withApps([]));
    await until("a data directory", () => existsSync(`${data}/mysql`));
    await run("docker", ["kill", "--signal", "KILL", await site.container("mariadb")]);
    const { code, output } = await cutOff;
    assert.equal(code, 1);
    assert.match(output, /^mariadb stopped by itself/m);

    const next = await site.release(withApps([]));
    assert.equal(next.code, 0, next.output);
    assert.equal(existsSync(`${data}/.first-set-up`), false);
    const asNotebooks = [
      "env",
      `MYSQL_PWD=${secrets.notebooksDatabasePassword}`,
      "mariadb",
      "--skip-ssl",
      "-unotebooks",
    ];
    assert.equal((await site.exec("mariadb", [...asNotebooks, "-N", "-e", "SHOW DATABASES"])).code, 0);
  });
});

describe("A MariaDB that starts slowly", () => {
  const folder = mkdtempSync(`${tmpdir()}/jupyter-up-slow-`);
  const containers: string[] = [];
  const image = mirrored(
    serviceOf(siteWith({ settings: { database: "true" } }), "mariadb").image.reference,
    imageMirror,
  );
  beforeAll(() => pullImages([image]));
  afterAll(async () => {
    await run("docker", ["rm", "--force", "--volumes", ...containers]);
    rmSync(folder, { recursive: true });
  });

  /** Starts the image by the site's script. `words` run in place of the server that sets up the folder, before it. */
  async function started(words: string): Promise<() => Promise<string>> {
    const server = `${folder}/${containers.length}`;
    const script = `#!/bin/sh\ncase "$*" in *--skip-networking*) ${words} ;; esac\nexec /usr/sbin/mariadbd "$@"\n`;
    writeFileSync(server, script, { mode: 0o755 });
    const files = new URL("../../files/services/mariadb", import.meta.url).pathname;
    const mounts = [`${files}:/etc/mysql/conf.d:ro`, `${server}:/usr/local/sbin/mariadbd:ro`];
    const { code, output } = await run("docker", [
      ...["run", "--detach", "--network", "none", "--user", "999:999", "--env", "MARIADB_ROOT_PASSWORD=secret"],
      ...mounts.flatMap((mount) => ["--volume", mount]),
      ...["--entrypoint", "sh", image, "/etc/mysql/conf.d/start.sh", "320", "32"],
    ]);
    assert.equal(code, 0, output);
    const container = output.trim();
    containers.push(container);
    return async () => (await run("docker", ["logs", container])).output;
  }

  it("is set up, although that takes longer than its image waits", async () => {
    const log = await started("sleep 40");
    await until("the end of the set-up", async () => /init process done|Unable to start/.test(await log()), 120);
    assert.match(await log(), /init process done/);
  });

  it("ends at once if the server that sets up the folder ends", async () => {
    const log = await started("exit 3");
    const container = containers.at(-1) ?? "";
    await until(
      "the end",
      async () => (await run("docker", ["inspect", "--format", "{{.State.Running}}", container])).output === "false\n",
      30,
    );
    assert.doesNotMatch(await log(), /init process done/);
  });
});
