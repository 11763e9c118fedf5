import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Result } from "../bench.ts";
import { run } from "../setup/command.ts";
import { memoryByService } from "./idleCosts.ts";

const CONTAINER = "jupyter-up-local-jupyter-1";

/** A notebook of somebody who has just begun: pandas, a table, a question to the database. Its kernel's id is the last word. */
const PROGRAM = `
import sys
from jupyter_client.manager import start_new_kernel
manager, client = start_new_kernel()
client.execute_interactive("""
import os, pandas as pd
table = pd.DataFrame({"a": range(100_000)})
table["b"] = table.a * 2
pd.read_sql("select 1", os.environ.get("DATABASE_URL", "sqlite://"))
""", timeout=60)
print("ready", manager.provisioner.pid, flush=True)
sys.stdin.read()
manager.shutdown_kernel(now=True)
`;

/** The whole site with one kernel that holds pandas: what has to fit a machine of 1 GB, and the limits that are set. */
export async function kernelCosts(): Promise<Result[]> {
  const python = spawn("docker", ["exec", "--interactive", CONTAINER, "python", "-c", PROGRAM], {
    stdio: ["pipe", "pipe", "ignore"],
  });
  try {
    const lines = createInterface({ input: python.stdout });
    await new Promise<void>((resolve, reject) => {
      lines.on("line", (line) => {
        if (line.startsWith("ready ")) resolve();
      });
      lines.once("close", () => reject(new Error("The kernel did not start.")));
    });
    const kernel = await residentOf("ipykernel_launcher");
    const asker = await residentOf("start_new_kernel");
    const site = Object.values(await memoryByService()).reduce((sum, mebibytes) => sum + mebibytes, 0) - asker;
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
  } finally {
    python.stdin.end();
  }
}

/** MiB of the processes in Jupyter's container whose command line has this word. */
async function residentOf(word: string): Promise<number> {
  const rows = await run("docker top", "docker", ["top", CONTAINER, "-eo", "pid,rss,args"]);
  const sizes = rows.split("\n").filter((row) => row.includes(word));
  return sizes.reduce((sum, row) => sum + Number(row.trim().split(/\s+/)[1]), 0) / 1024;
}

/** What each service may take at most. */
async function limits(): Promise<Result[]> {
  const names = (
    await run("docker ps", "docker", [
      ...["ps", "--quiet", "--filter", "label=com.docker.compose.project=jupyter-up-local"],
    ])
  )
    .trim()
    .split("\n");
  const format = '{{index .Config.Labels "com.docker.compose.service"}} {{.HostConfig.Memory}}';
  const rows = (await run("docker inspect", "docker", ["inspect", "--format", format, ...names])).trim().split("\n");
  return rows
    .map((row) => row.split(" "))
    .filter(([, bytes]) => Number(bytes) > 0)
    .map(([service = "", bytes]) => ({
      what: `limit of ${service}`,
      value: Math.round(Number(bytes) / 2 ** 20),
      unit: "MiB",
      aim: "",
    }));
}
