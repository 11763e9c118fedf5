import { type ChildProcess, spawn } from "node:child_process";
import { openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as pause } from "node:timers/promises";
import { attempt, run } from "../../scripts/cli/command.ts";
import { PlainError } from "../../scripts/cli/plainError.ts";
import { end } from "../setup/registry.ts";
import { controlAddress, controlGroup, machineAddress, machineInterface, podRange } from "./addresses.ts";

/** The folder of the scripts that run inside of the namespaces. */
export const scripts = join(import.meta.dirname, "scripts");

/** The process that holds a cluster's namespaces. Everything in them ends with it, and it ends with this process. */
export interface Holder {
  /** Runs a command in the network of the control plane, where the nodes' networks meet. */
  inNetwork(purpose: string, command: string[]): Promise<void>;
  /** Starts a program in the namespaces of the control plane. It ends when its input ends. */
  startInside(command: string[], env: Record<string, string>, log: string): ChildProcess;
  stop(): Promise<void>;
}

/** The environment of all programs of a cluster: without the variables for a proxy, which does not lead into the cluster. */
export const cleanEnvironment = {
  PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
  HOME: "/root",
};

// No signal for the whole group of this process reaches it, so a typed Ctrl-C leaves the cluster to those who clean up.
const detached = { detached: true };

/**
 * Starts the control plane, in namespaces of its own, and connects this machine with its network.
 *
 * @param env what scripts/control.sh needs
 */
export async function startHolder(env: Record<string, string>, log: string): Promise<Holder> {
  const namespaces = ["unshare", "--net", "--mount", "--propagation", "slave", "--pid", "--ipc", "--uts"];
  const command = [...namespaces, "--fork", "--kill-child", "sh", join(scripts, "control.sh")];
  const output = openSync(log, "w");
  const holder = spawn("sh", [join(scripts, "hold.sh"), machineInterface, controlGroup, ...command], {
    ...detached,
    env: { ...cleanEnvironment, ...env },
    stdio: ["pipe", "pipe", output],
  });
  const stop = async () => {
    await end(holder);
    await whenGone();
  };
  try {
    const process = await firstLine(holder);
    if (process === "")
      throw new PlainError("The control plane of the cluster did not start.", readFileSync(log, "utf8"));
    await connect(process);
    const enter = ["--target", process, "--mount", "--net", "--pid"];
    return {
      inNetwork: async (purpose, words) => {
        await run(purpose, "nsenter", [...enter, ...words], { env: cleanEnvironment });
      },
      startInside: (words, own, file) => {
        const written = openSync(file, "a");
        return spawn("nsenter", [...enter, ...words], {
          ...detached,
          env: { ...cleanEnvironment, ...own },
          stdio: ["pipe", written, written],
        });
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** An interface of this machine whose other end is in the cluster's network: it goes with that end. */
async function connect(process: string): Promise<void> {
  const ip = (...args: string[]) => run("Connecting this machine with the cluster", "ip", args);
  await ip("link", "add", machineInterface, "type", "veth", "peer", "name", "machine", "netns", process);
  await ip("address", "add", `${machineAddress}/24`, "dev", machineInterface);
  await ip("link", "set", machineInterface, "up");
  await ip("route", "add", podRange, "via", controlAddress);
  await run("Connecting this machine with the cluster", "nsenter", [
    ...["--target", process, "--net", "ip", "link", "set", "machine", "master", "nodes", "up"],
  ]);
}

async function whenGone(): Promise<void> {
  if (await goes()) return;
  throw new PlainError(`The cluster has ended, but its interface ${machineInterface} is still there.`);
}

/** Whether the cluster's interface goes within some seconds: Linux removes it after the last process of its network. */
export async function goes(): Promise<boolean> {
  for (let tries = 0; tries < 100; tries++) {
    if ((await attempt("ip", ["link", "show", machineInterface])).code !== 0) return true;
    await pause(100);
  }
  return false;
}

/** The first line that a process prints; empty if it ends without one. */
export async function firstLine(child: ChildProcess): Promise<string> {
  if (child.stdout === null) return "";
  const lines = createInterface({ input: child.stdout });
  return new Promise((resolve) => {
    lines.once("line", resolve);
    lines.once("close", () => resolve(""));
    child.once("error", () => resolve(""));
  });
}
