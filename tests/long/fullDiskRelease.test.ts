import assert from "node:assert/strict";
import { chmodSync, cpSync, mkdirSync, renameSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { afterAll, afterEach, beforeAll, describe, it } from "@jest/globals";
import { freePort } from "../../offline/support/freePort.ts";
import { run } from "../support/command.ts";
import { type RunningSite, runningSite } from "../support/runningSite.ts";
import { type SmallDisk, smallDisk } from "../support/smallDisk.ts";
import { statusFor } from "../support/statusFor.ts";
import { visitor } from "../support/visitor.ts";

const skip = process.getuid?.() !== 0 && "only root can mount a disk";
const ann = "ann@example.com";
const image = "traefik/whoami:v1.11.0";
/** An app that ends at once, so that a release with it is rolled back. */
const broken = { name: "broken", image, port: 80, environment: { WHOAMI_PORT_NUMBER: "none" } };
const REPORT =
  /^The disk is full: |The disk became full|The disk is 100 % full|The disk at \S+ holds 100 % of the files/m;

/** Before which command of Docker the disk fills. The switch follows the first one. */
const MOMENTS = {
  "before the switch": "top",
  "before the containers are recreated": "up --detach",
  "before nginx loads its new files": "exec * sh /site/current/reload.sh",
  "before the smoke test": "exec * http://127.0.0.1:8081/door",
};
type Moment = keyof typeof MOMENTS;

const ROWS: [fills: "bytes" | "files", moment: Moment, release: "good" | "broken"][] = [
  ["bytes", "before the containers are recreated", "good"],
  ["bytes", "before nginx loads its new files", "good"],
  ["bytes", "before the smoke test", "good"],
  ["bytes", "before the switch", "broken"],
  ["bytes", "before nginx loads its new files", "broken"],
  ["files", "before nginx loads its new files", "good"],
  ["files", "before the containers are recreated", "broken"],
];

(skip ? describe.skip : describe)("A disk that becomes full during a release", () => {
  let site: RunningSite;
  let disk: SmallDisk;
  let programs: string;
  let httpsPort: number;
  let httpPort: number;
  /** The version that was released last. */
  let released = 0;

  /** The bundle of a version: its number is in the answer of an app, and in the address of a user whom no other version allows. */
  const bundle = (version: number, apps: object[] = []) =>
    site.bundle({
      settings: {
        domain: "lab.example.com",
        allow: [ann, user(version)],
        apps: [{ name: "one", image, port: 80, environment: { WHOAMI_NAME: `version ${version}` } }, ...apps],
      },
      layout: { httpsPort, httpPort },
      secrets: { appSecrets: {} },
    });
  const user = (version: number) => `user-${version}@example.com`;

  async function release({ secrets, release }: { secrets: string; release: string }, env: NodeJS.ProcessEnv = {}) {
    assert.deepEqual(await site.host.apply("secrets", secrets), { code: 0, output: "" });
    return site.host.apply("release", release, env);
  }

  /** Asserts that all of the site is of one version. */
  async function assertWhole(version: number): Promise<void> {
    const { status, body } = await visitor(() => httpsPort, ann).visit("one.lab.example.com", "/");
    assert.equal(status, 200);
    assert.match(body, new RegExp(`^Name: version ${version}$`, "m"));
    for (const other of [version - 1, version + 1]) assert.equal(await statusFor(httpsPort, user(other), "one"), 403);
    assert.equal(await statusFor(httpsPort, ann, ""), 200);
  }

  /** A folder with a program `docker` that fills the disk before a command of Docker. */
  function fillingDocker(fills: "bytes" | "files", moment: Moment): string {
    const folder = `${programs}/${fills} ${moment}`;
    mkdirSync(folder, { recursive: true });
    const pattern = MOMENTS[moment].replaceAll(/[^*]+/g, "'$&'");
    writeFileSync(
      `${folder}/docker`,
      `#!/bin/sh
PATH=\${PATH#*:}
case " $* " in
*' '${pattern}' '*) [ -e '${disk.folder}/.filler' ] || { ${disk.filling[fills]}
  } ;;
esac
exec docker "$@"
`,
    );
    chmodSync(`${folder}/docker`, 0o755);
    return folder;
  }

  beforeAll(async () => {
    site = runningSite(["nginx", "vouch", "one", "broken"]);
    programs = `${site.host.folder}/programs`;
    [httpsPort, httpPort] = [await freePort(), await freePort()];
    const { root } = site.host.layout as { root: string };
    renameSync(root, `${root}.before`);
    disk = await smallDisk(root, 100);
    cpSync(`${root}.before`, root, { recursive: true });
    const { code, output } = await release(await bundle(0));
    assert.equal(code, 0, output);
  });
  afterAll(async () => {
    const { root } = site.host.layout as { root: string };
    await run(`${root}/bin/site-apply`, ["down", site.project]);
    await disk.remove();
    rmSync(root, { recursive: true });
    renameSync(`${root}.before`, root);
    await site.remove();
  });
  // The disk has space again, and the same settings are released.
  afterEach(async () => {
    disk.free();
    released += 1;
    const { code, output } = await release(await bundle(released));
    assert.equal(code, 0, output);
    await assertWhole(released);
  });

  for (const [fills, moment, kind] of ROWS)
    it(`${moment}, by ${fills}, in a ${kind} release: the old site or the new one is whole, and the next release works`, async () => {
      const env = { PATH: `${fillingDocker(fills, moment)}:${process.env.PATH}` };
      const { code, output } = await release(await bundle(released + 1, kind === "broken" ? [broken] : []), env);
      const { bavail, ffree } = statfsSync(disk.folder);
      assert.ok((fills === "bytes" ? bavail : ffree) < 400, `${bavail} blocks and ${ffree} files are free`);
      assert.match(output, REPORT);
      await assertWhole(code === 0 ? released + 1 : released);
    });
});
