import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { attempt, run } from "../cli/command.ts";
import { memoryByService, PROJECT } from "./idleCosts.ts";
import type { Result } from "./result.ts";

const CONTAINER = `${PROJECT}-jupyter-1`;
/** There while the kernel holds all that it has made. */
const HELD = "/tmp/held";
const IN_KERNEL = new URL("../../tests/support/inKernel.py", import.meta.url);

/** A notebook of somebody who has just begun: pandas, a table, a question to the database. */
const NOTEBOOK = `
import os, pathlib, time
import pandas as pd

table = pd.DataFrame({"a": range(100_000)})
table["b"] = table.a * 2
pd.read_sql("select 1", os.environ["DATABASE_URL"])
held = pathlib.Path("${HELD}")
held.touch()
while held.exists():
    time.sleep(0.1)
`;

/** The whole site with one kernel that holds pandas: what has to fit a machine of 1 GB, and the limits that are set. */
export async function kernelCosts(): Promise<Result[]> {
  const program = await readFile(IN_KERNEL, "utf8");
  // Within the two minutes that this program waits for a kernel.
  const session = attempt("docker", ["exec", "--interactive", CONTAINER, "python3", "-c", program], {
    input: NOTEBOOK,
    timeout: 150_000,
  });
  await isHeld(session);
  const kernel = await residentOf("ipykernel_launcher");
  const whole = Object.values(await memoryByService()).reduce((sum, mebibytes) => sum + mebibytes, 0);
  // The program that stands in for a browser lives in Jupyter's container, and is no part of the site.
  const site = whole - (await residentOf("python3 -c"));
  await run("letting the kernel go", "docker", ["exec", CONTAINER, "rm", HELD]);
  await session;
  return [
    { what: "resident memory of a kernel with pandas", value: Math.round(kernel), unit: "MiB", aim: "" },
    {
      what: "resident memory of the site with that kernel",
      value: Math.round(site),
      unit: "MiB",
      aim: "640 MiB or less: a 1 GB machine without its system and Docker's engine",
    },
    ...(await limits()),
  ];
}

async function isHeld(session: ReturnType<typeof attempt>): Promise<void> {
  let ended = false;
  session.finally(() => {
    ended = true;
  });
  while ((await attempt("docker", ["exec", CONTAINER, "test", "-e", HELD])).code !== 0) {
    if (ended) throw new Error(`The kernel did not come to its end: ${JSON.stringify(await session)}`);
    await sleep(200);
  }
}

/** MiB of the processes in Jupyter's container whose command line has these words. */
async function residentOf(words: string): Promise<number> {
  const rows = await run("docker top", "docker", ["top", CONTAINER, "-eo", "pid,rss,args"]);
  const sizes = rows.split("\n").filter((row) => row.includes(words));
  return sizes.reduce((sum, row) => sum + Number(row.trim().split(/\s+/)[1]), 0) / 1024;
}

/** What each service may take at most. */
async function limits(): Promise<Result[]> {
  const project = `label=com.docker.compose.project=${PROJECT}`;
  const containers = (await run("docker ps", "docker", ["ps", "--quiet", "--filter", project])).trim().split("\n");
  const format = '{{index .Config.Labels "com.docker.compose.service"}} {{.HostConfig.Memory}}';
  const rows = await run("docker inspect", "docker", ["inspect", "--format", format, ...containers]);
  return rows
    .trim()
    .split("\n")
    .map((row) => row.split(" "))
    .filter(([, bytes]) => Number(bytes) > 0)
    .map(([service = "", bytes]) => ({
      what: `limit of ${service}`,
      value: Math.round(Number(bytes) / 2 ** 20),
      unit: "MiB",
      aim: "",
    }));
}
