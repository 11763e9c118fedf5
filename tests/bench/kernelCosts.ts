import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { attempt, run } from "../../scripts/cli/command.ts";
import { COMPOSE_PROJECT, memoryByService } from "./idleCosts.ts";
import type { Result } from "./result.ts";

const CONTAINER = `${COMPOSE_PROJECT}-jupyter-1`;
/** Exists while the kernel holds all of its memory. */
const HELD = "/tmp/held";
const IN_KERNEL = new URL("../support/inKernel.py", import.meta.url);

/** A beginner's notebook: pandas, a table, a database query. */
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

/**
 * The whole site with one kernel that has loaded pandas: this must fit a machine of 1 GB. Also the limits that are set.
 */
export async function kernelCosts(): Promise<Result[]> {
  const program = await readFile(IN_KERNEL, "utf8");
  // Shorter than the two minutes that this program waits for a kernel.
  const session = attempt("docker", ["exec", "--interactive", CONTAINER, "python3", "-c", program], {
    input: NOTEBOOK,
    timeout: 150_000,
  });
  await isHeld(session);
  const kernel = await residentOf("ipykernel_launcher");
  const whole = Object.values(await memoryByService()).reduce((sum, mebibytes) => sum + mebibytes, 0);
  // The program that replaces a browser runs in Jupyter's container and is not part of the site.
  const site = whole - (await residentOf("python3 -c"));
  await run("stopping the kernel", "docker", ["exec", CONTAINER, "rm", HELD]);
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
    if (ended) throw new Error(`The kernel did not finish: ${JSON.stringify(await session)}`);
    await sleep(200);
  }
}

/** MiB of the processes in Jupyter's container whose command line contains these words. */
async function residentOf(words: string): Promise<number> {
  const rows = await run("docker top", "docker", ["top", CONTAINER, "-eo", "pid,rss,args"]);
  const sizes = rows.split("\n").filter((row) => row.includes(words));
  return sizes.reduce((sum, row) => sum + Number(row.trim().split(/\s+/)[1]), 0) / 1024;
}

/** The memory limit of each service. */
async function limits(): Promise<Result[]> {
  const project = `label=com.docker.compose.project=${COMPOSE_PROJECT}`;
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
