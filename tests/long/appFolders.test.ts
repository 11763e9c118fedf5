import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, it } from "@jest/globals";
import type { DataFolder } from "../../files/site/service.ts";
import { run } from "../support/command.ts";
import { type TestHost, testHost } from "../support/host.ts";
import { imageMirror, pullImages } from "../support/images.ts";
import { releaseText } from "../support/release.ts";
import { serviceOf, siteWith } from "../support/site.ts";

const { reference: nginx } = serviceOf(siteWith({ settings: { imageMirror } }), "nginx").image;
const NOBODY = 65534;
// Only root can change the owner of a folder.
const notRoot = process.getuid?.() !== 0;

/** The USER of an image, and its resolved IDs: root of Debian and Alpine is 0, nginx is 101 in this image. */
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

describe("An app's folder gets the owner that its image runs as,", () => {
  const repository = `jupyter-up-rendered-${randomUUID().slice(0, 8)}`;
  let host: TestHost;

  beforeAll(async () => {
    await pullImages([nginx]);
    host = testHost();
    const { output } = await run("docker", ["create", nginx]);
    for (const [index, [says]] of users.entries())
      await run("docker", ["commit", "--change", `USER ${says}`, output.trim(), `${repository}:${index}`]);
    await run("docker", ["rm", output.trim()]);
  });
  afterAll(async () => {
    await run("docker", ["image", "rm", ...users.map((_, index) => `${repository}:${index}`)]);
    host.remove();
  });

  /** A release that creates the folders, and is refused at the next step. */
  const release = (folders: [image: string, path: string][]) => {
    writeFileSync(`${host.folder}/file`, "");
    const services = [
      ...folders.map(([image, path]) => ({ name: "app", image, folders: [{ path }] })),
      { name: "web", user: "0:0", folders: [{ path: `${host.folder}/file/in-the-way` }] },
    ];
    return releaseText(
      { project: "jupyter-up-rendered", images: [{ reference: nginx, size_mib: 1 }], services },
      `services:\n  web:\n    image: ${nginx}\n`,
    );
  };
  const owner = (folder: string) => {
    const { uid, gid } = statSync(folder);
    return `${uid}:${gid}`;
  };
  const foldersIn = (place: string) => users.map((_, index) => `${host.folder}/${place}/${index}/var/lib/x`);

  (notRoot ? it.skip : it)("in any form of the image's USER", async () => {
    const folders = foldersIn("by-root");
    const { output } = await host.apply(
      "release",
      release(folders.map((path, index) => [`${repository}:${index}`, path])),
    );
    assert.match(output, /in-the-way cannot be created by/);
    assert.deepEqual(
      folders.map(owner),
      users.map(([, owner]) => owner),
    );
    assert.equal((await run("docker", ["ps", "--all", "--quiet", "--filter", `ancestor=${repository}:2`])).output, "");
  });

  (notRoot ? it.skip : it)("even if the releasing user is not root but may use Docker", async () => {
    mkdirSync(`${host.folder}/by-nobody`);
    for (const path of [`${host.folder}/by-nobody`, `${host.layout.root}`]) chownSync(path, NOBODY, NOBODY);
    const folders = foldersIn("by-nobody");
    const { output } = await byNobody(release(folders.map((path, index) => [`${repository}:${index}`, path])));
    assert.match(output, /in-the-way cannot be created by/);
    assert.deepEqual(
      folders.map(owner),
      users.map(([, owner]) => owner),
    );
  });

  (notRoot ? it.skip : it)("and is moved from its earlier path by such a user, who cannot open it", async () => {
    const app = `${host.folder}/by-nobody/app`;
    mkdirSync(`${app}/var/lib/x`, { recursive: true, mode: 0o755 });
    for (const path of [app, `${app}/var`, `${app}/var/lib`]) chownSync(path, NOBODY, NOBODY);
    writeFileSync(`${app}/var/lib/x/file`, "kept");
    chownSync(`${app}/var/lib/x`, 101, 101);
    chmodSync(`${app}/var/lib/x`, 0o700);
    const { output } = await byNobody(release([[`${repository}:2`, `${app}/var~lib~x`]]));
    assert.match(output, /in-the-way cannot be created by/);
    assert.equal(readFileSync(`${app}/var~lib~x/file`, "utf8"), "kept");
    assert.equal(owner(`${app}/var~lib~x`), "101:101");
  });

  (notRoot ? it.skip : it)("but its existing content and owner are not changed", async () => {
    const folder = `${host.folder}/used`;
    mkdirSync(folder);
    writeFileSync(`${folder}/file`, "");
    chownSync(folder, 4242, 4242);
    await host.apply("release", release([[`${repository}:2`, folder]]));
    assert.equal(owner(folder), "4242:4242");
  });

  async function byNobody(input: string) {
    const ids = ["--reuid", `${NOBODY}`, "--regid", `${NOBODY}`, "--groups", `${statSync("/var/run/docker.sock").gid}`];
    const env = { DOCKER_CONFIG: await dockerForAnybody() };
    return run("setpriv", [...ids, `${host.layout.root}/bin/site-apply`, "release"], { input, env });
  }

  /** A Docker client folder with Compose that any user can read; this user's own may be in a private home directory. */
  async function dockerForAnybody(): Promise<string> {
    const plugins = `${host.folder}/docker/cli-plugins`;
    mkdirSync(plugins, { recursive: true });
    const path = '{{range .ClientInfo.Plugins}}{{if eq .Name "compose"}}{{.Path}}{{end}}{{end}}';
    copyFileSync((await run("docker", ["info", "--format", path])).output.trim(), `${plugins}/docker-compose`);
    return `${host.folder}/docker`;
  }
});

