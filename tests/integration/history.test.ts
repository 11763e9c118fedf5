import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { run } from "../support/command.ts";
import { rootSql } from "../support/rootSql.ts";
import { type RunningSite, runningSite } from "../support/runningSite.ts";
import type { Changes } from "../support/site.ts";
import { until } from "../support/until.ts";

const IN_KERNEL = readFileSync(new URL("../support/inKernel.py", import.meta.url), "utf8");

/** Sends a request to Jupyter's contents API like the file browser: method, path and body; prints status and response. */
const CONTENTS = `
import json, pathlib, sys, urllib.error, urllib.parse, urllib.request
secret = pathlib.Path("/run/secrets/jupyter/door-secret").read_text().strip()
headers = {"X-Door-Secret": secret, "X-Auth-User": "ann@example.com", "Cookie": "_xsrf=00", "X-XSRFToken": "00"}
method, path, body = sys.argv[1:]
request = urllib.request.Request(
    "http://jupyter:8888/api/contents/" + urllib.parse.quote(path), method=method, headers=headers, data=body.encode() or None
)
try:
    answer = urllib.request.urlopen(request)
    print(json.dumps([answer.status, json.loads(answer.read() or b"null")]))
except urllib.error.HTTPError as error:
    print(json.dumps([error.code, None]))
`;

/** Attempts of a notebook to change the history; prints those that succeeded. */
const ATTACK = `
import os, pathlib, shutil, subprocess
history = pathlib.Path.home() / "work/History"
files = [path for path in history.rglob("*") if path.is_file()]
done = []
for what in [
    lambda: files[0].write_text("x"),
    lambda: files[0].unlink(),
    lambda: files[0].chmod(0o777),
    lambda: os.utime(files[0], (0, 0)),
    lambda: os.truncate(files[0], 0),
    lambda: os.rename(files[0], history / "x"),
    lambda: os.link(files[0], history / "x"),
    lambda: (history / "x").write_text("x"),
    lambda: shutil.rmtree(history),
    lambda: os.rename(history, history.parent / "x"),
    lambda: os.link(files[0], history.parent / "x"),
    lambda: subprocess.run(["mount", "-o", "remount,rw", str(history)], check=True, capture_output=True),
    lambda: subprocess.run(["umount", str(history)], check=True, capture_output=True),
]:
    try:
        what()
        done.append(what)
    except (OSError, shutil.Error, subprocess.CalledProcessError):
        pass
print(len(files) > 0, len(done))
`;

/** Every file below a folder, with its mode and a hash of its content. */
function filesBelow(folder: string): Record<string, string> {
  const paths = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((path) => !/^History\b/.test(path));
  return Object.fromEntries(
    paths.sort().flatMap((path) => {
      const file = join(folder, path);
      const state = lstatSync(file);
      if (!state.isFile()) return [];
      return [[path, `${createHash("sha256").update(readFileSync(file)).digest("hex")} ${state.mode}`]];
    }),
  );
}

