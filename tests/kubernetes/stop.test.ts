import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, it } from "@jest/globals";
import { startCluster } from "../../offline/kubernetes/cluster.ts";
import { run } from "../support/command.ts";
import { Pods } from "../support/pods.ts";
import { until } from "../support/until.ts";

const ofCluster = /kubernetes\/cluster|jupyter-up-kubernetes|jup-kubernetes|kubepods/;

/** The contents of files that may go away meanwhile. */
function contents(pattern: string): [path: string, content: string][] {
  return globSync(pattern).flatMap((path) => {
    try {
      return [[path, readFileSync(path, "utf8")]];
    } catch {
      return [];
    }
  });
}

/** Whether the line is about no bridge of Docker's and no interface on one. */
const isNotDockers = (line: string) => !/\b(br-|veth)[0-9a-f]/.test(line);

/** What a cluster could leave on this machine. */
async function traces(): Promise<Record<string, string[]>> {
  const lines = async (...words: string[]) => {
    const [command = "", ...args] = words;
    const { output } = await run(command, args);
    return output.split("\n").filter(Boolean);
  };
  const hasTrace = ([, content]: [string, string]) => ofCluster.test(content);
  return {
    // Docker's own, and its rules, belong to containers of other tests.
    interfaces: (await lines("ip", "-brief", "link")).map((line) => line.split(/\s/)[0] ?? "").filter(isNotDockers),
    routes: (await lines("ip", "route")).filter(isNotDockers),
    rules: (await lines("iptables-save")).filter((line) => /KUBE|CNI|10\.(96|99|244)\./.test(line)),
    sets: (await lines("sh", "-c", "ipset list --name")).sort(),
    groups: globSync("/sys/fs/cgroup/*/jupyter-up-kubernetes"),
    processes: contents("/proc/[0-9]*/cgroup").filter(hasTrace).map(String),
    commands: contents("/proc/[0-9]*/cmdline")
      .filter(hasTrace)
      .map(([path]) => path),
    mounts: contents("/proc/[0-9]*/mountinfo")
      .filter(hasTrace)
      .map(([path]) => path),
    settings: contents("/proc/sys/{vm/overcommit_memory,vm/panic_on_oom,kernel/panic*,net/ipv4/ip_forward}").map(
      String,
    ),
    folders: globSync(["/var/lib/kubelet", "/var/lib/cni", "/etc/cni", "/opt/cni", "/run/netns/*"]),
  };
}

describe("a cluster", () => {
  let held: ChildProcess | undefined;
  const hold = async () => {
    const program = join(import.meta.dirname, "held.program.ts");
    held = spawn(process.execPath, [program], { stdio: ["ignore", "pipe", "inherit"] });
    let text = "";
    held.stdout?.on("data", (part) => {
      text += part;
    });
    await until("the cluster is held", () => text.includes("ready"), 120);
  };
  afterAll(() => void held?.kill("SIGKILL"));

  it("leaves nothing when it is stopped", async () => {
    const before = await traces();
    const cluster = await startCluster();
    try {
      const pods = await Pods.in(cluster);
      await pods.start("one");
      await cluster.addNode({ name: "other" });
      await pods.start("two", { spec: { nodeSelector: { "kubernetes.io/hostname": "other" } } });
    } finally {
      await cluster.stop();
    }
    assert.deepEqual(await traces(), before);
  });

  it("leaves nothing when its process is killed, and does not keep the next one from starting", async () => {
    const before = await traces();
    await hold();
    held?.kill("SIGKILL");
    const next = await startCluster();
    await next.stop();
    assert.deepEqual(await traces(), before);
  });

  it("refuses to be a second one", async () => {
    await hold();
    await assert.rejects(startCluster(), /Another cluster is running on this machine/);
    held?.kill("SIGKILL");
    await until("it is gone", async () => (await traces()).groups?.length === 0);
  });
});
