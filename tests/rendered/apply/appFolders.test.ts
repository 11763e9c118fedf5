import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { chownSync, copyFileSync, mkdirSync, statSync, writeFileSync } from "node:fs";
import { after, before, describe, it } from "node:test";
import { flatText } from "../../../files/flatText.ts";
import { run } from "../../support/command.ts";
import { type TestHost, testHost } from "../../support/host.ts";
import { havePulled, imageMirror } from "../../support/images.ts";
import { serviceOf, siteWith } from "../../support/site.ts";

const { reference: nginx } = serviceOf(siteWith({ settings: { imageMirror } }), "nginx").image;
const NOBODY = 65534;
const onlyRoot = { skip: process.getuid?.() !== 0 && "only root can give a folder away" };

/** What an image says of its user, and whom that is: Debian's and Alpine's root is 0, nginx 101 in this image. */
const users: [says: string, owner: string][] = [
  ["0", "0:0"],
  ["root", "0:0"],
  ["nginx", "101:101"],
  ["101", "101:101"],
  ["nginx:root", "101:0"],
  ["nginx:1234", "101:1234"],
  ["4321", "4321:0"],
  ["4321:1234", "4321:1234"],
];

describe("An app's folder is given to whoever its image runs as,", () => {
  const repository = `jupyter-up-rendered-${randomUUID().slice(0, 8)}`;
  let host: TestHost;

  before(async () => {
    await havePulled([nginx]);
    host = testHost();
    const { output } = await run("docker", ["create", nginx]);
    for (const [index, [says]] of users.entries())
      await run("docker", ["commit", "--change", `USER ${says}`, output.trim(), `${repository}:${index}`]);
    await run("docker", ["rm", output.trim()]);
  });
  after(async () => {
    await run("docker", ["image", "rm", ...users.map((_, index) => `${repository}:${index}`)]);
    host.remove();
  });

  /** A release that makes the folders, and is refused at the next step. */
  const release = (folders: string[]) => {
    writeFileSync(`${host.folder}/file`, "");
    const lines = [...folders, `0:0 ${host.folder}/file/in-the-way`].map((line) => `folder ${line}`);
    return flatText(
      ["release new", "project jupyter-up-rendered", `image ${nginx} 1`, ...lines],
      [{ path: "compose.yaml", mode: "0644", content: `services:\n  web:\n    image: ${nginx}\n` }],
    );
  };
  const owner = (folder: string) => {
    const { uid, gid } = statSync(folder);
    return `${uid}:${gid}`;
  };
  const foldersIn = (place: string) => users.map((_, index) => `${host.folder}/${place}/${index}/var/lib/x`);

  it("however the image says so", onlyRoot, async () => {
    const folders = foldersIn("by-root");
    const { output } = await host.apply(
      "release",
      release(folders.map((path, index) => `${repository}:${index} ${path}`)),
    );
    assert.match(output, /in-the-way cannot be made/);
    assert.deepEqual(
      folders.map(owner),
      users.map(([, owner]) => owner),
    );
    assert.equal((await run("docker", ["ps", "--all", "--quiet", "--filter", `ancestor=${repository}:2`])).output, "");
  });

  it("also where somebody releases who may talk to Docker and is not root", onlyRoot, async () => {
    mkdirSync(`${host.folder}/by-nobody`);
    for (const path of [`${host.folder}/by-nobody`, `${host.place.root}`]) chownSync(path, NOBODY, NOBODY);
    const folders = foldersIn("by-nobody");
    const ids = ["--reuid", `${NOBODY}`, "--regid", `${NOBODY}`, "--groups", `${statSync("/var/run/docker.sock").gid}`];
    const { output } = await run("setpriv", [...ids, `${host.place.root}/bin/site-apply`, "release"], {
      input: release(folders.map((path, index) => `${repository}:${index} ${path}`)),
      env: { DOCKER_CONFIG: await dockerForAnybody() },
    });
    assert.match(output, /in-the-way cannot be made/);
    assert.deepEqual(
      folders.map(owner),
      users.map(([, owner]) => owner),
    );
  });

  it("and what lies in it is left alone", onlyRoot, async () => {
    const folder = `${host.folder}/used`;
    mkdirSync(folder);
    writeFileSync(`${folder}/file`, "");
    chownSync(folder, 4242, 4242);
    await host.apply("release", release([`${repository}:2 ${folder}`]));
    assert.equal(owner(folder), "4242:4242");
  });

  /** A folder with Compose in it that any user can get to; this user's own may lie in a home directory that is closed. */
  async function dockerForAnybody(): Promise<string> {
    const plugins = `${host.folder}/docker/cli-plugins`;
    mkdirSync(plugins, { recursive: true });
    const path = '{{range .ClientInfo.Plugins}}{{if eq .Name "compose"}}{{.Path}}{{end}}{{end}}';
    copyFileSync((await run("docker", ["info", "--format", path])).output.trim(), `${plugins}/docker-compose`);
    return `${host.folder}/docker`;
  }
});
