import { execFile } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);

/** The standard output of a `docker` command. */
export async function docker(...args: string[]): Promise<string> {
  const { stdout } = await run("docker", args, { maxBuffer: 16 << 20 });
  return stdout;
}

async function lines(...args: string[]): Promise<string[]> {
  return (await docker(...args)).split("\n").filter(Boolean).sort();
}

const ofProject = (project: string) => ["--filter", `label=com.docker.compose.project=${project}`];

/** Names of the services that have a container, running or not. */
export function containersOf(project: string): Promise<string[]> {
  return lines("ps", "--all", ...ofProject(project), "--format", '{{.Label "com.docker.compose.service"}}');
}

export function networksOf(project: string): Promise<string[]> {
  return lines("network", "ls", ...ofProject(project), "--format", "{{.Name}}");
}

export function volumesOf(project: string): Promise<string[]> {
  return lines("volume", "ls", ...ofProject(project), "--format", "{{.Name}}");
}

/** Container IDs by service. Another ID means another container. */
export async function containerIds(project: string): Promise<Record<string, string>> {
  const rows = await lines(
    "ps",
    ...ofProject(project),
    "--no-trunc",
    "--format",
    '{{.Label "com.docker.compose.service"}} {{.ID}}',
  );
  return Object.fromEntries(rows.map((row) => row.split(" ")));
}
