import { spawn } from "node:child_process";
import { existsSync, openSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { installPackages } from "../../offline/setup/debian.ts";
import type { DebianRelease } from "../../offline/setup/environment.ts";
import { attempt, type CommandResult, findExecutable, run } from "../cli/command.ts";
import { cacheFolder } from "../cli/folders.ts";
import { PlainError } from "../cli/plainError.ts";
import type { Say } from "../cli/step.ts";

/** Why Docker may be unusable. */
export type DockerIssue = "absent" | "not running" | "no permission" | "too old" | "broken";

/** The problem found by `docker version`, in one word; undefined if client and engine can talk to each other. */
export function dockerIssue({ code, stderr }: Pick<CommandResult, "code" | "stderr">): DockerIssue | undefined {
  if (code === 0) return undefined;
  if (code === 127) return "absent";
  if (/permission denied/i.test(stderr)) return "no permission";
  if (/minimum supported API version|client version .* is too (old|new)|is too old/i.test(stderr)) return "too old";
  if (/cannot connect|is the docker daemon running|no such (file|host)|connection refused/i.test(stderr)) {
    return "not running";
  }
  return "broken";
}

/** The paragraphs for a problem that set-up must not or cannot fix itself. */
export function dockerParagraphs(issue: DockerIssue, platform: NodeJS.Platform, found: string): string[] {
  const macOs = platform === "darwin";
  const again = "Then run the command again.";
  switch (issue) {
    case "absent":
      return [
        "Docker is not installed: there is no `docker` on PATH. The site runs in its containers.",
        macOs
          ? `Install Docker Desktop: brew install --cask docker-desktop && open -a Docker. ${again}`
          : `Install Docker: sudo apt-get install docker.io docker-compose && sudo usermod -aG docker $USER, and log in again. (On Debian 12 run this command once as root instead: it fetches Compose as well.) ${again}`,
      ];
    case "not running":
      return [
        `Docker is installed, but its engine is not running. \`docker version\` says: ${found}`,
        macOs
          ? `Start Docker Desktop: open -a Docker. ${again}`
          : `Start the engine: sudo systemctl start docker. ${again}`,
      ];
    case "no permission":
      return [
        `Docker's engine is running, but you may not use it. \`docker version\` says: ${found}`,
        macOs
          ? `Start Docker Desktop as yourself: open -a Docker. ${again}`
          : `Become a member of its group: sudo usermod -aG docker $USER. This holds from your next login (or at once in a shell started by \`newgrp docker\`). ${again}`,
      ];
    case "too old":
      return [
        `The versions of Docker's client and engine are incompatible. \`docker version\` says: ${found}`,
        macOs
          ? `Update Docker Desktop: brew upgrade --cask docker-desktop. ${again}`
          : `Update both: sudo apt-get update && sudo apt-get install docker.io; remove any other \`docker\` earlier on PATH. ${again}`,
      ];
    case "broken":
      return [
        `Docker does not work: \`docker version\` says: ${found}`,
        macOs
          ? `Restart Docker Desktop: osascript -e 'quit app "Docker"' && open -a Docker. ${again}`
          : `Look at the engine's log: sudo journalctl -u docker -n 30. ${again}`,
      ];
  }
}

/**
 * Makes sure that Docker's engine answers: as root on Debian, installs and starts it; elsewhere a problem is an error.
 * Returns the engine's version.
 */
export async function ensureDocker(debianRoot: DebianRelease | undefined, say: Say): Promise<string> {
  let answer = await askEngine();
  if (debianRoot && (dockerIssue(answer) === "absent" || findExecutable("dockerd") === undefined)) {
    if (dockerIssue(answer) !== undefined) {
      await installPackages(debianRoot.version === 12 ? ["docker.io"] : ["docker.io", "docker-cli"], say);
      answer = await askEngine();
    }
  }
  if (debianRoot && dockerIssue(answer) === "not running") {
    await startEngine(say);
    answer = await askEngine();
  }
  return versionOrParagraphs(answer);
}

/** Like `ensureDocker`, but installs nothing: for removing what could only exist with Docker. */
export async function requireDocker(debianRoot: DebianRelease | undefined, say: Say): Promise<string> {
  let answer = await askEngine();
  if (debianRoot && dockerIssue(answer) === "not running" && findExecutable("dockerd")) {
    await startEngine(say);
    answer = await askEngine();
  }
  return versionOrParagraphs(answer);
}

function askEngine(): Promise<CommandResult> {
  return attempt("docker", ["version", "--format", "{{.Server.Version}}"], { timeout: 30_000 });
}

function versionOrParagraphs(answer: CommandResult): string {
  const issue = dockerIssue(answer);
  if (issue === undefined) return answer.stdout.trim();
  const found = answer.stderr.trim().split("\n").at(-1) || "(nothing within 30 seconds)";
  throw new PlainError(...dockerParagraphs(issue, process.platform, found));
}

/**
 * Addresses for the networks of an engine that this program starts. Docker's defaults are enough for about 30 networks,
 * which is two or three sites.
 */
const ADDRESSES = "base=172.16.0.0/12,size=24";

async function startEngine(say: Say): Promise<void> {
  if (existsSync("/run/systemd/system")) {
    say("systemctl start docker");
    await run("Starting Docker's engine", "systemctl", ["start", "docker"]);
    return;
  }
  const log = join(cacheFolder, "docker", "dockerd.log");
  say(`dockerd, started directly: this machine has no init (log: ${log})`);
  await mkdir(join(cacheFolder, "docker"), { recursive: true });
  const output = openSync(log, "a");
  // It serves the site long after this script, so it gets a new session, detached from our terminal.
  const engine = spawn("dockerd", ["--default-address-pool", ADDRESSES], {
    detached: true,
    stdio: ["ignore", output, output],
  });
  engine.on("error", () => {});
  engine.unref();
  for (let tries = 0; tries < 120 && engine.exitCode === null; tries++) {
    if (dockerIssue(await askEngine()) === undefined) return;
    await pause(500);
  }
  throw new PlainError(
    `Docker's engine does not start on this machine. The end of its log (${log}):`,
    await run("Reading the engine's log", "tail", ["-n", "5", log]),
  );
}