describe("The history of a running site", () => {
  let site: RunningSite;
  let notebooks: string;
  const changes: Changes = { settings: { database: "true", history: { every: 15 } } };

  const inJupyter = async (...command: string[]) => {
    const { code, output } = await site.exec("jupyter", command);
    assert.equal(code, 0, output);
    return output.trim();
  };
  const inKernel = async (code: string) => {
    const { output } = await site.exec("jupyter", ["python3", "-c", IN_KERNEL], code);
    return output.trim();
  };
  const contents = async (method: string, path: string, body = "") =>
    JSON.parse(await inJupyter("python3", "-c", CONTENTS, method, path, body)) as [
      number,
      { content: { name: string }[]; path: string; writable: boolean } | null,
    ];
  const sql = (text: string, database?: string) => rootSql(site, text, database);
  const dump = async (...words: string[]) =>
    assert.deepEqual(await site.exec("mariadb", ["sh", "/etc/mysql/conf.d/dump.sh", ...words]), {
      code: 0,
      output: "",
    });
  /** Takes a state like the site's own service; returns the names of all states. */
  async function keep(series = "notebooks"): Promise<string[]> {
    const { code, output } = await site.host.apply("history");
    assert.equal(code, 0, output);
    return statesOf(series);
  }
  const folderOf = (series: string) => `${site.host.folder}/data/history/jupyter/${series}`;
  const statesOf = (series: string) => (existsSync(folderOf(series)) ? readdirSync(folderOf(series)).sort() : []);

  beforeAll(async () => {
    site = runningSite(["jupyter", "mariadb", "site-history"]);
    notebooks = `${site.host.folder}/notebooks`;
    mkdirSync(`${notebooks}/reports`, { recursive: true });
    for (let number = 0; number < 30; number += 1)
      writeFileSync(`${notebooks}/reports/${number}.ipynb`, JSON.stringify({ cells: [], number }));
    if (process.getuid?.() === 0) await run("chown", ["-R", "1000:100", notebooks]);
    const { code, output } = await site.release(changes);
    assert.equal(code, 0, output);
  });
  afterAll(() => site.remove());

  it("is taken by the site's service soon after the release", async () => {
    await until("a first state", async () => statesOf("notebooks").length > 0, 60);
    assert.match(statesOf("notebooks")[0] ?? "", /^\d{4}-\d\d-\d\d \d\d\.\d\d$/);
  });

  it("is shown in JupyterLab's file browser beside the notebooks, read-only", async () => {
    const [, root] = await contents("GET", "");
    assert.deepEqual(root?.content.map(({ name }) => name).sort(), ["History", "reports", "welcome.ipynb"]);
    const [, series] = await contents("GET", "History");
    assert.deepEqual(series?.content.map(({ name }) => name).sort(), ["home", "notebooks"]);
    const [status, file] = await contents("GET", `History/notebooks/${statesOf("notebooks")[0]}/reports/7.ipynb`);
    assert.deepEqual([status, file?.writable], [200, false]);
  });

  it("cannot be changed or deleted by notebook code", async () => {
    const before = filesBelow(folderOf("notebooks"));
    assert.equal(await inKernel(ATTACK), "True 0");
    assert.deepEqual(filesBelow(folderOf("notebooks")), before);
  });

  it("restores every byte of a file that was deleted, truncated, overwritten or rewritten", async () => {
    const before = filesBelow(notebooks);
    const [state = ""] = await keep();
    const damages = [
      "import os; os.unlink('reports/3.ipynb')",
      "import os; os.truncate('reports/4.ipynb', 0)",
      `open('reports/5.ipynb', 'w').write('{"cells": [{"cell_type": "code", "source": ""}]}')`,
      "import os, pathlib\nfor file in pathlib.Path('reports').iterdir():\n    file.write_bytes(os.urandom(100)); file.rename(f'{file}.locked')",
      "import shutil; shutil.rmtree('reports')",
    ];
    for (const damage of damages) {
      await inKernel(`import os\nos.chdir('/home/jovyan/work')\n${damage}`);
      await keep();
      const kept = filesBelow(`${folderOf("notebooks")}/${state}`);
      assert.deepEqual(kept, before, damage);
    }
    // Like a user in a terminal.
    await inJupyter("cp", "-a", `/home/jovyan/work/History/notebooks/${state}/reports`, "/home/jovyan/work/");
    assert.deepEqual(filesBelow(notebooks), before);
  });

  it("copies a file that is dragged out of it in the file browser", async () => {
    const [state = ""] = statesOf("notebooks");
    const old = `History/notebooks/${state}/reports`;
    for (const [from, to] of [
      [`${old}/9.ipynb`, "9 again.ipynb"],
      [old, "reports again"],
    ]) {
      const [status, model] = await contents("PATCH", from ?? "", JSON.stringify({ path: to }));
      // JupyterLab gives a tab of the old file this path.
      assert.deepEqual([status, model?.path, model?.writable], [200, from, false]);
      assert.equal((await contents("GET", to ?? ""))[1]?.writable, true);
    }
    const original = readFileSync(`${folderOf("notebooks")}/${state}/reports/9.ipynb`);
    assert.deepEqual(readFileSync(`${notebooks}/9 again.ipynb`), original);
    assert.equal(readdirSync(`${notebooks}/reports again`).length, 30);
    assert.equal((await contents("PATCH", `${old}/9.ipynb`, JSON.stringify({ path: "9 again.ipynb" })))[0], 409);
    // Other files are moved, as usual.
    assert.equal((await contents("PATCH", "9 again.ipynb", JSON.stringify({ path: "moved.ipynb" })))[0], 200);
    assert.ok(!existsSync(`${notebooks}/9 again.ipynb`));
    assert.notEqual((await contents("DELETE", `${old}/9.ipynb`))[0], 204);
  });

  it("contains dumps of the notebooks' database that can be restored", async () => {
    await sql("CREATE TABLE t (id INT PRIMARY KEY, text VARBINARY(9)); INSERT INTO t VALUES (1, x'ff00'), (2, 'two')");
    await dump("now");
    const state = (await keep("database")).at(-1);
    const file = `/home/jovyan/work/History/database/${state}/notebooks.sql.gz`;
    const text = await inJupyter("gunzip", "-c", file);
    await sql("DROP TABLE t");
    await sql("CREATE DATABASE scratch");
    await sql(text, "scratch");
    assert.equal(await sql("SELECT id, HEX(text) FROM t ORDER BY id", "scratch"), "1\tFF00\n2\t74776F");
    await sql("DROP DATABASE scratch");
    assert.equal(statSync(folderOf("database")).isDirectory(), true);
  });

  it("dumps a database only after a change, and at most once an hour", async () => {
    const dumped = () => statSync(`${site.host.folder}/data/history/dumps/notebooks/notebooks.sql.gz`);
    const stateFile = `${site.host.folder}/data/mariadb/.dumped`;
    const lastDump = () => statSync(stateFile).mtimeMs;
    // Reads, connections and the health check change nothing. MariaDB may still clean up in the background after the tables
    // dropped by earlier tests, so the first rounds can see a change.
    await until("reads change nothing", async () => {
      await dump("now");
      const last = lastDump();
      await sql("SELECT SUM(1) FROM information_schema.TABLES GROUP BY TABLE_SCHEMA ORDER BY 1");
      await dump("now");
      return lastDump() === last;
    });
    const before = dumped().ino;
    await sql("CREATE TABLE u (id INT) ENGINE=Aria; INSERT INTO u VALUES (1)");
    await dump();
    assert.equal(dumped().ino, before);
    await dump("now");
    assert.notEqual(dumped().ino, before);
    const last = dumped().ino;
    await sql("INSERT INTO u VALUES (2); DELETE FROM u WHERE id = 2");
    await dump("now");
    assert.equal(dumped().ino, last);
  });

  describe("dumps a large database", () => {
    const folder = "/dumps/others/.new/bin";
    const here = () => `${site.host.folder}/data/history/dumps/others/.new/bin`;
    /** Runs dump.sh on a disk that seems to need `seconds` for each 4 MB. */
    async function dumpSlowly(seconds: number, ...words: string[]) {
      mkdirSync(here(), { recursive: true });
      const programs = {
        sync: `echo x >>${folder}/syncs`,
        date: `expr $(/usr/bin/date +%s%3N) + ${seconds * 1000} '*' $(cat ${folder}/syncs 2>/dev/null | wc -l)`,
        sleep: `echo x >>${folder}/pauses; exec /usr/bin/sleep "$@"`,
      };
      for (const [name, line] of Object.entries(programs))
        writeFileSync(`${here()}/${name}`, `#!/bin/sh\n${line}\n`, { mode: 0o755 });
      rmSync(`${here()}/pauses`, { force: true });
      await run("chmod", ["-R", "a+rwX", here()]);
      await sql("INSERT INTO large VALUES (REPEAT(UUID(), 10)); UPDATE large SET text = CONCAT(text, '.')");
      const options = [`PATH=${folder}:/usr/local/bin:/usr/bin:/bin`, "sh", "/etc/mysql/conf.d/dump.sh", ...words];
      return site.exec("mariadb", ["env", ...options]);
    }
    const pauses = () =>
      existsSync(`${here()}/pauses`) ? readFileSync(`${here()}/pauses`, "utf8").split("\n").length - 1 : 0;
    /** The number of rows in the newest dump; 0 if it is incomplete. */
    async function rows(): Promise<number> {
      const file = `${site.host.folder}/data/history/dumps/notebooks/notebooks.sql.gz`;
      const { output } = await run("sh", [
        "-c",
        `gunzip -c '${file}' | tail -n 1; gunzip -c '${file}' | grep -o uuid- | wc -l`,
      ]);
      const [end = "", count] = output.trim().split("\n");
      return /^-- Dump completed/.test(end) ? Number(count) : 0;
    }
    /** As if the last dump were more than an hour old. */
    const age = () => rmSync(`${site.host.folder}/data/mariadb/.dumped`, { force: true });

    beforeAll(async () => {
      await sql(
        "CREATE TABLE large (text LONGTEXT); INSERT INTO large SELECT CONCAT('uuid-', REPEAT(UUID(), 30)) FROM seq_1_to_20000",
      );
    });
    afterAll(async () => {
      await sql("DROP TABLE large");
      rmSync(here(), { recursive: true });
    });

    it("with a pause after each 4 MB for a timer, and without one before a release", async () => {
      age();
      assert.deepEqual(await dumpSlowly(0.2), { code: 0, output: "" });
      assert.ok(pauses() >= 5, `${pauses()}`);
      assert.equal(await rows(), 20_000);
      assert.deepEqual(await dumpSlowly(0.2, "now"), { code: 0, output: "" });
      assert.equal(pauses(), 0);
      assert.equal(await rows(), 20_000);
    });

    it("without any more pauses once a release waits for it", async () => {
      age();
      const slow = dumpSlowly(1000);
      await until("it pauses", async () => pauses() > 0);
      await dump("now");
      assert.deepEqual(await slow, { code: 0, output: "" });
      assert.equal(await rows(), 20_000);
    });
  });

  it("takes a state before each release", async () => {
    const before = statesOf("notebooks").length;
    writeFileSync(`${notebooks}/just now.ipynb`, "{}");
    const { code, output } = await site.release({
      ...changes,
      settings: { ...changes.settings, allow: ["bob@example.com"] },
    });
    assert.equal(code, 0, output);
    assert.match(output, /^History: saved the state of .*jupyter\/notebooks.*\.$/m);
    const states = statesOf("notebooks");
    assert.equal(states.length, before + 1);
    assert.ok(existsSync(`${folderOf("notebooks")}/${states.at(-1)}/just now.ipynb`));
  });

  it("continues after its service was killed", async () => {
    const before = statesOf("notebooks").length;
    writeFileSync(`${notebooks}/large`, Buffer.alloc(20_000_000, 1));
    await run("docker", ["kill", await site.container("site-history")]);
    await run("docker", ["start", await site.container("site-history")]);
    await until("another state", async () => statesOf("notebooks").length > before, 60);
    // The run that made the state may still be writing its record.
    const work = `${site.host.folder}/data/history/work`;
    await until("without leftovers", async () => readdirSync(work).length === 0, 60);
  });

  it("refuses a release that would hide a folder of the user", async () => {
    const other = runningSite(["jupyter"]);
    try {
      mkdirSync(`${other.host.folder}/notebooks/History`, { recursive: true });
      writeFileSync(`${other.host.folder}/notebooks/History/mine.ipynb`, "{}");
      if (process.getuid?.() === 0) await run("chown", ["-R", "1000:100", `${other.host.folder}/notebooks`]);
      const { code, output } = await other.release(changes);
      assert.equal(code, 1);
      assert.match(output, /\/notebooks\/History already exists .*Nothing was changed\. Rename it \(mv /);
      rmSync(`${other.host.folder}/notebooks/History`, { recursive: true });
    } finally {
      await other.remove();
    }
  });
});
