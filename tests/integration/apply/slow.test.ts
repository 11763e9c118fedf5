import assert from "node:assert/strict";
import { chmodSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { afterEach, beforeEach, describe, it } from "@jest/globals";
import type { ReleaseManifest } from "../../../files/release/manifest.ts";
import { webAnswers } from "../../support/fakeDocker.ts";
import { type TestHost, testHost } from "../../support/host.ts";
import { releaseText } from "../../support/release.ts";

const MIB = 2 ** 20;

/**
 * A fake docker: one service on a slow machine with 966 MiB of memory. A pull takes the seconds in the file `pull-takes`, and writes 300 MiB according to
 * `df`; the service answers after the number of probes in the file `answers-after`.
 */
const docker = `#!/bin/sh
here=$(dirname "$0")/..
echo "$*" >>"$here/asked"
count() { echo x >>"$here/$1"; wc -l <"$here/$1"; }
case "$*" in
    'info '*)
        [ ! -e "$here/hangs" ] || exec sleep 600
        echo "{\\"folder\\": \\"$here\\", \\"memory\\": \${MEMORY-${966 * MIB}}, \\"cores\\": 1,"'"plugins": [{"Name": "compose"}]}'
        ;;
    'image inspect '*)
        shift 4
        for reference; do grep -xF "$reference" "$here/images" || exit 1; done
        ;;
    'image rm '*) grep -vxF "$3" "$here/images" >"$here/left"; mv "$here/left" "$here/images" ;;
    'pull '*) for reference; do :; done; touch "$here/pulling"; sleep "$(cat "$here/pull-takes")"; echo "$reference" >>"$here/images" ;;
    'ps --all --format {{.Image}}') echo site/in-use:1 ;;
    *' up '*) [ ! -e "$here/up-hangs" ] || exec sleep 600 ;;
    ${webAnswers}
    top*) ;;
    'inspect '*)
        if [ -e "$here/crashes" ]; then state=restarting count=$(count crashes); else state=running count=0; fi
        echo "[{\\"Id\\": \\"c0ffee\\", \\"State\\": {\\"Status\\": \\"$state\\"}, \\"RestartCount\\": $count,"
        echo '"Config": {"Healthcheck": {"Test": ["CMD", "is-ready"]}, "Labels": {"com.docker.compose.service": "web"}}}]'
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
    given("pull-takes", "3");
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
    given("answers-after", "6");
    const { code, output } = await release("new");
    assert.equal(code, 0, output);
    assert.match(
      output,
      /^Machine checked \(.+\nFolders and certificates ready \(.+\nFiles checked \(.+\nweb: is recreated\nContainers started \(.+\n(Waiting for web \(\d s\) \.\.\.\n){2,4}The site answers .+\nRelease new is running\.\n$/,
    );
  });

  it("shows how long each step took, in a line of its own", async () => {
    given("pull-takes", "2");
    given("answers-after", "3");
    const { code, output } = await release("new", {
      ...images("site/web:1", "site/web:2"),
      services: [{ name: "web", prepare: [["true"]] }],
    });
    assert.equal(code, 0, output);
    const lines = output.split("\n").map((line) => line.replace(/\d+\.\d s/, "TIME"));
    assert.deepEqual(lines, [
      "Machine checked (TIME)",
      "Pulling site/web:1 (1 MiB unpacked, image 1 of 2) ...",
      "Pulled site/web:1 (TIME)",
      "Pulling site/web:2 (1 MiB unpacked, image 2 of 2) ...",
      "Pulled site/web:2 (TIME)",
      "Folders and certificates ready (TIME)",
      "Files checked (TIME)",
      "web: is recreated",
      "Containers started (TIME)",
      "web prepared (TIME)",
      "The site answers at its front door (TIME)",
      "Release new is running.",
      "",
    ]);
    const [, took] = /^Pulled site\/web:1 \((.+) s\)$/m.exec(output) ?? [];
    assert.ok(Number(took) >= 2 && Number(took) < 10, output);
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
      /^Pulling site\/web:1 \(500 MiB unpacked\) \.\.\.\n(Pulling site\/web:1 \(\d s\): about 300 of 500 MiB, 0 minutes left \.\.\.\n){1,3}Pulled site\/web:1 \(/m,
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

  it("removes the images that it pulled, once none of the last five releases uses them", async () => {
    given("images", "site/other:1\nsite/in-use:1\n");
    given("pull-takes", "0");
    writeFileSync(`${host.folder}/site/pulled`, "site/in-use:1\n");
    await release("one", images("site/web:1", "site/other:1"));
    for (const [id, tag] of Object.entries({ two: 2, three: 3, four: 4, five: 5 }))
      await release(id, images(`site/web:${tag}`));
    assert.match(host.read("../images"), /^site\/web:1$/m, "for a rollback");
    const { code, output } = await release("six", images("site/web:6"));
    assert.equal(code, 0, output);
    assert.match(output, /^The image site\/web:1 was removed: no release names it any more\.$/m);
    const left = [2, 3, 4, 5, 6].map((tag) => `site/web:${tag}\n`).join("");
    assert.equal(host.read("../images"), `site/other:1\nsite/in-use:1\n${left}`);
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