(notRoot ? describe.skip : describe)("The data of a released app", () => {
  const project = `jupyter-up-rendered-${randomUUID().slice(0, 8)}`;
  /** A user of the image, with ID 101. */
  const image = `${project}:app`;
  let host: TestHost;
  let appFolder: string;

  beforeAll(async () => {
    await pullImages([nginx]);
    const { output } = await run("docker", ["create", nginx]);
    await run("docker", ["commit", "--change", "USER nginx", "--change", "VOLUME /cache", output.trim(), image]);
    await run("docker", ["rm", output.trim()]);
  });
  beforeEach(() => {
    host = testHost();
    appFolder = `${host.layout.data}/apps/evil`;
  });
  afterEach(async () => {
    await host.apply(["down", project]);
    host.remove();
  });
  afterAll(() => run("docker", ["image", "rm", image]));

  const START = ["sleep", "1000"];
  type Purge = { app: string; folder: string }[];
  /**
   * A release of only that app, with the folders that it gets in a whole site.
   * @param earlier the layout of earlier versions, where a volume had its own path below the app's folder
   */
  function release(
    id: string,
    volumes: string[],
    { earlier = false, command = START, purge = [] as Purge } = {},
  ): string {
    const apps = [{ name: "evil", image: "traefik/whoami:v1.11.0", port: 80, volumes }];
    const { data = [] } = serviceOf(siteWith({ settings: { apps }, layout: host.layout }), "evil");
    const mounted: DataFolder[] = earlier
      ? volumes.map((target) => ({ source: `${appFolder}${target}`, target }))
      : data;
    const service = {
      image,
      entrypoint: command,
      stop_signal: "SIGKILL",
      volumes: mounted.map((folder) => ({
        type: "bind",
        ...folder,
        inner: undefined,
        history: undefined,
        bind: { create_host_path: false },
      })),
    };
    const folders = mounted.map(({ source, inner }) => ({ path: source, inner }));
    return releaseText(
      {
        release: id,
        project,
        images: [{ reference: image, size_mib: 1 }],
        services: [{ name: "evil", image, folders }],
        purge,
      },
      `${JSON.stringify({ services: { evil: service } })}\n`,
    );
  }
  async function released(...args: Parameters<typeof release>): Promise<void> {
    const { code, output } = await host.apply("release", release(...args));
    assert.equal(code, 0, output);
  }
  /** Creates the folders like an earlier version, and releases with them. */
  async function releasedEarlier(id: string, volumes: string[]): Promise<void> {
    for (const path of volumes) {
      mkdirSync(`${appFolder}${path}`, { recursive: true });
      chownSync(`${appFolder}${path}`, 101, 101);
    }
    await released(id, volumes, { earlier: true });
  }
  const inApp = async (script: string) => {
    const { code, output } = await run("docker", ["exec", `${project}-evil-1`, "sh", "-c", script]);
    assert.equal(code, 0, output);
    return output;
  };
  const ownerOf = (path: string) => lstatSync(path).uid;

  it("is writable in each of its volumes", async () => {
    // Earlier versions did not change the owner of a folder that already contained another volume.
    mkdirSync(`${appFolder}/old/sub`, { recursive: true });
    writeFileSync(`${appFolder}/old/sub/file`, "");
    chownSync(`${appFolder}/old/sub`, 101, 101);
    await released("one", ["/data/sub/a", "/data", "/var/lib/x", "/old/sub", "/old"]);
    await inApp("touch /data/1 /data/sub/a/2 /var/lib/x/3 /old/4 /old/sub/5");
    assert.deepEqual(readdirSync(appFolder).sort(), ["data", "old", "var~lib~x"]);
    assert.ok(existsSync(`${appFolder}/data/sub/a/2`));
    assert.equal(ownerOf(appFolder), 0);
  });

  it("is never a folder of the host to which the app has created a link", async () => {
    const secret = `${host.folder}/of-the-host`;
    mkdirSync(secret);
    await releasedEarlier("one", ["/data"]);
    await inApp(`ln -s ${secret} /data/sub; mkdir /data/a; ln -s ${secret} /data/a/b`);
    for (const volumes of [["/data", "/data/sub"], ["/data/sub"], ["/data/a/b"], ["/data/sub/c"]]) {
      await released(`two-${volumes.length}${volumes.at(-1)?.replaceAll("/", "-")}`, volumes);
      await inApp(`touch ${volumes.at(-1)}/written-by-the-app 2>/dev/null || :`);
      assert.equal(ownerOf(secret), 0, volumes.join());
      assert.deepEqual(readdirSync(secret), [], volumes.join());
    }
  });

  it("is moved to the new layout, and back for the earlier version after a rollback", async () => {
    await releasedEarlier("one", ["/data", "/var/lib/x", "/data/sub"]);
    await inApp("echo 1 >/data/1; echo 2 >/data/sub/2; echo 3 >/var/lib/x/3");
    const failing = await host.apply(
      "release",
      release("two", ["/data", "/var/lib/x", "/data/sub"], { command: ["false"] }),
    );
    assert.match(failing.output, /The previous release \(one\) was put back and is running/);
    assert.equal(await inApp("cat /data/1 /data/sub/2 /var/lib/x/3"), "1\n2\n3\n");
    await inApp("echo 4 >/var/lib/x/4");
    await released("three", ["/data", "/var/lib/x", "/data/sub"]);
    assert.equal(await inApp("cat /data/1 /data/sub/2 /var/lib/x/3 /var/lib/x/4"), "1\n2\n3\n4\n");
    assert.deepEqual(readdirSync(appFolder).sort(), ["data", "var", "var~lib~x"]);
    // The earlier version finds it again, as after `git checkout` and `pulumi up`.
    assert.equal(readFileSync(`${appFolder}/var/lib/x/4`, "utf8"), "4\n");
  });

  it("is found if a run was killed between the two steps of the move", async () => {
    await releasedEarlier("one", ["/var/lib/x"]);
    await inApp("echo 3 >/var/lib/x/3");
    await run("mv", [`${appFolder}/var/lib/x`, `${appFolder}/var~lib~x`]);
    const failing = await host.apply("release", release("two", ["/var/lib/x"], { command: ["false"] }));
    assert.match(failing.output, /The previous release \(one\) was put back and is running/);
    assert.equal(await inApp("cat /var/lib/x/3"), "3\n");
  });

  it("is found when a removed app returns, even if it has left a link there", async () => {
    await releasedEarlier("one", ["/data", "/var/lib/x"]);
    const secret = `${host.folder}/of-the-host`;
    mkdirSync(secret);
    await inApp(`echo 3 >/var/lib/x/3; ln -s ${secret} /data/sub`);
    await host.apply(["down", project]);
    await released("two", ["/data/sub", "/var/lib/x"]);
    await inApp("touch /data/sub/4");
    assert.equal(await inApp("cat /var/lib/x/3"), "3\n");
    assert.deepEqual(readdirSync(secret), []);
  });

  it("is not moved while the running app could create a link there", async () => {
    await releasedEarlier("one", ["/data"]);
    await inApp("mkdir /data/sub; echo 1 >/data/sub/1");
    const failing = await host.apply("release", release("two", ["/data/sub"], { command: ["false"] }));
    assert.match(failing.output, /The previous release \(one\) was put back and is running/);
    assert.equal(await inApp("cat /data/sub/1"), "1\n");
  });

  it("is refused if there is a link at its path", async () => {
    mkdirSync(`${host.folder}/elsewhere`);
    for (const place of [appFolder, `${appFolder}/var~lib~x`]) {
      mkdirSync(dirname(place), { recursive: true });
      symlinkSync(`${host.folder}/elsewhere`, place);
      const { code, output } = await host.apply("release", release("one", ["/var/lib/x"]));
      assert.equal(code, 1);
      assert.match(output, new RegExp(`^${place} is a link, but an app's data must not be behind a link`, "m"));
      assert.deepEqual(readdirSync(`${host.folder}/elsewhere`), []);
      rmSync(place);
    }
  });

  it("is purged without the targets of its links", async () => {
    await released("one", ["/data", "/var/lib/x"]);
    const secret = `${host.folder}/of-the-host`;
    mkdirSync(secret);
    writeFileSync(`${secret}/file`, "kept");
    await inApp(`ln -s ${secret} /data/link; ln -s ${secret}/file /data/file`);
    const others = release("two", [], { purge: [{ app: "evil", folder: appFolder }] });
    const { code, output } = await host.apply("release", others);
    assert.equal(code, 0, output);
    assert.equal(existsSync(appFolder), false);
    assert.equal(readFileSync(`${secret}/file`, "utf8"), "kept");
  });

  it("is kept when the site is taken down, unlike an anonymous volume of the image", async () => {
    await released("one", ["/data"]);
    const format = '{{range .Mounts}}{{if eq .Type "volume"}}{{.Name}}{{end}}{{end}}';
    const { output } = await run("docker", ["inspect", "--format", format, `${project}-evil-1`]);
    assert.match(output, /^[0-9a-f]{64}\n$/);
    await host.apply(["down", project]);
    assert.equal((await run("docker", ["volume", "inspect", output.trim()])).code, 1);
    assert.ok(existsSync(`${appFolder}/data`));
  });
});
