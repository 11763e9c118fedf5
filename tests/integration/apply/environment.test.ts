import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { afterEach, beforeAll, beforeEach, describe, it } from "@jest/globals";
import type { ServiceManifest } from "../../../files/release/manifest.ts";
import { run } from "../../support/command.ts";
import { engineAnswers } from "../../support/fakeDocker.ts";
import { type TestHost, testHost } from "../../support/host.ts";
import { imageMirror, pullImages } from "../../support/images.ts";
import { releaseText } from "../../support/release.ts";
import { serviceOf, siteWith } from "../../support/site.ts";

const asRoot = process.getuid?.() === 0;
const { reference: nginxImage } = serviceOf(siteWith({ settings: { imageMirror } }), "nginx").image;
const realDocker = execFileSync("sh", ["-c", "command -v docker"], { encoding: "utf8" }).trim();

/** Variables that a shell may have set for other programs. None of them may reach Docker's client. */
const foreign: Record<string, string> = {
  COMPOSE_FILE: "/no/such/compose.yaml",
  COMPOSE_PROJECT_NAME: "another",
  COMPOSE_PROFILES: "check",
  COMPOSE_ENV_FILES: "/no/such/.env",
  COMPOSE_IGNORE_ORPHANS: "true",
  DOCKER_DEFAULT_PLATFORM: "linux/s390x",
  GREP_OPTIONS: "--invert-match",
  POSIXLY_CORRECT: "1",
  TAR_OPTIONS: "--no-such-option",
  CDPATH: "/usr:/tmp",
};

let host: TestHost;
let root: string;
let project: string;
beforeEach(() => {
  host = testHost();
  root = host.layout.root ?? "";
  project = `jupyter-up-rendered-${randomUUID().slice(0, 8)}`;
});
afterEach(() => host.remove());

/** Puts a program first on the PATH. */
function inPlaceOf(name: string, script: string): NodeJS.ProcessEnv {
  mkdirSync(`${host.folder}/bin`, { recursive: true });
  writeFileSync(`${host.folder}/bin/${name}`, `#!/bin/sh\n${script}`);
  chmodSync(`${host.folder}/bin/${name}`, 0o755);
  return { PATH: `${host.folder}/bin:${process.env.PATH}` };
}

/** A shell command that lists a container as `docker ps` does, released from a folder. */
const listedIn = (folder: string) => `echo 'c0ffee running other-web-1 other_default web False ${folder}'`;

/** A Docker client folder with these settings and this user's plugins. */
async function dockerWith(settings: Record<string, unknown>): Promise<NodeJS.ProcessEnv> {
  const plugins = `${host.folder}/docker/cli-plugins`;
  mkdirSync(plugins, { recursive: true });
  const path = '{{range .ClientInfo.Plugins}}{{if eq .Name "compose"}}{{.Path}}{{end}}{{end}}';
  symlinkSync((await run("docker", ["info", "--format", path])).output.trim(), `${plugins}/docker-compose`);
  writeFileSync(`${host.folder}/docker/config.json`, JSON.stringify(settings));
  return { DOCKER_CONFIG: `${host.folder}/docker` };
}

const isDown = { code: 0, output: "The site is down. Notebooks and other data stay where they are.\n" };

describe("The environment of pulumi's shell", () => {
  let seen: Map<string, string>;
  let folder: string;
  beforeEach(async () => {
    const fake = inPlaceOf(
      "docker",
      `env >'${host.folder}/env'; pwd >'${host.folder}/pwd'\ncase "$*" in ${engineAnswers} esac\n`,
    );
    assert.deepEqual(await host.apply("machine", "", { ...fake, ...foreign, LC_ALL: "tr_TR.UTF-8", IFS: "/" }), {
      code: 0,
      output: "",
    });
    const lines = readFileSync(`${host.folder}/env`, "utf8").split("\n");
    seen = new Map(lines.map((line) => [line.replace(/=.*/, ""), line.replace(/^[^=]*=/, "")]));
    folder = readFileSync(`${host.folder}/pwd`, "utf8");
  });

  it("passes on no variable that would change a command", () => {
    const handedOn = Object.keys(foreign).filter((name) => seen.has(name));
    assert.deepEqual(handedOn, []);
  });

  it("does not change language, working directory and root's PATH", () => {
    assert.equal(seen.get("LC_ALL"), "C");
    assert.equal(folder, "/\n");
    assert.match(seen.get("PATH") ?? "", /:\/usr\/sbin:\/sbin$/);
  });
});

