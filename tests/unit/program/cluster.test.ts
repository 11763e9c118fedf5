import assert from "node:assert/strict";
import { beforeAll, describe, it } from "@jest/globals";
import { parse } from "yaml";
import { inCluster } from "../../support/kubeconfig.ts";
import { MARKER, openTexts, type Run, runUnderMocks, secretOf } from "../../support/mocks.ts";
import { pulumiConfig } from "../../support/projectFile.ts";
import { contentOf } from "../../support/unpack.ts";

const config = {
  "jupyter-up:allow": ["ann@example.com"],
  "jupyter-up:signIn": { users: [{ email: "ann@example.com" }] },
  ...Object.fromEntries(Object.entries(inCluster).map(([key, value]) => [`jupyter-up:${key}`, value])),
};

describe("The program with servers of people in a cluster", () => {
  let run: Run;
  const inputOf = (name: string) => run.resources.find((each) => each.name === name)?.inputs.stdin;
  beforeAll(async () => {
    // Node caches a module by its whole URL, so each test file has its own query.
    const query = "cluster";
    const program = async () => (await import(`../../../index.ts?${query}`)).default;
    run = await runUnderMocks(pulumiConfig(config), program, {}, { encrypted: ["jupyter-up:cluster"] });
  });

  it("has the place for them in the cluster, made with the cluster's own provider", () => {
    const made = run.resources.filter(({ type }) => type.startsWith("kubernetes:"));
    assert.deepEqual(made.map(({ type, name }) => `${type} ${name}`).sort(), [
      "kubernetes:core/v1:NamespacePatch people-namespace",
      "kubernetes:core/v1:ResourceQuota people-quota",
      "kubernetes:core/v1:Secret people-hub-token",
      "kubernetes:core/v1:ServiceAccount people-hub",
      "kubernetes:networking.k8s.io/v1:NetworkPolicy people-network",
      "kubernetes:rbac.authorization.k8s.io/v1:Role people-hub-role",
      "kubernetes:rbac.authorization.k8s.io/v1:RoleBinding people-hub-binding",
    ]);
    const provider = run.resources.find(({ name }) => name === "people-cluster");
    for (const { name, options } of made) assert.ok(options.provider.startsWith(`${provider?.urn}::`), name);
  });

  it("has neither the kubeconfig nor the hub's token readable in the state or a preview", () => {
    for (const { name, inputs } of run.resources)
      for (const text of openTexts(inputs)) assert.doesNotMatch(text, new RegExp(`secret-of-ann|${MARKER}`), name);
  });

  it("sends the hub's token to the machine, and not the kubeconfig", () => {
    const text = String(secretOf(inputOf("site-secrets")));
    assert.equal(parse(contentOf(text, "kubeconfig")).users[0].user.token, `${MARKER}-people-hub-token-token`);
    assert.doesNotMatch(text + String(inputOf("site-release")), /secret-of-ann/);
  });
});
