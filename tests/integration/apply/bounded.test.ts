import assert from "node:assert/strict";
import { chmodSync, existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { afterEach, beforeEach, describe, it } from "@jest/globals";
import { flatText } from "../../../files/release/archive.ts";
import { type TestHost, testHost } from "../../support/host.ts";

/** In Docker's place: one service, which runs, and in whose container some commands never end. */
const docker = `#!/bin/sh
case "$*" in
    *working_dir* | *status=created* | *'{{.ID}}'*) ;;
    *' config --services') echo web ;;
    *--hash*) echo 'web new' ;;
    'ps '*) echo c0ffee ;;
    top*) exec sleep 600 ;;
    *'{{.State.Status}} {{.RestartCount}}'*) echo 'running 0' ;;
    *'{{.RestartCount}}'*) echo 0 ;;
    *hang*) exec sleep 600 ;;
    *fail*) exit 7 ;;
    *read*) cat ;;
esac
`;

describe("A command in a container that people can change", () => {
  let host: TestHost;
  beforeEach(() => {
    host = testHost();
    host.limit({ prepare_within: 2, dismiss_within: 2, answer_within: 2 });
    mkdirSync(`${host.folder}/bin`);
    writeFileSync(`${host.folder}/bin/docker`, docker);
    chmodSync(`${host.folder}/bin/docker`, 0o755);
  });
  afterEach(() => host.remove());

  /** Programs of this machine without `timeout`, which macOS has not got. */
  function withoutTimeout(): string {
    const folder = `${host.folder}/programs`;
    mkdirSync(folder);
    for (const path of ["/bin", "/usr/bin"])
      for (const name of readdirSync(path))
        if (name !== "timeout" && !existsSync(`${folder}/${name}`)) symlinkSync(`${path}/${name}`, `${folder}/${name}`);
    return folder;
  }
  const release = (...header: string[]) =>
    flatText(
      ["release new", "project none", "allow ann@example.com", "allow @example.org", ...header],
      [{ path: "compose.yaml", mode: "0644", content: "a\n" }],
    );

  for (const [where, path] of [
    ["with timeout", () => process.env.PATH],
    ["without, as on macOS", withoutTimeout],
  ] as const)
    it(`ends in time, and the release goes on: ${where}`, async () => {
      const text = release(
        "user-controlled web",
        "prepare web hang --now",
        "prepare web fail",
        "dismiss web read",
        "dismiss web hang",
      );
      const { code, output } = await host.apply("release", text, { PATH: `${host.folder}/bin:${path()}` });
      assert.deepEqual(
        { code, output },
        {
          code: 0,
          output: `web: starts anew
web: 'hang --now' did not end within 2 seconds.
web: 'fail' failed with exit code 7, and said nothing.
web says: ann@example.com
web says: @example.org
web: 'hang' failed with exit code 124, so that nothing was ended there.
Release new is running.
`,
        },
      );
    });

  it("fails the release where nobody can change the service, and says which and how", async () => {
    const { code, output } = await host.apply("release", release("prepare web fail"), {
      PATH: `${host.folder}/bin:${process.env.PATH}`,
    });
    assert.equal(code, 1);
    assert.match(output, /^web: 'fail' failed with exit code 7, and said nothing\.\nThere is no earlier release/m);
  });
});