describe("site-apply down works", () => {
  it("with any settings of Docker's client", async () => {
    const settings = { psFormat: "x", networksFormat: "x", detachKeys: "a", credsStore: "no-such-helper" };
    assert.deepEqual(await host.apply(["down", project], "", await dockerWith(settings)), isDown);
  });

  it("with any variables of Compose in the shell", async () => {
    assert.deepEqual(await host.apply(["down", project], "", foreign), isDown);
  });

  it("in a working directory with invalid files of Compose", async () => {
    mkdirSync(`${host.folder}/mine`);
    writeFileSync(`${host.folder}/mine/.env`, "TEXT=${not closed\n");
    writeFileSync(`${host.folder}/mine/compose.yaml`, "no: [valid\n");
    const script = ["-c", 'cd "$0" && exec sh "$@"', `${host.folder}/mine`, `${root}/bin/site-apply`, "down", project];
    assert.deepEqual(await run("sh", script), isDown);
  });

  it("if Docker was removed", async () => {
    mkdirSync(`${host.folder}/tools`);
    for (const folder of ["/usr/bin", "/bin"])
      for (const name of readdirSync(folder))
        if (name !== "docker" && !existsSync(`${host.folder}/tools/${name}`))
          symlinkSync(`${folder}/${name}`, `${host.folder}/tools/${name}`);
    writeFileSync(`${root}/current`, "");
    assert.deepEqual(await host.apply(["down", project], "", { PATH: `${host.folder}/tools` }), isDown);
    assert.equal(existsSync(`${root}/current`), false);
  });

  it("if another folder runs a site of that name, whose containers stay", async () => {
    const other = `${host.folder}/other/.state/local/site`;
    mkdirSync(other, { recursive: true });
    const fake = inPlaceOf(
      "docker",
      `case "$*" in ${engineAnswers} *working_dir*) ${listedIn(`${other}/current`)} ;; *" down "*) exit 1 ;; esac\n`,
    );
    assert.deepEqual(await host.apply(["down", project], "", fake), {
      code: 0,
      output: `The containers of ${project} were released from another folder (${host.folder}/other): they stay.\n${isDown.output}`,
    });
  });
});

describe("A release", () => {
  beforeAll(() => pullImages([nginxImage]));

  /** A release that is refused for its files, after all earlier steps have passed. */
  const release = (services: ServiceManifest[] = []) => releaseText({ project, services }, refusedLate);
  const folder = (path: string) => [{ name: "web", user: "1000:100", folders: [{ path }] }];
  const refusedLate = `services:
  web:
    image: ${nginxImage}
  web-check:
    profiles: [check]
    image: ${nginxImage}
    network_mode: none
    entrypoint: ["false"]
`;

  for (const engine of ["ssh://ann@203.0.113.7", "tcp://203.0.113.7:2376"])
    it(`is refused if Docker's client uses another machine: ${engine}`, async () => {
      const { code, output } = await host.apply("release", release(), { DOCKER_HOST: engine });
      assert.equal(code, 1);
      assert.equal(
        output,
        `Docker's client uses the engine of another machine (${engine}), which cannot run a site on this one. Nothing was changed. Choose this machine's engine (unset DOCKER_HOST DOCKER_CONTEXT; docker context use default), and run pulumi up again.\n`,
      );
    });

  it("is refused if the folder's site runs under another name, with the command that takes that one down", async () => {
    mkdirSync(`${root}/releases/old`, { recursive: true });
    writeFileSync(`${root}/releases/old/.header`, "project jupyter-up-bugs\n");
    symlinkSync("releases/old", `${root}/current`);
    const { code, output } = await host.apply("release", release(), { SUDO_USER: "" });
    assert.equal(code, 1);
    assert.equal(
      output,
      `The site in ${root} runs as jupyter-up-bugs and would become ${project}: its stack or project was renamed, or another stack uses the same machine. Nothing was changed. Take it down under its earlier name; its data stay: sh '${root}/bin/site-apply' down jupyter-up-bugs. Then run pulumi up again.\n`,
    );
  });

  it("continues from a moved checkout, but is refused while the old one exists or cannot be read", async () => {
    const working = (folder: string) =>
      inPlaceOf("docker", `case "$*" in *working_dir*) ${listedIn(folder)}; exit ;; esac\nexec '${realDocker}' "$@"\n`);
    mkdirSync(`${host.folder}/there`);
    const released = (folder: string) => host.apply("release", release(), working(folder));
    assert.match(
      (await released(`${host.folder}/moved/.state/local/site/current`)).output,
      /web refuses its new files/,
    );
    assert.match(
      (await released(`${host.folder}/there/current`)).output,
      /^This machine already runs a site named .*, released from another folder \(.*\/there\/current\)\. Nothing was changed\./,
    );
  });

  (asRoot ? it : it.skip)("looks at the folder that a linked notebooks folder leads to", async () => {
    const target = `${host.folder}/target`;
    mkdirSync(target);
    writeFileSync(`${target}/mine.ipynb`, "{}");
    symlinkSync(target, `${host.folder}/link`);
    const { output } = await host.apply("release", release(folder(`${host.folder}/link`)));
    assert.match(
      output,
      /^The folder .*\/link belongs to another user than the one that writes to it \(number 1000\)/m,
    );
    assert.equal(statSync(target).uid, 0);
  });

  (asRoot ? it : it.skip)("gives an empty folder that a link leads to to the one who writes there", async () => {
    const target = `${host.folder}/target`;
    mkdirSync(target);
    symlinkSync(target, `${host.folder}/link`);
    const { output } = await host.apply("release", release(folder(`${host.folder}/link`)));
    assert.match(output, /web refuses its new files/);
    assert.equal(statSync(target).uid, 1000);
  });
});
