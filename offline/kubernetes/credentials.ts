import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { stringify } from "yaml";
import { run } from "../../scripts/cli/command.ts";
import { apiService, controlAddress } from "./addresses.ts";
import type { Access } from "./api.ts";
import { scripts } from "./holder.ts";

const names = ["localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc"];

/** Makes the certificates and keys of a cluster in a folder. */
export async function makeCredentials(folder: string): Promise<Access> {
  await mkdir(folder, { recursive: true });
  const addresses = ["127.0.0.1", controlAddress, apiService].map((address) => `IP:${address}`);
  const known = [...addresses, ...names.map((name) => `DNS:${name}`)].join(",");
  await run("Making the cluster's certificates", "sh", [join(scripts, "certificates.sh"), known], {
    cwd: folder,
    env: { SCRIPTS: scripts },
  });
  await writeFile(join(folder, "admin.kubeconfig"), await kubeconfigOf(folder, "admin"));
  const read = (name: string) => readFile(join(folder, name));
  return { cert: await read("admin.crt"), key: await read("admin.key"), ca: await read("ca.crt") };
}

/** A kubeconfig with one of the certificates in the folder, as YAML. */
export async function kubeconfigOf(folder: string, name: string): Promise<string> {
  const data = async (file: string) => (await readFile(join(folder, file))).toString("base64");
  return stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [
      {
        name: "cluster",
        cluster: {
          server: `https://${controlAddress}:6443`,
          "certificate-authority-data": await data("ca.crt"),
        },
      },
    ],
    users: [
      {
        name: "user",
        user: {
          "client-certificate-data": await data(`${name}.crt`),
          "client-key-data": await data(`${name}.key`),
        },
      },
    ],
    contexts: [{ name: "cluster", context: { cluster: "cluster", user: "user" } }],
    "current-context": "cluster",
  });
}
