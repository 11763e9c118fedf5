import { existsSync } from "node:fs";
import { mkdir, rm, symlink } from "node:fs/promises";
import { join } from "node:path";
import { findExecutable, isExecutable } from "../../scripts/cli/command.ts";
import { cacheFolder, pulumiHome } from "../../scripts/cli/folders.ts";
import { PlainError } from "../../scripts/cli/plainError.ts";
import type { Say } from "../../scripts/cli/step.ts";
import { installPackages, packageRelease, unpackPackage } from "./debian.ts";
import type { DebianRelease } from "./environment.ts";
import { buildGoProgram, type GoProgram, identityOf } from "./goProgram.ts";
import { coreDns, kubernetes, kubernetesNames, kubernetesProvider, pauseProgram } from "./kubernetesPrograms.ts";

/** Debian's packages with programs that a node starts, by program. Docker's own package brings containerd and runc. */
const packagesOf: Record<string, string> = {
  containerd: "containerd",
  runc: "runc",
  ctr: "containerd",
  iptables: "iptables",
  ipset: "ipset",
  ip: "iproute2",
  openssl: "openssl",
};
const pluginsPackage = "containernetworking-plugins";

/** The folders of what a cluster is made of. */
export interface KubernetesFolders {
  /** Kubernetes' programs under their own names. */
  programs: string;
  /** The CNI plugins. */
  plugins: string;
}

const programs: Record<string, GoProgram> = { kubernetes, pause: pauseProgram, coredns: coreDns };
const pluginsFolder = join(cacheFolder, "packages", `${pluginsPackage}-${packageRelease}`, "usr/lib/cni");

/** Where a program is, or will be. */
async function pathOf(name: string, program: GoProgram): Promise<string> {
  return join(cacheFolder, "kubernetes", `${name}-${program.version}-${await identityOf(program)}`);
}

/** The folders of what a cluster is made of. Throws if `ensureKubernetes` has not made them. */
export async function requireKubernetes(): Promise<KubernetesFolders> {
  const folder = join(cacheFolder, "kubernetes", "bin");
  for (const [name, program] of Object.entries(programs)) {
    if (isExecutable(await pathOf(name, program))) continue;
    throw new PlainError(`${program.name} ${program.version} is not built yet.`, "Run: npm test -- kubernetes");
  }
  return { programs: folder, plugins: pluginsFolder };
}

/** Makes sure that this machine has everything that a cluster is made of, built from its Go modules or from Debian's packages. */
export async function ensureKubernetes(debian: DebianRelease, say: Say): Promise<void> {
  const missing = Object.entries(packagesOf).filter(([program]) => findExecutable(program) === undefined);
  if (missing.length > 0) await installPackages([...new Set(missing.map(([, name]) => name))], say);
  if (!existsSync(pluginsFolder)) await unpackPackage(pluginsPackage, debian, say);
  const folder = join(cacheFolder, "kubernetes", "bin");
  await mkdir(folder, { recursive: true });
  for (const [name, program] of Object.entries(programs)) {
    const path = await pathOf(name, program);
    if (!isExecutable(path)) await buildGoProgram(program, path, debian, say);
    for (const link of name === "kubernetes" ? kubernetesNames : [name]) {
      await rm(join(folder, link), { force: true });
      await symlink(path, join(folder, link));
    }
  }
}

/** Makes sure that the engine finds Pulumi's provider plugin for Kubernetes, which is built from its Go module. */
export async function ensureKubernetesProvider(debian: DebianRelease | undefined, say: Say): Promise<void> {
  const { version } = kubernetesProvider;
  const path = join(pulumiHome, "plugins", `resource-kubernetes-v${version}`, "pulumi-resource-kubernetes");
  if (!isExecutable(path)) await buildGoProgram(kubernetesProvider, path, debian, say);
}
