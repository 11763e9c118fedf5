import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { cp, mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { projectFolder } from "../../scripts/cli/folders.ts";
import { baseIdentity } from "./baseImage.ts";
import { fakeGcsServer, minio } from "./bucketServers.ts";
import { debianRelease } from "./environment.ts";
import { buildGoTool, type GoTool } from "./goTool.ts";
import { lego } from "./lego.ts";
import { type Ingredient, machinesOwn } from "./machinesOwn.ts";
import { moduleGraph } from "./moduleGraph.ts";
import { oauth2Proxy } from "./oauth2Proxy.ts";
import { type LockEntry, packageClosure } from "./packageClosure.ts";

/** How the fake of an image is built: a folder with a Dockerfile, and files that are added to it. */
export interface Recipe {
  /** The folder's name in offline/images. */
  folder: string;
  /** One line for the user: the fake, and the image that it replaces. */
  fakeLine: string;
  /** Whether programs in it install packages, so that it needs this machine's settings for the package index. */
  installsPackages?: true;
  /** A program of offline/ that is packed as `app`, with its npm packages and the `node` that runs it. */
  program?: string;
  /** Packages of npm that are packed into `app`, with the `node` that runs them. */
  npmPackages?: string[];
  /** A program that is built from its Go modules and put beside the Dockerfile. */
  goTool?: GoTool;
}

/** The fakes by image repository. */
export const recipes: Record<string, Recipe> = {
  "docker.io/nginxinc/nginx-unprivileged": {
    folder: "nginx-unprivileged",
    fakeLine: "nginx: Debian's package in place of nginxinc/nginx-unprivileged",
  },
  "docker.io/library/mariadb": {
    folder: "mariadb",
    fakeLine: "MariaDB: Debian's package in place of the official image",
  },
  "quay.io/vouch/vouch-proxy": {
    folder: "vouch-proxy",
    fakeLine: "Vouch: a small server in place of vouch/vouch-proxy (offline/vouch)",
    program: "vouch",
  },
  "ghcr.io/dexidp/dex": {
    folder: "dex",
    fakeLine: "Dex: a small server in place of dexidp/dex (offline/dex)",
    program: "dex",
  },
  "docker.io/serversideup/php": {
    folder: "php",
    fakeLine: "PHP: Debian's PHP 8.4 and nginx in place of serversideup/php",
  },
  "docker.io/traefik/whoami": {
    folder: "whoami",
    fakeLine: "whoami: a small server in place of traefik/whoami (offline/whoami)",
    program: "whoami",
  },
  "docker.io/restic/restic": {
    folder: "restic",
    fakeLine: "restic: Debian's package in place of restic/restic",
  },
  "docker.io/goacme/lego": {
    folder: "lego",
    fakeLine:
      "lego: the same program, built from its Go modules with Cloudflare as its only DNS provider, in place of goacme/lego",
    goTool: lego,
  },
  "docker.io/minio/minio": {
    folder: "minio",
    fakeLine: "MinIO: the same program, built from its Go modules, in place of minio/minio",
    goTool: minio,
  },
  "docker.io/fsouza/fake-gcs-server": {
    folder: "fake-gcs-server",
    fakeLine: "fake-gcs-server: the same program, built from its Go modules, in place of fsouza/fake-gcs-server",
    goTool: fakeGcsServer,
  },
  "quay.io/oauth2-proxy/oauth2-proxy": {
    folder: "oauth2-proxy",
    fakeLine: "OAuth2 Proxy: the same program, built from its Go modules, in place of oauth2-proxy/oauth2-proxy",
    goTool: oauth2Proxy,
  },
  "quay.io/jupyterhub/jupyterhub": {
    folder: "jupyterhub",
    fakeLine: "JupyterHub: the same program from PyPI, and its proxy from npm, in place of jupyterhub/jupyterhub",
    installsPackages: true,
    npmPackages: ["configurable-http-proxy"],
  },
  "quay.io/jupyterhub/k8s-hub": {
    folder: "k8s-hub",
    fakeLine: "JupyterHub with KubeSpawner: the same programs from PyPI in place of jupyterhub/k8s-hub",
    installsPackages: true,
  },
  "quay.io/jupyter/scipy-notebook": jupyter(),
  "quay.io/jupyter/minimal-notebook": jupyter(),
};

function jupyter(): Recipe {
  return {
    folder: "scipy-notebook",
    fakeLine: "Jupyter: JupyterLab, pandas, matplotlib from PyPI in place of the Jupyter Docker Stacks' images",
    installsPackages: true,
  };
}

/** A planned build context that is not written yet. */
export interface BuildContext {
  /** Changes if and only if something changes that the image is built from. */
  hash: string;
  /** Writes the context into an empty folder. */
  write(folder: string): Promise<void>;
}

let ownFiles: Promise<Ingredient[]> | undefined;

/** Collects everything an image is built from. */
export async function buildContext(recipe: Recipe): Promise<BuildContext> {
  const ingredients = [
    ...(await filesOf(recipe.folder)),
    ...(recipe.program ? await packedProgram(recipe.program) : []),
    ...(recipe.npmPackages ? [nodeProgram(), ...(await installedPackages(recipe.npmPackages))] : []),
    ...(recipe.goTool ? [builtTool(recipe.goTool)] : []),
  ].sort((a, b) => (a.target < b.target ? -1 : 1));
  ownFiles ??= machinesOwn();
  const own = await ownFiles;
  // The machine's own files do not change the resulting image.
  const lasting = recipe.installsPackages ? [...ingredients, ...own] : ingredients;
  const identity = [await baseIdentity(), ...lasting.flatMap(({ target, identity }) => [target, identity])];
  return {
    hash: createHash("sha256").update(JSON.stringify(identity)).digest("hex").slice(0, 16),
    async write(folder) {
      for (const { target, put } of [...ingredients, ...own]) {
        const path = join(folder, target);
        await mkdir(dirname(path), { recursive: true });
        await put(path);
      }
    },
  };
}

async function filesOf(recipe: string): Promise<Ingredient[]> {
  const folder = join(projectFolder, "offline/images", recipe);
  return Promise.all((await filesBelow(folder)).map((file) => copyOf(join(folder, file), file)));
}

async function packedProgram(name: string): Promise<Ingredient[]> {
  const folder = join(projectFolder, "offline", name);
  const { files, packages } = await moduleGraph(join(folder, "main.ts"));
  const packing = await readFile(import.meta.filename, "utf8");
  const pages = existsSync(join(folder, "static")) ? await filesBelow(join(folder, "static")) : [];
  return [
    nodeProgram(),
    // The packing code is part of the image's sources: this file.
    { target: "app/package.json", identity: packing, put: (path) => writeFile(path, '{ "type": "module" }\n') },
    ...(await Promise.all(files.map((file) => compiled(file, join("app", relative(folder, file)))))),
    ...(await Promise.all(pages.map((file) => copyOf(join(folder, "static", file), join("app/static", file))))),
    ...(await installedPackages(packages)),
  ];
}

const nodeProgram = (): Ingredient => ({
  target: "node",
  identity: process.version + process.arch,
  put: (path) => cp(process.execPath, path),
});

function builtTool(tool: GoTool): Ingredient {
  return {
    target: "program",
    identity: JSON.stringify(tool),
    put: (path) => buildGoTool(tool, path, debianRelease(), () => {}),
  };
}

/**
 * A TypeScript file as JavaScript: stripping types at run time would cost each of these small servers 25 MB of memory.
 */
async function compiled(file: string, target: string): Promise<Ingredient> {
  const text = await readFile(file, "utf8");
  return {
    target: target.replace(/\.ts$/, ".js"),
    identity: text,
    async put(path) {
      const { default: ts } = await import("typescript");
      const { outputText } = ts.transpileModule(text, {
        compilerOptions: {
          module: ts.ModuleKind.ESNext,
          target: ts.ScriptTarget.ES2024,
          verbatimModuleSyntax: true,
          rewriteRelativeImportExtensions: true,
        },
      });
      await writeFile(path, outputText);
    },
  };
}

async function installedPackages(names: string[]): Promise<Ingredient[]> {
  const lockFile = await readFile(join(projectFolder, "package-lock.json"), "utf8");
  const { packages } = JSON.parse(lockFile) as { packages: Record<string, LockEntry> };
  return packageClosure(packages, names).map((folder) => ({
    target: join("app", folder),
    identity: packages[folder]?.integrity ?? "",
    put: (path) =>
      // Packages nested in it belong to it only if they are in the closure themselves.
      cp(join(projectFolder, folder), path, {
        recursive: true,
        filter: (source) => !relative(join(projectFolder, folder), source).split("/").includes("node_modules"),
      }),
  }));
}

async function copyOf(file: string, target: string): Promise<Ingredient> {
  const executable = (await stat(file)).mode & 0o111;
  return {
    target,
    identity: `${executable ? "executable " : ""}${await readFile(file, "base64")}`,
    put: (path) => cp(file, path),
  };
}

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => relative(folder, join(entry.parentPath, entry.name)));
}
