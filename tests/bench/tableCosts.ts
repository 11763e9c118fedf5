import { PlainError } from "../../scripts/cli/plainError.ts";
import { rootSql } from "../support/rootSql.ts";
import type { RunningSite } from "../support/runningSite.ts";
import { rounded } from "./figures.ts";
import type { Result } from "./result.ts";
import { apply, inService, memoryOnHost, seconds } from "./siteWork.ts";

/** Rows of 1,000 bytes of text: 1 GB. Half of it is information, so compression helps a little. */
const ROWS = 1_000_000;

/** The costs of the backup and the restore of a large table. The site has a backup. */
export async function tableCosts(site: RunningSite): Promise<Result[]> {
  const filling = `INSERT INTO large SELECT seq, HEX(RANDOM_BYTES(500)) FROM seq_1_to_${ROWS}`;
  await rootSql(
    site,
    `CREATE TABLE large (id INT PRIMARY KEY, text VARCHAR(1000) CHARACTER SET ascii); ${filling}`,
    "notebooks",
  );
  const checksum = await rootSql(site, "CHECKSUM TABLE large", "notebooks");
  const dumped = await seconds(() => inService(site, "mariadb", "/etc/mysql/conf.d/dump.sh", "now"));
  await apply(site, "history");
  await apply(site, "backup");
  await rootSql(site, "DELETE FROM large WHERE id < 1000", "notebooks");
  let memory = 0;
  const restored = await seconds(async () => {
    memory = await memoryOnHost(site, () => apply(site, "restore", "--path", "databases/notebooks"));
  });
  if ((await rootSql(site, "CHECKSUM TABLE large", "notebooks")) !== checksum)
    throw new PlainError("The restored table differs from the one that was dumped.");
  return [
    { what: "a dump of a table of 1 GB", value: rounded(dumped), unit: "s", aim: "" },
    { what: "a restore of it from the backup", value: rounded(restored), unit: "s", aim: "" },
    { what: "  memory of the host program", value: rounded(memory), unit: "MiB", aim: "95 MiB or less" },
  ];
}
