import assert from "node:assert/strict";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { afterEach, beforeEach, describe, it } from "@jest/globals";
import type { ServiceManifest } from "../../../files/release/manifest.ts";
import { engineAnswers, webAnswers } from "../../support/fakeDocker.ts";
import { type TestHost, testHost } from "../../support/host.ts";
import { releaseText } from "../../support/release.ts";
import { withoutSteps } from "../../support/steps.ts";

/** A fake docker: one running service, in whose container some commands never end. */
const docker = `#!/bin/sh
case "$*" in
    ${engineAnswers}${webAnswers}
    top*) exec sleep 600 ;;
    'inspect '*)
        echo '[{"Id": "c0ffee", "State": {"Status": "running"}, "RestartCount": 0,'
        echo '"Config": {"Labels": {"com.docker.compose.service": "web"}}}]'
        ;;
    *hang*) exec sleep 600 ;;
    *fail*) exit 7 ;;
    *read*) cat ;;
esac
`;

describe("A command that never ends, in the container", () => {
  let host: TestHost;
  beforeEach(() => {
    host = testHost();
    host.limit({ prepare_within: 2, dismiss_within: 2, answer_within: 2 });
    mkdirSync(`${host.folder}/bin`);
    writeFileSync(`${host.folder}/bin/docker`, docker);
    chmodSync(`${host.folder}/bin/docker`, 0o755);
  });
  afterEach(() => host.remove());

  const release = (web: Omit<ServiceManifest, "name">) =>
    releaseText({ allow: ["ann@example.com", "@example.org"], services: [{ name: "web", ...web }] });

  it("of a service that users can change, is ended at its time limit, and the release goes on", async () => {
    const text = releaseText({
      allow: ["ann@example.com", "@example.org"],
      services: [
        { name: "web", user_controlled: true, prepare: [["hang", "--now"], ["fail"]], dismiss: ["read"] },
        { name: "web", dismiss: ["hang"] },
      ],
    });
    const { code, output } = await host.apply("release", text, { PATH: `${host.folder}/bin:${process.env.PATH}` });
    assert.deepEqual(
      { code, output: withoutSteps(output) },
      {
        code: 0,
        output: `web: is recreated
web: 'hang --now' did not end within 2 seconds.
web: 'fail' failed with exit code 7, without output.
web says: ann@example.com
web says: @example.org
web: 'hang' failed with exit code 124, so nothing was ended there.
Release new is running.
`,
      },
    );
  });

  it("of any other service, fails the release with the service and the command", async () => {
    const { code, output } = await host.apply("release", release({ prepare: [["fail"]] }), {
      PATH: `${host.folder}/bin:${process.env.PATH}`,
    });
    assert.equal(code, 1);
    assert.match(
      withoutSteps(output),
      /^web: 'fail' failed with exit code 7, without output\.\nThere is no earlier release/m,
    );
  });
});
