import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { run } from "../../scripts/cli/command.ts";

/** MiB that processes use. Files that the kernel keeps do not count. */
export interface GroupMemory {
  memory: number;
  swap: number;
}

const MIB = 2 ** 20;

/** The folder in which the system has groups' figures of memory: of cgroups of version 1, or 2. */
const GROUPS = ["/sys/fs/cgroup/memory", "/sys/fs/cgroup"].find((folder) => existsSync(`${folder}/cgroup.procs`)) ?? "";

/** Reads the memory of a group of processes, with the groups in it. */
export class MemoryGroup {
  private readonly folder: string;
  /** The part of the group's name that only this group has. */
  private readonly mark: string;

  private constructor(folder: string, mark: string) {
    this.folder = folder;
    this.mark = mark;
  }

  /** The group of a container. */
  static async of(name: string): Promise<MemoryGroup> {
    const format = ["--format", "{{.Id}} {{.State.Pid}}"];
    const [id = "", pid = ""] = (await run("docker inspect", "docker", ["inspect", ...format, name])).trim().split(" ");
    const groups = readFileSync(`/proc/${pid}/cgroup`, "utf8");
    const [, path = ""] = /^\d+:memory:(.*)$/m.exec(groups) ?? /^0::(.*)$/m.exec(groups) ?? [];
    // An init in the container has moved itself to a group below the container's.
    const [own] = new RegExp(`^.*${id}[^/]*`).exec(path) ?? [];
    if (own === undefined) throw new Error(`${name} has no group of its own: ${groups}`);
    return new MemoryGroup(`${GROUPS}${own}`, id);
  }

  /** Creates a group at the top, which has no swap. Containers are added to it as of Docker's `cgroup-parent`. */
  static create(name: string, mebibytes: number): MemoryGroup {
    const folder = `${GROUPS}/${name}`;
    const inVersion2 = existsSync(`${GROUPS}/cgroup.subtree_control`);
    if (inVersion2) writeFileSync(`${GROUPS}/cgroup.subtree_control`, "+memory");
    mkdirSync(folder);
    const limits = inVersion2
      ? { "memory.max": mebibytes * MIB, "memory.swap.max": 0 }
      : { "memory.limit_in_bytes": mebibytes * MIB, "memory.memsw.limit_in_bytes": mebibytes * MIB };
    for (const [file, limit] of Object.entries(limits))
      if (existsSync(`${folder}/${file}`)) writeFileSync(`${folder}/${file}`, `${limit}`);
    return new MemoryGroup(folder, name);
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
    const kills = log.filter((line) => line.includes("oom-kill:") && line.includes(this.mark));
    return kills.map((line) => /\btask=([^,]*)/.exec(line)?.[1] ?? line);
  }

  /** Removes a group that is empty. */
  remove(): void {
    rmdirSync(this.folder);
  }
}
