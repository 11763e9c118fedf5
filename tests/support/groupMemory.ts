import { existsSync, readFileSync } from "node:fs";
import { run } from "../../scripts/cli/command.ts";

/** MiB that the processes of a container use, with those of containers in it. Files that the kernel keeps do not count. */
export interface GroupMemory {
  memory: number;
  swap: number;
}

const MIB = 2 ** 20;

/** Reads the memory of a container, from its group in cgroups of version 1 or 2. */
export class MemoryGroup {
  private readonly folder: string;
  private readonly container: string;

  private constructor(folder: string, container: string) {
    this.folder = folder;
    this.container = container;
  }

  static async of(name: string): Promise<MemoryGroup> {
    const format = ["--format", "{{.Id}} {{.State.Pid}}"];
    const [id = "", pid = ""] = (await run("docker inspect", "docker", ["inspect", ...format, name])).trim().split(" ");
    const groups = readFileSync(`/proc/${pid}/cgroup`, "utf8");
    const [, path = ""] = /^\d+:memory:(.*)$/m.exec(groups) ?? /^0::(.*)$/m.exec(groups) ?? [];
    // An init in the container has moved itself to a group below the container's.
    const [own] = new RegExp(`^.*${id}[^/]*`).exec(path) ?? [];
    const root = ["/sys/fs/cgroup/memory", "/sys/fs/cgroup"].find((each) => existsSync(`${each}${own}/memory.stat`));
    if (!root) throw new Error(`No group of ${name} has figures: ${groups}`);
    return new MemoryGroup(`${root}${own}`, id);
  }

  now(): GroupMemory {
    const text = readFileSync(`${this.folder}/memory.stat`, "utf8");
    const figure = (name: string) => Number(new RegExp(`^${name} (\\d+)$`, "m").exec(text)?.[1] ?? Number.NaN) / MIB;
    const current = `${this.folder}/memory.swap.current`;
    return existsSync(current)
      ? { memory: figure("anon"), swap: Number(readFileSync(current, "utf8")) / MIB }
      : { memory: figure("total_rss"), swap: figure("total_swap") };
  }

  /** The names of the processes in it that the kernel has killed for lack of memory, in order. */
  async killed(): Promise<string[]> {
    const log = (await run("dmesg", "dmesg", [])).split("\n");
    const kills = log.filter((line) => line.includes("oom-kill:") && line.includes(this.container));
    return kills.map((line) => /\btask=([^,]*)/.exec(line)?.[1] ?? line);
  }
}
