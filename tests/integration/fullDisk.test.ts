import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, statfsSync, statSync } from "node:fs";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { freePort } from "../../offline/support/freePort.ts";
import { run } from "../support/command.ts";
import { type RunningSite, runningSite } from "../support/runningSite.ts";
import { secrets } from "../support/site.ts";
import { type SmallDisk, smallDisk } from "../support/smallDisk.ts";
import { until } from "../support/until.ts";
import { visitor } from "../support/visitor.ts";

const ann = "ann@example.com";
const IN_KERNEL = readFileSync(new URL("../support/inKernel.py", import.meta.url), "utf8");
const IN_TERMINAL = readFileSync(new URL("../support/inTerminal.py", import.meta.url), "utf8");

// Writes until no block is free.
const FILL = `
import os
with open("/home/jovyan/work/large.bin", "ab") as file:
    size = 1 << 20
    while size:
        try:
            os.write(file.fileno(), b"x" * size)
        except OSError:
            size //= 2
`;

const skip = process.getuid?.() !== 0 && "only root can mount a disk";

(skip ? describe.skip : describe)("A data disk filled by a kernel", () => {
  let site: RunningSite;
  let mounted: SmallDisk;
  let disk: string;
  let notebooks: string;
  let layout: { data: string; notebooks: string; httpsPort: number; httpPort: number };

  const release = (settings = {}) =>
    site.release({ settings: { domain: "lab.example.com", allow: [ann], database: "true", ...settings }, layout });

  const person = visitor(() => layout.httpsPort, ann);
  /** Sends a request through the door, like a browser. */
  const visit = (host: string, path: string, method = "GET", json?: object) =>
    person.visit(host, path, {
      method,
      ...(json ? { json } : {}),
      headers: { cookie: "_xsrf=x", "x-xsrftoken": "x", "sec-fetch-mode": "cors" },
    });
  const jupyter = (path: string, method = "GET", json?: object) => visit("jupyter.lab.example.com", path, method, json);
  const contents = (name: string, method = "GET", json?: object) => jupyter(`/api/contents/${name}`, method, json);
  const saved = (name: string, source: string) =>
    contents(name, "PUT", {
      type: "notebook",
      format: "json",
      content: {
        cells: [{ cell_type: "code", id: "a", source, metadata: {}, outputs: [], execution_count: null }],
        metadata: {},
        nbformat: 4,
        nbformat_minor: 5,
      },
    });
  const file = (name: string) => readFileSync(`${notebooks}/${name}`, "utf8");

  const inJupyter = async (command: string[], input = "") => {
    const { code, output } = await site.exec("jupyter", command, input);
    assert.equal(code, 0, output);
    return output;
  };
  const sql = (statement: string) =>
    site.exec("mariadb", [
      ...["env", `MYSQL_PWD=${secrets.notebooksDatabasePassword}`, "mariadb", "--protocol=tcp", "--host=mariadb"],
      ...["--skip-ssl", "--user=notebooks", "-N", "-B", "notebooks", "-e", statement],
    ]);

  async function fill(): Promise<void> {
    await inJupyter(["python3", "-c", IN_KERNEL], FILL);
    // ext4 allocates written data later, so the last blocks may become free again.
    await until("not one block is left", async () => {
      await inJupyter(["python3", "-c", FILL]);
      return statfsSync(disk).bavail === 0;
    });
  }
  const isServing = () =>
    jupyter("/api/status").then(
      ({ status }) => status === 200,
      () => false,
    );
  const works = async () => (await sql("SELECT 1")).code === 0;

  beforeAll(async () => {
    site = runningSite(["nginx", "vouch", "jupyter", "mariadb"]);
    disk = `${site.host.folder}/disk`;
    notebooks = `${disk}/notebooks`;
    layout = { data: `${disk}/data`, notebooks, httpsPort: await freePort(), httpPort: await freePort() };
    mounted = await smallDisk(disk, 600);
    const { code, output } = await release();
    assert.equal(code, 0, output);
    assert.equal((await saved("mine.ipynb", "1 + 1")).status, 201);
    assert.equal((await sql("CREATE TABLE numbers (n INT PRIMARY KEY); INSERT INTO numbers VALUES (1)")).code, 0);
    await fill();
  });
  afterAll(async () => {
    await run(`${site.host.layout.root}/bin/site-apply`, ["down", site.project]);
    await mounted.remove();
    await site.remove();
  });

  it("is reported on the front page, and sign-in still works", async () => {
    const { status, body } = await visit("lab.example.com", "/");
    assert.equal(status, 200);
    assert.match(
      body,
      /The disk is 100 % full: 0\.0 KB are free\. <a href="https:\/\/jupyter\.lab\.example\.com:\d+\/disk">/,
    );
  });

  it("keeps nobody from signing in who was not signed in before", async () => {
    const another = visitor(() => layout.httpsPort, ann);
    assert.equal((await another.visit("lab.example.com", "/")).status, 200);
    assert.equal((await another.visit("jupyter.lab.example.com", "/disk")).status, 200);
  });

  it("is explained by a page with the largest files", async () => {
    const { status, body } = await jupyter("/disk");
    assert.equal(status, 200);
    assert.match(body, /<td>[\d.]+ MB<\/td><td>1 file<\/td><td>large\.bin<\/td>/);
  });

  it("loses no byte of a notebook that cannot be saved, and the user gets instructions", async () => {
    const before = file("mine.ipynb");
    for (const source of ["2 + 2", "x".repeat(3000), "x".repeat(300_000)]) {
      const { status, body } = await saved("mine.ipynb", source);
      assert.equal(status, 507, body);
      assert.match(
        JSON.parse(body).message,
        /^mine\.ipynb was not saved\. The disk is full\. What was saved before is unchanged\. .* large\.bin \([\d.]+ MB\)/,
      );
      assert.equal(file("mine.ipynb"), before);
    }
    assert.equal((await saved("new.ipynb", "1")).status, 507);
    assert.deepEqual(readdirSync(notebooks).sort(), [".ipynb_checkpoints", "large.bin", "mine.ipynb", "welcome.ipynb"]);
  });

  it("loses no byte of a notebook if only a part of the new content fits", async () => {
    const before = file("mine.ipynb");
    for (const blocks of [1, 2, 3]) {
      await inJupyter(["truncate", "--size", `-${blocks * 4096}`, "/home/jovyan/work/large.bin"]);
      assert.equal((await saved("mine.ipynb", "x".repeat(60_000))).status, 507);
      assert.equal(file("mine.ipynb"), before);
    }
    await fill();
  });

  it("lets kernels and terminals start", async () => {
    assert.equal(await inJupyter(["python3", "-c", IN_KERNEL], "print(6 * 7)"), "42\n");
    assert.match(await inJupyter(["python3", "-c", IN_TERMINAL], "du -h work/large.bin"), /large\.bin/);
  });

  it("leaves space for the database, which keeps running", async () => {
    const { code, output } = await sql(
      "INSERT INTO numbers SELECT seq FROM seq_2_to_20000; SELECT COUNT(*) FROM numbers",
    );
    assert.deepEqual({ code, output }, { code: 0, output: "20000\n" });
  });

  it("refuses a release, which changes nothing", async () => {
    const state = async () => ({
      entries: site.host.entries(),
      containers: await Promise.all(["nginx", "vouch", "jupyter", "mariadb"].map((name) => site.container(name))),
      disk: readdirSync(disk, { recursive: true, encoding: "utf8" }).length,
    });
    const before = await state();
    const { code, output } = await release({ allow: [ann, "bob@example.com"] });
    assert.equal(code, 1);
    assert.match(
      output,
      /^The disk is full: 0 MiB and \d+ inodes are free at \S+, but a release needs 64 MiB and 1000 inodes\. Nothing was changed\. The largest folders of the site on it: \S+notebooks [\d.]+ [GM]B/m,
    );
    // The files sent before are in folders named after their content, which nothing uses.
    assert.deepEqual({ ...(await state()), entries: [] }, { ...before, entries: [] });
    assert.equal(site.host.read("current/release.json").includes("bob@"), false);
  });

  it("lets all services start again, as at a boot, even if no block is left for root", async () => {
    const containers = await Promise.all(["nginx", "vouch", "jupyter", "mariadb"].map((name) => site.container(name)));
    // A machine that is switched off may end them before they have stopped.
    await run("docker", ["kill", ...containers]);
    await mounted.fill();
    const { code, output } = await run("docker", ["start", ...containers]);
    assert.equal(code, 0, output);
    await until("Jupyter answers", isServing, 120);
    await until("the database answers", works, 120);
    assert.equal((await sql("SELECT COUNT(*) FROM numbers")).output, "20000\n");
    assert.equal((await contents("mine.ipynb")).status, 200);
    assert.match((await visit("lab.example.com", "/")).body, /The disk is \d+ % full/);
    mounted.free();
  });

  it("becomes usable when a file is deleted in JupyterLab", async () => {
    assert.equal((await contents("large.bin", "DELETE")).status, 204);
    assert.ok(statfsSync(disk).bavail > 0);
    assert.equal((await saved("mine.ipynb", "3 + 3")).status, 200);
    assert.match(file("mine.ipynb"), /3 \+ 3/);
    assert.equal(statSync(`${notebooks}/mine.ipynb`).uid, 1000);
    assert.doesNotMatch((await visit("lab.example.com", "/")).body, /The disk is/);
    const { code, output } = await release();
    assert.equal(code, 0, output);
  });

  it("filled by tables lets a statement fail, but loses no acknowledged row, and the database recovers at once", async () => {
    await fill();
    assert.ok(existsSync(`${disk}/data/mariadb/.reserve`));
    // The statement fills the space that ext4 reserves for MariaDB, and InnoDB needs more to roll it back.
    const { code, output } = await sql(
      "CREATE TABLE large (text LONGTEXT); INSERT INTO large SELECT REPEAT('x', 1000000) FROM seq_1_to_300",
    );
    // The client runs in the container that ends.
    assert.notEqual(code, 0, output);
    await until("the database answers", works, 120);
    assert.equal((await sql("SELECT COUNT(*) FROM numbers")).output, "20000\n");
    assert.equal(
      (await sql("DROP TABLE large; INSERT INTO numbers VALUES (0); SELECT COUNT(*) FROM numbers")).output,
      "20001\n",
    );
    await inJupyter(["rm", "/home/jovyan/work/large.bin"]);
    const ended = await release();
    assert.equal(ended.code, 0, ended.output);
    assert.ok(existsSync(`${disk}/data/mariadb/.reserve`));
  });

  it("filled by small files is reported as such, and loses no byte of a notebook", async () => {
    const before = file("mine.ipynb");
    const many = `
import os
os.mkdir("/home/jovyan/work/tiles")
try:
    for n in range(10**6): os.mknod(f"/home/jovyan/work/tiles/{n}")
except OSError:
    pass
`;
    await inJupyter(["python3", "-c", many]);
    const { status, body } = await saved("mine.ipynb", "4 + 4");
    assert.equal(status, 507, body);
    assert.match(JSON.parse(body).message, /The disk can hold no more files\. .* most files: tiles \([\d,]+ files\)/);
    assert.equal(file("mine.ipynb"), before);
    assert.match(
      (await visit("lab.example.com", "/")).body,
      /The disk holds 100 % of the files that it can hold: 0 more/,
    );
    assert.match((await jupyter("/disk")).body, /<td>[\d,]+ files<\/td><td>tiles<\/td>/);
    await inJupyter(["rm", "-r", "/home/jovyan/work/tiles"]);
    assert.equal((await saved("mine.ipynb", "4 + 4")).status, 200);
  });
});
