import assert from "node:assert/strict";
import { test } from "@jest/globals";
import { mirrored, parseImageName } from "../../../offline/setup/imageNames.ts";

test("an image's name is parsed as Docker parses it", () => {
  const cases: [string, string, string][] = [
    ["quay.io/jupyter/scipy-notebook:2026-08-08", "quay.io/jupyter/scipy-notebook", "2026-08-08"],
    ["nginxinc/nginx-unprivileged:1.30.4-alpine", "docker.io/nginxinc/nginx-unprivileged", "1.30.4-alpine"],
    ["debian:trixie-slim", "docker.io/library/debian", "trixie-slim"],
    ["debian", "docker.io/library/debian", "latest"],
    ["localhost/own", "localhost/own", "latest"],
    ["127.0.0.1:5083/docker.io/library/debian:12", "127.0.0.1:5083/docker.io/library/debian", "12"],
    ["registry.example.com:5000/own", "registry.example.com:5000/own", "latest"],
  ];
  for (const [name, repository, tag] of cases) assert.deepEqual(parseImageName(name), { repository, tag }, name);
});

test("a mirror has each image under its full name, registry included", () => {
  assert.equal(
    mirrored("quay.io/jupyter/scipy-notebook:2026-08-08", "127.0.0.1:5083"),
    "127.0.0.1:5083/quay.io/jupyter/scipy-notebook:2026-08-08",
  );
  assert.equal(
    mirrored("debian", "mirror.example.com/cache"),
    "mirror.example.com/cache/docker.io/library/debian:latest",
  );
});
