import assert from "node:assert/strict";
import { chmodSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { afterEach, beforeEach, describe, it } from "@jest/globals";
import type { ReleaseManifest } from "../../../files/release/manifest.ts";
import { type TestHost, testHost } from "../../support/host.ts";
import { releaseText } from "../../support/release.ts";

const MIB = 2 ** 20;

/**
 * A fake docker: one service on a slow machine with 966 MiB of memory. A pull takes three seconds and writes 300 MiB according to
 * `df`; the service answers after the number of probes in the file `answers-after`.
 */
const docker = `#!/bin/sh
here=$(dirname "$0")/..
echo "$*" >>"$here/asked"
count() { echo x >>"$here/$1"; wc -l <"$here/$1"; }
case "$*" in
    *'{{.MemTotal}}'*) echo "\${MEMORY-${966 * MIB}}" ;;
    *'{{.ServerVersion}}'*) [ ! -e "$here/hangs" ] || exec sleep 600; echo 28 ;;
    *DockerRootDir*) echo "$here" ;;
    'image inspect site/'*) grep -qxF "$3" "$here/images" ;;
    'image inspect '*) exit 1 ;;
    'image rm '*) grep -vxF "$3" "$here/images" >"$here/left"; mv "$here/left" "$here/images" ;;
    'pull '*) for reference; do :; done; touch "$here/pulling"; sleep 3; echo "$reference" >>"$here/images" ;;
    *working_dir* | *status=created* | *'{{.ID}}'*) ;;
    'ps --all --format {{.Image}}') echo site/in-use:1 ;;
    *' config --services') echo web ;;
    *--hash*) echo 'web new' ;;
    *' up '*) [ ! -e "$here/up-hangs" ] || exec sleep 600 ;;
    'ps '*) echo c0ffee ;;
    top*) ;;
    'inspect '*)
        if [ -e "$here/crashes" ]; then state=restarting count=$(count crashes); else state=running count=0; fi
        echo "[{\\"Id\\": \\"c0ffee\\", \\"State\\": {\\"Status\\": \\"$state\\"}, \\"RestartCount\\": $count,"
        echo '"Config": {"Healthcheck": {"Test": ["CMD", "is-ready"]}}}]'
        ;;
    *is-ready*) [ "$(count asked-if-ready)" -gt "$(cat "$here/answers-after")" ] ;;
esac
`;
const df = `#!/bin/sh
here=$(dirname "$0")/..
echo Filesystem 1024-blocks Used Available
if [ -e "$here/pulling" ]; then free=${700 * 1024}; else free=${1000 * 1024}; fi
echo disk 0 0 $free
`;

describe("On a slow machine, site-apply", () => {
  let host: TestHost;
  beforeEach(() => {
    host = testHost();
    mkdirSync(`${host.folder}/bin`);
    for (const [name, text] of Object.entries({ docker, df })) {
      writeFileSync(`${host.folder}/bin/${name}`, text);
      chmodSync(`${host.folder}/bin/${name}`, 0o755);
    }
    given("answers-after", "0");
    given("images", "");
  });
  afterEach(() => host.remove());

  const given = (name: string, text: string) => writeFileSync(`${host.folder}/${name}`, text);
  const asked = () => host.read("../asked");
  const release = (id: string, manifest: Partial<ReleaseManifest> = {}, env: NodeJS.ProcessEnv = {}) =>
    host.apply("release", releaseText({ release: id, ...manifest }, `# ${id}\n`), {
      PATH: `${host.folder}/bin:${process.env.PATH}`,
      ...env,
    });
  const images = (...references: string[]) => ({ images: references.map((reference) => ({ reference, size_mib: 1 })) });
  const large = { images: [{ reference: "site/web:1", size_mib: 500 }] };

  it("reports repeatedly what it waits for, and for how long", async () => {
    host.limit({ said_every: 1 });
    given("answers-after", "3");
    const { code, output } = await release("new");
    assert.equal(code, 0, output);
    assert.match(output, /^web: is recreated\n(Waiting for web \(\d s\) \.\.\.\n){2,4}Release new is running\.\n$/);
  });

  it("stops waiting for a service that ends again after Docker has restarted it", async () => {
    host.limit({ ready_within: 20 });
    given("crashes", "");
    const { code, output } = await release("new");
    assert.equal(code, 1);
    assert.match(output, /^web stopped by itself/m);
    // It did not poll until the time limit.
    assert.ok(host.read("../crashes").split("\n").length < 10);
  });

  it("reports how much of an image has been pulled, by the space on the disk", async () => {
    host.limit({ said_every: 1 });
    const { code, output } = await release("new", large);
    assert.equal(code, 0, output);
    assert.match(
      output,
      /^Pulling site\/web:1 \(500 MiB unpacked\) \.\.\.\n(Pulling site\/web:1 \(\d s\): about 300 of 500 MiB \.\.\.\n){1,3}web: /,
    );
  });

  it("gives up a pull that never ends, with a message", async () => {
    host.limit({ pulled_within: 1 });
    const { code, output } = await release("new", large);
    assert.equal(code, 1);
    assert.match(output, /^The image site\/web:1 did not arrive within 0 minutes\. Nothing was changed\./m);
    assert.equal(existsSync(`${host.folder}/site/current`), false);
  });

  it("gives up on an engine that does not answer, and on one that does not start containers", async () => {
    host.limit({ engine_within: 1, started_within: 1 });
    given("up-hangs", "");
    const unstarted = await release("new");
    assert.equal(unstarted.code, 1);
    assert.match(unstarted.output, /^The site could not be started\. Docker says: nothing, for 0 minutes$/m);
    given("hangs", "");
    const { code, output } = await release("new");
    assert.equal(code, 1);
    assert.match(output, /^Docker's engine has not answered for 1 seconds\. Restart it /);
  });

  it("removes the images that it pulled, once neither the running nor the previous release uses them", async () => {
    given("images", "site/other:1\nsite/in-use:1\n");
    writeFileSync(`${host.folder}/site/pulled`, "site/in-use:1\n");
    await release("one", images("site/web:1", "site/other:1"));
    await release("two", images("site/web:2"));
    assert.match(host.read("../images"), /^site\/web:1$/m, "the previous release's");
    const { code, output } = await release("three", images("site/web:3"));
    assert.equal(code, 0, output);
    assert.match(output, /^The image site\/web:1 was removed: no release names it any more\.$/m);
    assert.equal(host.read("../images"), "site/other:1\nsite/in-use:1\nsite/web:2\nsite/web:3\n");
  });

  for (const [machine, memory, limits] of [
    ["1 GB", 966, "--memory 516m --memory-swap 580m"],
    ["64 GB", 65536, "--memory 62260m --memory-swap 124520m"],
    ["far too little", 500, "--memory 256m --memory-swap 320m"],
  ] as const)
    it(`reserves memory for the rest of the site: ${machine}`, async () => {
      const { code, output } = await release(
        "new",
        { services: [{ name: "web", memory_beside_mib: 450 }] },
        { MEMORY: String(memory * MIB) },
      );
      assert.equal(code, 0, output);
      assert.ok(asked().includes(`update ${limits} c0ffee\n`), asked());
    });
});
