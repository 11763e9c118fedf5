import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { run } from "../support/command.ts";
import { stackConfig } from "../support/projectFile.ts";
import { rootSql } from "../support/rootSql.ts";
import { type RunningSite, runningSite } from "../support/runningSite.ts";
import { until } from "../support/until.ts";

const read = (name: string) => readFileSync(new URL(`../support/${name}`, import.meta.url), "utf8");
const [demo] = stackConfig("local")["jupyter-up:apps"] as [Record<string, unknown>];

/** A zone without daylight-saving time, whose offset no other default has. */
const ZONE = "Asia/Kathmandu";
const OFFSET = "+05:45";

describe("A site in another time zone", () => {
  let site: RunningSite;
  beforeAll(async () => {
    site = runningSite(["nginx", "vouch", "jupyter", "mariadb", "phpdemo"]);
    const settings = { timezone: ZONE, database: "true", history: { every: 15 }, apps: [demo] };
    const { code, output } = await site.release({ settings });
    assert.equal(code, 0, output);
    assert.doesNotMatch(output, /has no time zones/);
  });
  afterAll(() => site?.remove());

  it("has its time in kernels and terminals", async () => {
    const code = `
import datetime, subprocess, time
shell = subprocess.run(["date", "+%:z"], capture_output=True, text=True).stdout.strip()
print(datetime.datetime.now().astimezone().isoformat()[-6:], time.tzname[0], shell)
`;
    const kernel = await site.exec("jupyter", ["python3", "-c", read("inKernel.py")], code);
    assert.deepEqual(kernel, { code: 0, output: `${OFFSET} +0545 ${OFFSET}\n` });
    const terminal = await site.exec("jupyter", ["python3", "-c", read("inTerminal.py")], "date +%:z");
    assert.deepEqual(terminal, { code: 0, output: `${OFFSET}\n` });
  });

  it("has its time in MariaDB, which keeps moments in UTC", async () => {
    assert.equal(await rootSql(site, "SELECT TIMEDIFF(NOW(), UTC_TIMESTAMP()), @@time_zone"), "05:45:00\tSYSTEM");
    await rootSql(
      site,
      `CREATE TABLE moments (at TIMESTAMP, written DATETIME);
      SET time_zone = '+00:00';
      INSERT INTO moments VALUES ('2026-11-28 07:15:00', '2026-11-28 07:15:00')`,
    );
    assert.equal(await rootSql(site, "SELECT * FROM moments"), "2026-11-28 13:00:00\t2026-11-28 07:15:00");
    assert.equal((await site.exec("mariadb", ["sh", "/etc/mysql/conf.d/dump.sh", "now"])).code, 0);
    const dump = readFileSync(`${site.host.folder}/data/history/dumps/notebooks/notebooks.sql.gz`);
    const text = gunzipSync(dump).toString();
    assert.match(text, /SET TIME_ZONE='\+00:00'/);
    assert.match(text, /'2026-11-28 07:15:00','2026-11-28 07:15:00'/);
  });

  it("has its time in nginx's log", async () => {
    await site.exec("nginx", ["wget", "--proxy=off", "-q", "-O", "/dev/null", "http://127.0.0.1:8080/"]);
    const log = async () => (await run("docker", ["logs", await site.container("nginx")])).output;
    await until("a request in the log", async () => (await log()).includes(" 444 "));
    assert.match(await log(), /^127\.0\.0\.1 \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+05:45 127\.0\.0\.1 GET \/ 444 /m);
  });

  it("has its time in the PHP demo", async () => {
    const page =
      "$_SERVER['REQUEST_METHOD'] = 'GET'; ob_start(); include '/var/www/html/public/index.php'; ob_end_clean();";
    const { code, output } = await site.exec("phpdemo", ["php", "-r", `${page} echo date('P e');`]);
    assert.deepEqual({ code, last: output.trim().split("\n").at(-1) }, { code: 0, last: `${OFFSET} ${ZONE}` });
  });
});
