import assert from "node:assert/strict";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { type Cluster, startCluster } from "../../offline/kubernetes/cluster.ts";
import { Pods } from "../support/pods.ts";

describe("a cluster that refuses what Autopilot refuses", () => {
  let cluster: Cluster;
  let pods: Pods;

  beforeAll(async () => {
    cluster = await startCluster({ autopilot: true });
    pods = new Pods(cluster);
  });
  afterAll(() => cluster?.stop());

  it("admits an ordinary pod", () => pods.make("ordinary"));

  const refused: [string, object, RegExp][] = [
    ["privileged containers", { container: { securityContext: { privileged: true } } }, /autogke-disallow-privilege/],
    [
      "more capabilities",
      { container: { securityContext: { capabilities: { add: ["NET_ADMIN"] } } } },
      /autogke-default-linux-capabilities/,
    ],
    [
      "folders of the node",
      { spec: { volumes: [{ name: "etc", hostPath: { path: "/etc" } }] } },
      /autogke-no-write-mode-hostpath/,
    ],
    ["the node's network", { spec: { hostNetwork: true } }, /autogke-disallow-hostnamespaces/],
    ["ports of the node", { container: { ports: [{ containerPort: 80, hostPort: 80 }] } }, /autogke-disallow-hostport/],
    ["no requests", { container: { resources: {} } }, /denied by requests/],
  ];
  for (const [what, options, words] of refused) {
    it(`refuses ${what}`, async () => {
      await assert.rejects(pods.make("refused", options), words);
    });
  }
});
