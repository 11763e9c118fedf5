import assert from "node:assert/strict";
import { test } from "@jest/globals";
import { type DockerIssue, dockerIssue, dockerParagraphs } from "../../../scripts/machine/docker.ts";

test("Docker's errors are told apart: not installed, not running, no permission, too old", () => {
  const cases: [number, string, DockerIssue | undefined][] = [
    [0, "", undefined],
    [0, "WARNING: something", undefined],
    [127, "spawn docker ENOENT", "absent"],
    [
      1,
      "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?",
      "not running",
    ],
    [1, "error during connect: dial tcp 127.0.0.1:2375: connect: connection refused", "not running"],
    [
      1,
      "permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock",
      "no permission",
    ],
    [1, "Error response from daemon: client version 1.52 is too new. Maximum supported API version is 1.41", "too old"],
    [1, "something else altogether", "broken"],
    [124, "", "broken"],
  ];
  for (const [code, stderr, issue] of cases) assert.equal(dockerIssue({ code, stderr }), issue, stderr);
});

test("each issue of Docker has a command that fixes it, on Debian and on macOS", () => {
  const commands: [DockerIssue, NodeJS.Platform, RegExp][] = [
    ["absent", "linux", /sudo apt-get install docker\.io/],
    ["absent", "darwin", /brew install --cask docker-desktop/],
    ["not running", "linux", /sudo systemctl start docker/],
    ["not running", "darwin", /open -a Docker/],
    ["no permission", "linux", /sudo usermod -aG docker \$USER/],
    ["too old", "linux", /sudo apt-get install docker\.io/],
    ["broken", "linux", /journalctl -u docker/],
  ];
  for (const [issue, platform, command] of commands) {
    assert.match(dockerParagraphs(issue, platform, "said").join("\n\n"), command, `${issue} on ${platform}`);
  }
});

test("the user sees Docker's own error", () => {
  const [found] = dockerParagraphs("broken", "linux", "something else altogether");
  assert.match(found ?? "", /something else altogether/);
});
