import assert from "node:assert/strict";
import { test } from "@jest/globals";
import { providersFor, siteImages } from "../../../scripts/pulumi/site.ts";
import { withoutCiphers } from "../../../scripts/pulumi/stackConfig.ts";

test("providersFor() returns the providers of each target", () => {
  const ofAll = ["command", "random", "tls"];
  assert.deepEqual(providersFor({}), ofAll);
  assert.deepEqual(providersFor({ "jupyter-up:target": "gcp" }), [...ofAll, "gcp", "cloudflare"]);
  assert.deepEqual(providersFor({ "jupyter-up:target": "gcp", "jupyter-up:dns": "none" }), [...ofAll, "gcp"]);
  assert.deepEqual(providersFor({ "jupyter-up:target": "ssh" }), [...ofAll, "cloudflare"]);
  const servers = { "jupyter-up:servers": { on: "kubernetes" } };
  assert.deepEqual(providersFor({ "jupyter-up:people": "own", ...servers }), [...ofAll, "kubernetes"]);
  assert.deepEqual(providersFor({ "jupyter-up:people": "shared", ...servers }), ofAll);
});

test("the images of a site with servers in a cluster are found although its kubeconfig is encrypted", async () => {
  const config = {
    "jupyter-up:allow": ["ann@example.com"],
    "jupyter-up:signIn": { users: [{ email: "ann@example.com" }] },
    "jupyter-up:people": "own",
    "jupyter-up:servers": { on: "kubernetes" },
    "jupyter-up:cluster": { kubeconfig: { secure: "v1:x" }, address: "10.128.0.2" },
  };
  const images = await siteImages(withoutCiphers(config) as Record<string, unknown>);
  assert.ok(images.includes("quay.io/jupyterhub/k8s-hub:4.4.0"), `${images}`);
});

test("the images of a site are found although its secrets are encrypted", async () => {
  const config = {
    "jupyter-up:target": "ssh",
    "jupyter-up:dns": "none",
    "jupyter-up:domain": "lab.example.com",
    "jupyter-up:allow": ["ann@example.com"],
    "jupyter-up:signIn": { users: [{ email: "ann@example.com", passwordHash: { secure: "v1:x" } }] },
    "jupyter-up:ssh": { host: "203.0.113.7", privateKey: { secure: "v1:y" }, hostKey: "ssh-ed25519 AAAA" },
  };
  const images = await siteImages(withoutCiphers(config) as Record<string, unknown>);
  assert.ok(images.includes("quay.io/jupyter/scipy-notebook:2026-08-08"), `${images}`);
});

test("the images of a site whose backup is in a bucket of the stack's own are found", async () => {
  const images = await siteImages({
    "jupyter-up:target": "gcp",
    "jupyter-up:project": "my-project-123456",
    "jupyter-up:sshFrom": ["203.0.113.7/32"],
    "jupyter-up:domain": "lab.example.com",
    "jupyter-up:allow": ["ann@example.com"],
    "jupyter-up:signIn": { users: [{ email: "ann@example.com" }] },
    "jupyter-up:backup": { to: "bucket" },
  });
  assert.ok(images.includes("docker.io/restic/restic:0.18.1"), `${images}`);
});
