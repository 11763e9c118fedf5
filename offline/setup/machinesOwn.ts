import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { attempt } from "../../scripts/cli/command.ts";

/** A file or folder of a build context. */
export interface Ingredient {
  /** Its path in the context. */
  target: string;
  /** Identifies its content. */
  identity: string;
  put(path: string): Promise<void>;
}

/** How this machine reaches its package index: its certificates, and a pip.conf with the index's address. */
export async function machinesOwn(): Promise<Ingredient[]> {
  const bundle = [process.env.PIP_CERT, process.env.SSL_CERT_FILE, "/etc/ssl/certs/ca-certificates.crt"].find(
    (path) => path !== undefined && existsSync(path),
  );
  const lines = bundle ? ["cert = /machine/certificates.pem"] : [];
  const { code, stdout } = await attempt("python3", ["-m", "pip", "config", "list"]);
  for (const line of code === 0 ? stdout.split("\n") : []) {
    const setting = /^(?:global|install|:env:)\.(index-url|extra-index-url|trusted-host|proxy)='(.*)'$/.exec(line);
    if (setting) lines.push(`${setting[1]} = ${setting[2]?.replaceAll("\\n", " ")}`);
  }
  return [
    textOf(`[global]\n${lines.join("\n")}\n`, "machine/pip.conf"),
    ...(bundle ? [textOf(await readFile(bundle, "utf8"), "machine/certificates.pem")] : []),
  ];
}

const textOf = (text: string, target: string): Ingredient => ({
  target,
  identity: text,
  put: (path) => writeFile(path, text),
});
