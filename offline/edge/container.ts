/** The edge as a container of a cloud, on the host's network. */

import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { attempt, run } from "../../scripts/cli/command.ts";
import { cacheFolder } from "../../scripts/cli/folders.ts";
import { PlainError } from "../../scripts/cli/plainError.ts";
import { docker, dockerAnswer, dockerName, removeContainer } from "../cloud/docker.ts";
import type { Cloud } from "../cloud/folder.ts";
import { ensureBaseImage } from "../setup/baseImage.ts";
import { debianRelease } from "../setup/environment.ts";
import { buildContext, type Recipe } from "../setup/recipes.ts";

// Its Dockerfile is beside the program: offline/images holds only the site's images.
const recipe: Recipe = {
  folder: "../edge/image",
  program: "edge",
  fakeLine: "Cloudflare's edge: a small server (offline/edge)",
};

type Say = (message: string) => void;

/**
 * Makes sure that a cloud's edge runs and answers. Recreates it if its code has changed or it has stopped.
 *
 * @param folder the folder of its state, which must exist
 * @param address the loopback address that the state names
 */
export async function ensureEdge(cloud: Cloud, folder: string, address: string, say: Say = () => {}): Promise<void> {
  const image = await ensureEdgeImage(say);
  const name = dockerName(cloud, "edge");
  const format = "{{.State.Running}} {{.Config.Image}}";
  if ((await dockerAnswer("container", "inspect", "--format", format, name)) === `true ${image}`) return;
  say("starting the edge");
  await removeContainer(name);
  const rights = ["--cap-drop", "ALL", "--cap-add", "NET_BIND_SERVICE", "--cap-add", "DAC_READ_SEARCH", "--read-only"];
  const mount = ["--mount", `type=bind,source=${folder},target=/edge,readonly`];
  const labels = ["--label", cloud.label, "--label", "jupyter-up.fake=true"];
  const life = ["--detach", "--name", name, "--restart", "unless-stopped", "--network", "host"];
  await docker("run", ...life, ...labels, ...rights, ...mount, image);
  await untilItAnswers(name, address);
}

/** Makes the edge cut every WebSocket and refuse new ones for three seconds. */
export async function cutWebSockets(cloud: Cloud): Promise<void> {
  await docker("kill", "--signal", "USR2", dockerName(cloud, "edge"));
}

export async function removeEdge(cloud: Cloud): Promise<void> {
  await removeContainer(dockerName(cloud, "edge"));
}

/** Builds the edge's image unless Docker has it: a few seconds. Returns its name. */
export async function ensureEdgeImage(say: Say = () => {}): Promise<string> {
  const context = await buildContext(recipe);
  const image = `jupyter-up-edge:${context.hash}`;
  if ((await dockerAnswer("image", "inspect", "--format", "{{.Id}}", image)) !== undefined) return image;
  const debian = debianRelease();
  if (debian !== undefined) await ensureBaseImage(debian, say);
  say("building the edge's image");
  await mkdir(join(cacheFolder, "build"), { recursive: true });
  const folder = await mkdtemp(join(cacheFolder, "build", "edge-"));
  try {
    await context.write(folder);
    const env = { DOCKER_BUILDKIT: "0" };
    await run(`Building ${image}`, "docker", ["build", "--quiet", "--force-rm", "--tag", image, folder], { env });
  } finally {
    await rm(folder, { recursive: true });
  }
  await removeOlderThan(image);
  return image;
}

/** Images in use stay. */
async function removeOlderThan(image: string): Promise<void> {
  const names = (await docker("image", "ls", "--format", "{{.Repository}}:{{.Tag}}", "jupyter-up-edge")).split("\n");
  for (const name of names) if (name !== image) await dockerAnswer("image", "rm", name);
}

async function untilItAnswers(name: string, address: string): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    if ((await answers(address, 80)) && (await answers(address, 443))) return;
    await sleep(100);
  }
  const { stdout, stderr } = await attempt("docker", ["logs", "--tail", "5", name]);
  await removeContainer(name);
  throw new PlainError(
    `The fake Cloudflare edge did not start on ${address}. It needs ports 80 and 443 there. A server that listens on all addresses of this machine blocks them.`,
    `It said: ${(stdout + stderr).trim()}`,
  );
}

function answers(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
    socket.once("connect", () => socket.destroy());
  });
}
