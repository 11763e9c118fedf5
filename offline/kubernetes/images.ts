import { cp, mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { run } from "../../scripts/cli/command.ts";

/** Writes an image of this machine's Docker into an archive. Its path ends in `.tar` only once it is complete. */
export async function saveImage(image: string, archive: string): Promise<void> {
  await run(`Reading the image ${image}`, "docker", ["save", "--output", `${archive}.part`, image]);
  await rename(`${archive}.part`, archive);
}

/** Writes an image that consists of one statically linked program into an archive. Docker has no part in it. */
export async function saveProgram(program: string, image: string, archive: string): Promise<void> {
  const folder = await mkdtemp(`${archive}-`);
  const purpose = `Packing ${basename(program)}`;
  const tar = (file: string, from: string, ...names: string[]) =>
    run(purpose, "tar", ["--create", "--file", file, "--directory", from, ...names]);
  try {
    await mkdir(join(folder, "root"));
    await cp(program, join(folder, "root/program"), { dereference: true });
    await tar(join(folder, "layer.tar"), join(folder, "root"), "program");
    const sum = await run(purpose, "sha256sum", [join(folder, "layer.tar")]);
    const config = {
      architecture: process.arch === "arm64" ? "arm64" : "amd64",
      os: "linux",
      config: { Entrypoint: ["/program"] },
      rootfs: { type: "layers", diff_ids: [`sha256:${sum.split(" ")[0]}`] },
    };
    await writeFile(join(folder, "config.json"), JSON.stringify(config));
    const manifest = [{ Config: "config.json", RepoTags: [image], Layers: ["layer.tar"] }];
    await writeFile(join(folder, "manifest.json"), JSON.stringify(manifest));
    await tar(`${archive}.part`, folder, "manifest.json", "config.json", "layer.tar");
    await rename(`${archive}.part`, archive);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
