import assert from "node:assert/strict";
import { createServer, type Server } from "node:http";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { type Cluster, startCluster } from "../../offline/kubernetes/cluster.ts";
import { run } from "../support/command.ts";
import { becomes, Pods, thisMachineAsks, whoami } from "../support/pods.ts";
import { until } from "../support/until.ts";

describe("a cluster of Kubernetes", () => {
  let cluster: Cluster;
  let pods: Pods;

  beforeAll(async () => {
    cluster = await startCluster();
    pods = await Pods.in(cluster);
  });
  afterAll(() => cluster?.stop());

  it("has a node that is ready", async () => {
    assert.match(await cluster.kubectl("get", "nodes", "--no-headers"), /^node-1 +Ready +<none> +\S+ +v1\.35\.4\n$/);
  });

  it("runs a pod of an image of this machine's Docker, which answers this machine", async () => {
    const address = await pods.start("echo");
    await becomes("200", () => thisMachineAsks(address));
    assert.match(
      await (await fetch(`http://${address}`)).text(),
      new RegExp(`RemoteAddr: (::ffff:)?${cluster.machineAddress}:`),
    );
  });

  it("answers containers on networks of this machine's Docker", async () => {
    const address = await pods.start("echo-for-docker");
    const script = `fetch("http://${address}").then(({ status }) => console.log(status))`;
    const args = ["run", "--rm", "--entrypoint", "node", whoami, "--eval", script];
    await becomes(/200/, async () => (await run("docker", args)).output);
  });

  it("lets a pod reach this machine, which sees the pod's address", async () => {
    const seen: string[] = [];
    const server: Server = createServer(({ socket }, answer) => {
      seen.push(socket.remoteAddress ?? "");
      answer.end();
    }).listen(0, cluster.machineAddress);
    await new Promise((resolve) => server.once("listening", resolve));
    const { port } = server.address() as { port: number };
    const address = await pods.start("asks", { script: "setInterval(() => {}, 1000)" });
    assert.equal(await pods.asks("asks", `${cluster.machineAddress}:${port}`), "200");
    assert.deepEqual(seen, [address]);
    server.close();
  });

  it("kills a program that takes more memory than its limit", async () => {
    const script = "const all = []; setInterval(() => all.push(Buffer.alloc(16 << 20, 1)), 20)";
    await pods.make("greedy", { script, container: { resources: { limits: { memory: "96Mi", cpu: "500m" } } } });
    await until("the pod ended", async () => (await pods.read("greedy"))?.status.phase === "Failed");
    const { terminated } = (await pods.read("greedy"))?.status.containerStatuses[0].state ?? {};
    assert.deepEqual([terminated.exitCode, terminated.reason], [137, "OOMKilled"]);
  });

  it("replaces a pod of a Deployment, and answers by the name of its service", async () => {
    await pods.apply(
      {
        apiVersion: "apps/v1",
        kind: "Deployment",
        metadata: { name: "web" },
        spec: {
          selector: { matchLabels: { app: "web" } },
          template: {
            metadata: { labels: { app: "web" } },
            spec: {
              terminationGracePeriodSeconds: 1,
              containers: [{ name: "main", image: whoami }],
            },
          },
        },
      },
      {
        apiVersion: "v1",
        kind: "Service",
        metadata: { name: "web" },
        spec: { selector: { app: "web" }, ports: [{ port: 80 }] },
      },
    );
    await cluster.kubectl("rollout", "status", "deployment/web", "--timeout=60s");
    await cluster.kubectl("delete", "pod", "--selector", "app=web");
    await cluster.kubectl("rollout", "status", "deployment/web", "--timeout=60s");
    await becomes("200", () => pods.asks("asks", "web.default.svc.cluster.local"));
  });

  describe("with a second node", () => {
    beforeAll(() => cluster.addNode({ name: "big", labels: { size: "big" }, taints: ["size=big:NoSchedule"] }));

    it("runs a pod that asks for it there, and reaches it", async () => {
      const spec = {
        nodeSelector: { size: "big" },
        tolerations: [{ key: "size", operator: "Equal", value: "big", effect: "NoSchedule" }],
      };
      const address = await pods.start("on-big", { spec });
      assert.equal((await pods.read("on-big"))?.spec.nodeName, "big");
      await becomes("200", () => thisMachineAsks(address));
      assert.equal(await pods.asks("asks", address), "200");
    });

    it("loses it again", async () => {
      await cluster.removeNode("big");
      assert.match(await cluster.kubectl("get", "nodes", "--no-headers"), /^node-1 +Ready[^\n]+\n$/);
    });
  });
});
