import assert from "node:assert/strict";
import { beforeAll, describe, it } from "@jest/globals";
import { PeopleNamespace } from "../../../components/cluster/peopleNamespace.ts";
import { inCluster } from "../../support/kubeconfig.ts";
import { type Resource, runUnderMocks, secretOf } from "../../support/mocks.ts";
import { settingsWith } from "../../support/settings.ts";

interface Rule {
  resources: string[];
  verbs: string[];
}

describe("The place of people's servers in a cluster", () => {
  let resources: Resource[];
  const named = (name: string) => resources.find((each) => each.name === name) as Resource;
  const inputs = (name: string) => named(name).inputs as Record<string, Record<string, unknown>>;
  beforeAll(async () => {
    const { people } = settingsWith(inCluster);
    assert.ok(people.kind === "own" && people.on.kind === "kubernetes");
    const { cluster } = people.on;
    const program = async () => {
      new PeopleNamespace("people", { namespace: "jupyter-up-test", cluster, most: 6 });
    };
    ({ resources } = await runUnderMocks({}, program));
  });

  it("keeps the kubeconfig secret, and is not replaced by another kubeconfig for the same cluster", () => {
    assert.equal(secretOf(inputs("people-cluster").kubeconfig), inCluster.cluster.kubeconfig);
    assert.equal(inputs("people-cluster").clusterIdentifier, "https://10.128.0.9:6443");
  });

  it("has a namespace that stays with its homes, also if somebody else made it", () => {
    const { type } = named("people-namespace");
    assert.equal(type, "kubernetes:core/v1:NamespacePatch");
    const { name, labels } = inputs("people-namespace").metadata ?? {};
    assert.equal(name, "jupyter-up-test");
    assert.deepEqual(labels, { "pod-security.kubernetes.io/enforce": "restricted" });
  });

  it("lets the hub make servers and homes there, and delete no home and read no secret", () => {
    const rules = inputs("people-hub-role").rules as unknown as Rule[];
    const verbsOf = (resource: string) =>
      rules.flatMap(({ resources, verbs }) => (resources.includes(resource) ? verbs : []));
    assert.deepEqual(verbsOf("pods"), ["get", "list", "watch", "create", "delete"]);
    assert.deepEqual(verbsOf("persistentvolumeclaims"), ["get", "create"]);
    assert.deepEqual(verbsOf("secrets"), ["create", "update"]);
    assert.deepEqual(rules.flatMap(({ resources }) => resources).sort(), [
      "configmaps",
      "events",
      "persistentvolumeclaims",
      "pods",
      "secrets",
    ]);
    assert.equal(inputs("people-hub-binding").roleRef?.kind, "Role", "which is for one namespace");
  });

  it("publishes nothing, and has room for as many servers as the settings say", () => {
    assert.deepEqual(inputs("people-quota").spec, { hard: { pods: "6", services: "0" } });
  });

  it("lets only the site's machine reach servers, and servers only DNS and the internet", () => {
    const spec = inputs("people-network").spec as unknown as {
      podSelector: object;
      policyTypes: string[];
      ingress: unknown[];
      egress: { to: { ipBlock?: { cidr: string; except?: string[] } }[]; ports?: { port: number }[] }[];
    };
    assert.deepEqual([spec.podSelector, spec.policyTypes], [{}, ["Ingress", "Egress"]]);
    assert.deepEqual(spec.ingress, [
      { from: [{ ipBlock: { cidr: "10.128.0.2/32" } }], ports: [{ port: 8888, protocol: "TCP" }] },
    ]);
    const [internet, ...others] = spec.egress;
    const { cidr, except = [] } = internet?.to[0]?.ipBlock ?? {};
    assert.equal(cidr, "0.0.0.0/0");
    for (const range of ["10.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16"])
      assert.ok(except.includes(range), range);
    for (const { ports = [] } of others) assert.deepEqual([...new Set(ports.map(({ port }) => port))], [53]);
  });
});
