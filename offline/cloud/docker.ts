import { attempt, run } from "../../scripts/cli/command.ts";
import type { Cloud } from "./folder.ts";

/** Runs a Docker command that must succeed, and returns its output. */
export async function docker(...args: string[]): Promise<string> {
  return (await run(`docker ${args[0]}`, "docker", args)).trim();
}

/** Output of a Docker command; undefined when it failed, for example because the object does not exist. */
export async function dockerAnswer(...args: string[]): Promise<string | undefined> {
  const { code, stdout } = await attempt("docker", args);
  return code === 0 ? stdout.trim() : undefined;
}

/** `running`, `paused`, `exited`, ...; undefined when there is no such container. */
export async function containerStatus(name: string): Promise<string | undefined> {
  return dockerAnswer("container", "inspect", "--format", "{{.State.Status}}", name);
}

/** Removes a container at once, with its volumes, whatever its state. Does nothing when there is none. */
export async function removeContainer(name: string): Promise<void> {
  await dockerAnswer("rm", "--force", "--volumes", name);
}

/** The name of a container or network of a cloud. */
export function dockerName({ mark }: Cloud, part: string): string {
  return `jupyter-up-cloud-${mark}-${part}`;
}
