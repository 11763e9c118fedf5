import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, it } from "@jest/globals";

const run = promisify(execFile);
const scripts = new URL("../../../scripts", import.meta.url).pathname;

/** A project with one development package that refuses an old Node like this one, by `engines` and `engine-strict`. */
const files: Record<string, string> = {
  "package.json": JSON.stringify({
    name: "project",
    type: "module",
    version: "1.0.0",
    engines: { node: ">=99" },
    devDependencies: { tool: "file:tool" },
  }),
  "package-lock.json": JSON.stringify({
    name: "project",
    version: "1.0.0",
    lockfileVersion: 3,
    packages: {
      "": { name: "project", version: "1.0.0", devDependencies: { tool: "file:tool" }, engines: { node: ">=99" } },
      "node_modules/tool": { resolved: "tool", link: true },
      tool: { version: "1.0.0", dev: true },
    },
  }),
  ".npmrc": "engine-strict=true\n",
  "tool/package.json": JSON.stringify({ name: "tool", version: "1.0.0", exports: "./tool.js" }),
  "tool/tool.js": 'module.exports = "the tool is there";\n',
  "scripts/script.ts": 'import tool from "tool";\nconst text: string = tool;\nconsole.log(text);\n',
};

describe("scripts/with-node", () => {
  let project: string;
  beforeAll(async () => {
    project = await mkdtemp(join(tmpdir(), "with-node-"));
    for (const folder of ["tool", "scripts/setup"]) await mkdir(join(project, folder), { recursive: true });
    for (const [name, text] of Object.entries(files)) await writeFile(join(project, name), text);
    await cp(join(scripts, "with-node"), join(project, "scripts/with-node"));
    const check = "machine/packagesAreInstalled.ts";
    await cp(join(scripts, check), join(project, "scripts", check));
  });
  afterAll(() => rm(project, { recursive: true, force: true }));

  const withNode = (env: NodeJS.ProcessEnv = {}) =>
    run("sh", ["scripts/with-node", "scripts/script.ts"], { cwd: project, env: { ...process.env, ...env } });

  it("installs the development packages with NODE_ENV=production, and with an npm that runs on an older Node", async () => {
    const { stdout, stderr } = await withNode({ NODE_ENV: "production" });
    assert.equal(stdout, "the tool is there\n");
    assert.match(stderr, /^Installing this project's packages \(npm ci\)/);
  });

  it("installs nothing if all packages are installed", async () => {
    const { stdout, stderr } = await withNode();
    assert.equal(stdout, "the tool is there\n");
    assert.equal(stderr, "");
  });

  const environments: [what: string, env: NodeJS.ProcessEnv][] = [
    ["an editor's debugger in NODE_OPTIONS", { NODE_OPTIONS: "--require /no/such/file.js --inspect=0" }],
    ["type stripping switched off", { NODE_OPTIONS: "--no-experimental-strip-types" }],
    ["a proxy for Node", { NODE_USE_ENV_PROXY: "1", HTTPS_PROXY: "no address" }],
    ["no HOME", { HOME: undefined }],
    ["another separator of words", { IFS: "/" }],
    ["a CDPATH", { CDPATH: "/usr:/tmp" }],
  ];
  for (const [what, env] of environments)
    it(`runs with ${what}`, async () => {
      const { stdout, stderr } = await withNode(env);
      assert.deepEqual([stdout, stderr], ["the tool is there\n", ""]);
    });

  it("keeps the options about certificates and memory in NODE_OPTIONS", async () => {
    await writeFile(
      join(project, "scripts/options.ts"),
      "console.log(process.execArgv.length, process.env.NODE_OPTIONS);\n",
    );
    const env = { ...process.env, NODE_OPTIONS: "--max-old-space-size=512 --no-warnings --use-openssl-ca" };
    const { stdout } = await run("sh", ["scripts/with-node", "scripts/options.ts"], { cwd: project, env });
    assert.equal(stdout, "0  --max-old-space-size=512 --use-openssl-ca\n");
  });

  it("refuses a folder in which Node cannot run programs, with one sentence", async () => {
    for (const name of ["back\\slash", "two\nlines"]) {
      await mkdir(join(project, name, "scripts"), { recursive: true });
      await cp(join(project, "scripts/with-node"), join(project, name, "scripts/with-node"));
      const refused = run("sh", ["scripts/with-node", "x.ts"], { cwd: join(project, name) });
      await assert.rejects(refused, {
        code: 1,
        stderr: /^Node cannot run a program below a folder with a backslash or a line break in its name/,
      });
    }
  });

  it("installs all packages even if the user's npm omits some", async () => {
    await rm(join(project, "node_modules"), { recursive: true });
    const npm = {
      NPM_CONFIG_OMIT: "dev",
      NPM_CONFIG_GLOBAL: "true",
      NPM_CONFIG_DRY_RUN: "true",
      NPM_CONFIG_PACKAGE_LOCK: "false",
    };
    assert.equal((await withNode(npm)).stdout, "the tool is there\n");
  });
});

describe("npm ci", () => {
  it("refuses a Node that is too old before it installs anything", async () => {
    const project = new URL("../../..", import.meta.url).pathname;
    const folder = await mkdtemp(join(tmpdir(), "npm-ci-"));
    try {
      for (const name of ["package-lock.json", ".npmrc"]) await cp(join(project, name), join(folder, name));
      const { default: manifest } = await import("../../../package.json", { with: { type: "json" } });
      await writeFile(join(folder, "package.json"), JSON.stringify({ ...manifest, engines: { node: ">=99" } }));
      // `npm test --silent` would silence this npm, too.
      const args = ["ci", "--ignore-scripts", "--loglevel=error"];
      await assert.rejects(run("npm", args, { cwd: folder }), /EBADENGINE[\s\S]*"node":">=99"/);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
