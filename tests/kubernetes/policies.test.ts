import assert from "node:assert/strict";
import { createServer, type Server } from "node:http";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { type Cluster, startCluster } from "../../offline/kubernetes/cluster.ts";
import { becomes, Pods, thisMachineAsks } from "../support/pods.ts";

const policy = (name: string, spec: object) => ({
  apiVersion: "networking.k8s.io/v1",
  kind: "NetworkPolicy",
  metadata: { name, namespace: "people" },
  spec,
});

/** What a connection that a policy refuses gets: an answer of the node, or none. */
const refused = /^(ECONNREFUSED|TimeoutError|UND_ERR_CONNECT_TIMEOUT)$/;
const waits = "setInterval(() => {}, 1000)";

/** Each test starts where the previous one ended. */
describe("network policies", () => {
  let cluster: Cluster;
  let pods: Pods;
  let machine: Server;
  let address: string;
  let onMachine: string;
  let elsewhere: string;

  beforeAll(async () => {
    cluster = await startCluster();
    pods = await Pods.in(cluster);
    await cluster.addNode({ name: "other", labels: { place: "other" } });
    await pods.apply(
      { apiVersion: "v1", kind: "Namespace", metadata: { name: "people", labels: { side: "inside" } } },
      { apiVersion: "v1", kind: "Namespace", metadata: { name: "others", labels: { side: "outside" } } },
    );
    machine = createServer((_, answer) => answer.end()).listen(0, cluster.machineAddress);
    await new Promise((resolve) => machine.once("listening", resolve));
    onMachine = `${cluster.machineAddress}:${(machine.address() as { port: number }).port}`;
    const here = { nodeSelector: { "kubernetes.io/hostname": "node-1" } };
    const there = { nodeSelector: { place: "other" } };
    address = await pods.start("server", { namespace: "people", labels: { app: "server" }, spec: here });
    elsewhere = await pods.start("outside", { namespace: "others", spec: there });
    const client = { namespace: "people", script: waits };
    await pods.start("friend", { ...client, labels: { app: "friend" }, spec: here });
    await pods.start("stranger", { ...client, labels: { app: "stranger" }, spec: here });
    await pods.start("far-friend", { ...client, labels: { app: "friend" }, spec: there });
    await pods.start("far-stranger", { ...client, labels: { app: "stranger" }, spec: there });
  });
  afterAll(async () => {
    machine?.close();
    await cluster?.stop();
  });

  const from = (name: string, to: string) => () => pods.asks(name, to, "people");
  const fromOutside = (to: string) => () => pods.asks("outside", to, "others");

  it("do not exist at first: everybody reaches everybody", async () => {
    for (const name of ["friend", "stranger", "far-friend", "far-stranger"]) await becomes("200", from(name, address));
    await becomes("200", fromOutside(address));
    await becomes("200", () => thisMachineAsks(address));
    await becomes("200", from("friend", onMachine));
  });

  it("refuse everybody", async () => {
    await pods.apply(policy("nobody", { podSelector: { matchLabels: { app: "server" } }, policyTypes: ["Ingress"] }));
    for (const name of ["friend", "stranger", "far-friend", "far-stranger"])
      await becomes(refused, from(name, address));
    await becomes(refused, fromOutside(address));
    await becomes(refused, () => thisMachineAsks(address));
  });

  it("admit pods by their labels, on the same node and on another one", async () => {
    await pods.apply(
      policy("friends", {
        podSelector: { matchLabels: { app: "server" } },
        ingress: [
          { from: [{ podSelector: { matchLabels: { app: "friend" } } }], ports: [{ protocol: "TCP", port: 80 }] },
        ],
      }),
    );
    for (const name of ["friend", "far-friend"]) await becomes("200", from(name, address));
    for (const name of ["stranger", "far-stranger"]) await becomes(refused, from(name, address));
    await becomes(refused, fromOutside(address));
    await becomes(refused, () => thisMachineAsks(address));
  });

  it("admit this machine by its address", async () => {
    await pods.apply(
      policy("machine", {
        podSelector: { matchLabels: { app: "server" } },
        ingress: [{ from: [{ ipBlock: { cidr: `${cluster.machineAddress}/32` } }] }],
      }),
    );
    await becomes("200", () => thisMachineAsks(address));
    await becomes(refused, from("stranger", address));
  });

  it("admit a namespace", async () => {
    await pods.apply(
      policy("namespace", {
        podSelector: { matchLabels: { app: "server" } },
        ingress: [{ from: [{ namespaceSelector: { matchLabels: { side: "outside" } } }] }],
      }),
    );
    await becomes("200", fromOutside(address));
    await becomes(refused, from("stranger", address));
  });

  it("refuse what a pod reaches, but for a range with an exception", async () => {
    await pods.apply(
      policy("ways-out", {
        podSelector: { matchLabels: { app: "stranger" } },
        policyTypes: ["Egress"],
        egress: [{ to: [{ ipBlock: { cidr: "10.0.0.0/8", except: [`${cluster.machineAddress}/32`] } }] }],
      }),
    );
    for (const name of ["stranger", "far-stranger"]) {
      await becomes(refused, from(name, onMachine));
      await becomes("200", from(name, `${elsewhere}:80`));
    }
    await becomes("200", from("friend", onMachine));
  });

  it("hold for a new pod from its first moment", async () => {
    const script = `const ask = () => fetch("http://${onMachine}", { signal: AbortSignal.timeout(500) }).then(
      ({ status }) => console.log(status),
      () => console.log("refused"),
    );
    setInterval(ask, 50);`;
    await pods.start("late", { namespace: "people", labels: { app: "stranger" }, script });
    await becomes(/(refused\s+){40}/, () => cluster.kubectl("logs", "late", "--namespace", "people"));
    assert.doesNotMatch(await cluster.kubectl("logs", "late", "--namespace", "people"), /200/);
  });
});
