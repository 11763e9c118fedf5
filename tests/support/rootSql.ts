import assert from "node:assert/strict";
import type { RunningSite } from "./runningSite.ts";
import { secrets } from "./site.ts";

/** Runs SQL as root in the MariaDB of a site; returns the rows, a line for each. */
export async function rootSql(site: RunningSite, text: string, database = "notebooks"): Promise<string> {
  const client = ["mariadb", "--protocol=socket", "--skip-ssl", "-uroot", "-N", "-B", database];
  const { code, output } = await site.exec(
    "mariadb",
    ["env", `MYSQL_PWD=${secrets.databaseRootPassword}`, ...client],
    text,
  );
  assert.equal(code, 0, output);
  return output.trim();
}
