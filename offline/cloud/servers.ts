/** The two containers of a cloud with machines: one forwards its addresses, the other is the metadata server. */

import { createHash } from "node:crypto";
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { containerStatus, docker, dockerName, removeContainer } from "./docker.ts";
import { readJson, writeJson } from "./files.ts";
import type { Cloud } from "./folder.ts";
import type { ForwarderRules } from "./forwarder/rules.ts";
import { ensureInstanceImage } from "./instanceImage.ts";

const programs = import.meta.dirname;
export const metadataServerName = (cloud: Cloud) => dockerName(cloud, "metadata");
const forwarderName = (cloud: Cloud) => dockerName(cloud, "forwarder");
const rulesFile = ({ folder }: Cloud) => join(folder, "forwarder.json");
const appliedFile = ({ folder }: Cloud) => join(folder, "forwarder.applied.json");

/** Makes sure that the metadata server runs, for the machines of all networks it will be connected to. */
export async function ensureMetadataServer(cloud: Cloud): Promise<void> {
  await ensureServer(cloud, metadataServerName(cloud), [
    ...["--cap-add", "NET_ADMIN", "--network", "bridge"],
    ...(await program(cloud, "ip address add 169.254.169.254/32 dev lo && exec node /programs/metadata/main.ts")),
  ]);
}

/** Makes the forwarder follow these rules and returns once it does. Throws if it cannot listen at an address. */
export async function forward(cloud: Cloud, rules: Omit<ForwarderRules, "revision">): Promise<void> {
  const revision = createHash("sha256").update(JSON.stringify(rules)).digest("hex").slice(0, 16);
  // The revision that an earlier forwarder applied says nothing about the new one.
  if ((await containerStatus(forwarderName(cloud))) !== "running") await rm(appliedFile(cloud), { force: true });
  await writeJson(rulesFile(cloud), { revision, ...rules });
  await ensureServer(cloud, forwarderName(cloud), [
    ...["--network", "host"],
    ...(await program(cloud, "exec node /programs/forwarder/main.ts")),
  ]);
  for (let tries = 0; tries < 300; tries++) {
    const applied = await readJson<{ revision: string; issues: string[] }>(appliedFile(cloud));
    if (applied?.revision === revision) {
      if (applied.issues.length === 0) return;
      throw new Error(`The fake cloud cannot listen at its addresses: ${applied.issues.join("; ")}`);
    }
    await pause(50);
  }
  throw new Error(`The fake cloud's forwarder did not follow its rules: see docker logs ${forwarderName(cloud)}`);
}

/** Removes both servers. */
export async function removeServers(cloud: Cloud): Promise<void> {
  await Promise.all([removeContainer(forwarderName(cloud)), removeContainer(metadataServerName(cloud))]);
  await Promise.all([rulesFile, appliedFile].map((file) => rm(file(cloud), { force: true })));
}

async function ensureServer(cloud: Cloud, name: string, args: string[]): Promise<void> {
  const status = await containerStatus(name);
  if (status === "running") return;
  if (status !== undefined) await removeContainer(name);
  await docker(
    "run",
    "--detach",
    "--name",
    name,
    "--label",
    cloud.label,
    "--restart",
    "unless-stopped",
    "--init",
    ...args,
  );
}

/** Runs the programs with the Node that runs us, so no image has to be rebuilt when a program changes. */
async function program(cloud: Cloud, command: string): Promise<string[]> {
  const image = await ensureInstanceImage();
  await mkdir(join(cloud.folder, "machines"), { recursive: true });
  return [
    ...["--volume", `${process.execPath}:/usr/local/bin/node:ro`],
    ...["--volume", `${programs}:/programs:ro`],
    ...["--volume", `${cloud.folder}:${cloud.folder}`],
    ...["--entrypoint", "sh", image, "-c", `${command} "$0"`, cloud.folder],
  ];
}
