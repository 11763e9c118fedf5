import { execFileSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { ensureInstanceImage } from "../../offline/cloud/instanceImage.ts";
import { asVirtualMachine } from "../../offline/cloud/machines.ts";
import { run } from "./command.ts";
import { type TestHost, testHost } from "./host.ts";
import { until } from "./until.ts";

/** A host with its own systemd and this machine's Docker. */
export interface SystemdHost extends TestHost {
  /** Runs a command on the host. */
  run(...command: string[]): ReturnType<typeof run>;
}

/** Boots a machine that has the host's folder at the same path as here, because Docker resolves mounts here. */
export async function systemdHost(): Promise<SystemdHost> {
  const host = testHost();
  const name = `jupyter-up-systemd-${randomUUID().slice(0, 8)}`;
  const { output: docker } = await run("sh", ["-c", "command -v docker"]);
  const { output: compose } = await run("docker", [
    "info",
    "--format",
    '{{range .ClientInfo.Plugins}}{{if eq .Name "compose"}}{{.Path}}{{end}}{{end}}',
  ]);
  const mounts = [
    `${host.folder}:${host.folder}`,
    "/var/run/docker.sock:/run/docker.sock",
    `${docker.trim()}:/usr/bin/docker:ro`,
    `${compose.trim()}:/usr/libexec/docker/cli-plugins/docker-compose:ro`,
  ];
  const started = await run("docker", [
    ...["run", "--detach", "--rm", "--name", name, ...asVirtualMachine.filter((word) => !/restart|stopped/.test(word))],
    ...mounts.flatMap((mount) => ["--volume", mount]),
    ...["--entrypoint", "/bin/sh", await ensureInstanceImage(() => {}), "-c"],
    'for group in /sys/fs/cgroup /sys/fs/cgroup/*; do mount -o remount,bind,rw "$group"; done; exec /sbin/init',
  ]);
  if (started.code !== 0) throw new Error(started.output);
  const inside = (command: string[], options?: Parameters<typeof run>[2]) =>
    run("docker", ["exec", "--interactive", name, ...command], options);
  await until("systemd", async () => (await inside(["systemctl", "show", "--property=Version"])).code === 0);
  return {
    ...host,
    apply: (words, input = "") => inside([`${host.layout.root}/bin/site-apply`, ...[words].flat()], { input }),
    run: (...command) => inside(command),
    remove() {
      execFileSync("docker", ["rm", "--force", name], { stdio: "ignore" });
      host.remove();
    },
  };
}
