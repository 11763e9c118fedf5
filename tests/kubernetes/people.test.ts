import assert from "node:assert/strict";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import serverName from "../../files/services/nginx/session/serverName.js";
import type { ClusterAccess } from "../../files/site/secrets.ts";
import type { KubernetesObject } from "../../offline/kubernetes/api.ts";
import { type Cluster, startCluster } from "../../offline/kubernetes/cluster.ts";
import { freePort } from "../../offline/support/freePort.ts";
import { type ClusterStack, clusterStack } from "../support/clusterStack.ts";
import { run } from "../support/command.ts";
import { imageMirror, mirrored, pullImages } from "../support/images.ts";
import { peopleOf, statusesDuring } from "../support/people.ts";
import { REACHED } from "../support/reached.ts";
import { type RunningSite, runningSite } from "../support/runningSite.ts";
import { until } from "../support/until.ts";
import { ask, navigation } from "../support/visitor.ts";

const ann = "ann@example.com";
const bob = "bob@example.com";
const HOST = "jupyter.lab.example.com";
const JUPYTER = mirrored("quay.io/jupyter/scipy-notebook:2026-08-08", imageMirror);

const SMALL = { name: "Small", cpu: 0.1, memory: "400m", price: "$0.01 an hour" };
const BIG = { name: "Big", cpu: 0.2, memory: "600m" };
const HUGE = { name: "Huge", cpu: 64, memory: "600m" };

/** Each test starts where the previous one ended. */
describe("Servers of people in a cluster", () => {
  let cluster: Cluster;
  let stack: ClusterStack;
  let site: RunningSite;
  let access: ClusterAccess;
  let layout: { httpsPort: number; httpPort: number };
  const { visit, api, open, progress, allProgress, start, pressStop, formOfHub, signInAgain } = peopleOf(
    () => layout.httpsPort,
  );

  const released = async (settings: Record<string, unknown> = {}, servers: Record<string, unknown> = {}) => {
    const given = {
      domain: "lab.example.com",
      people: "own",
      servers: { on: "kubernetes", most: 2, home: 1, sizes: [SMALL], ...servers },
      cluster: { kubeconfig: cluster.kubeconfig, address: cluster.machineAddress },
      allow: [ann, bob],
      ...settings,
    };
    const { code, output } = await site.release({ settings: given, layout, secrets: { cluster: access } });
    assert.equal(code, 0, output);
    return output;
  };
  const place = (kind: string) => `/api/v1/namespaces/${site.project}/${kind}`;
  const podOf = async (email: string): Promise<KubernetesObject | undefined> =>
    (await cluster.api.list(place("pods"))).find(
      ({ metadata }) => metadata.annotations?.["hub.jupyter.org/username"] === serverName(email),
    );
  const isRunning = async (email: string) => (await podOf(email)) !== undefined;
  const inServer = async (email: string, command: string[], input = "") => {
    const name = (await podOf(email))?.metadata.name ?? assert.fail(email);
    return cluster.kubectlWith(input, "exec", "--stdin", "--namespace", site.project, name, "--", ...command);
  };
  const stop = async (email: string) => {
    await pressStop(email);
    await until("the server has stopped", async () => !(await isRunning(email)), 30);
  };
  /** Chooses a size, by its place on the list, on the page where a server starts. */
  const choose = async (email: string, size: number) => {
    const { token, headers } = await formOfHub(email, "/hub/spawn");
    const form = { profile: `size-${size}`, _xsrf: token };
    const { status, body } = await visit(email, "/hub/spawn", { form, headers: { ...navigation, ...headers } });
    assert.equal(status, 302, body);
  };

  beforeAll(async () => {
    await pullImages(["quay.io/jupyter/scipy-notebook:2026-08-08"].map((image) => mirrored(image, imageMirror)));
    cluster = await startCluster();
    await cluster.load(JUPYTER);
    site = runningSite(["nginx", "vouch", "people-proxy", "people-hub"]);
    layout = { httpsPort: await freePort(), httpPort: await freePort() };
    stack = await clusterStack(join(import.meta.dirname, "people.program.ts"), {
      CHECKOUT: join(import.meta.dirname, "../.."),
      CLUSTER: cluster.kubeconfig,
      ADDRESS: cluster.machineAddress,
      PLACE: site.project,
      MOST: "2",
    });
    await stack.up();
    access = JSON.parse(await stack.pulumi("stack", "output", "--json", "--show-secrets")).access;
    await released();
  });
  afterAll(async () => {
    await site?.remove();
    await stack?.remove();
    await cluster?.stop();
  });

  it("have a place that a second `up` leaves alone", async () => {
    assert.match(await stack.pulumi("preview", "--diff"), /Resources:\s+\d+ unchanged\n/);
  });

  it("start at the first visit", async () => {
    const seconds = [await start(ann), await start(bob)];
    process.stdout.write(`From the click to JupyterLab: ${seconds.map((each) => each.toFixed(1)).join(" s, ")} s\n`);
    assert.ok(Math.max(...seconds) < 40, `${seconds}`);
  });

  it("have a home and kernels of their person only", async () => {
    const file = { type: "file", format: "text", content: "of ann" };
    assert.equal((await api(ann, "PUT", "/api/contents/mine.txt", file)).status, 201);
    assert.equal((await api(bob, "GET", "/api/contents/mine.txt")).status, 404);
    const { id } = JSON.parse((await api(ann, "POST", "/api/kernels")).body);
    assert.deepEqual(JSON.parse((await api(bob, "GET", "/api/kernels")).body), []);
    assert.equal((await api(bob, "GET", `/api/kernels/${id}`)).status, 404);
    const claims = await cluster.api.list(place("persistentvolumeclaims"));
    assert.equal(claims.length, 2);
    assert.match(await inServer(ann, ["cat", "/home/jovyan/work/mine.txt"]), /of ann/);
  });

  it("contain neither a token of the cluster nor one of the hub", async () => {
    const environment = await inServer(bob, ["sh", "-c", "cat /proc/[0-9]*/environ | tr '\\0' '\\n'"]);
    assert.doesNotMatch(environment, /JUPYTERHUB|TOKEN/i);
    assert.match(
      await inServer(bob, ["sh", "-c", "ls /run/secrets /var/run/secrets"]),
      /^(jupyter|\/|\s|:|var|run|secrets)*$/,
    );
    assert.match(await inServer(bob, ["id"]), /^uid=1000\(/);
  });

  it("are reached by nobody but the site's machine, and reach neither each other nor the cluster nor the machine", async () => {
    const addresses = [
      (await podOf(ann))?.status.podIP,
      cluster.machineAddress,
      cluster.nodeAddress,
      "10.99.0.2",
      "10.96.0.1",
      "169.254.169.254",
    ];
    const ports = [22, 53, 80, 443, 6443, 8080, 8081, 8443, 8888, 10250, 10256, layout.httpsPort];
    const places = addresses.flatMap((address) => ports.map((port) => [address, port]));
    const reached = await inServer(bob, ["python3", "-c", REACHED], JSON.stringify(places));
    assert.deepEqual(JSON.parse(reached), []);
    // Otherwise, this test would not show anything.
    const own = await inServer(bob, ["python3", "-c", REACHED], JSON.stringify([["127.0.0.1", 8888]]));
    assert.equal(JSON.parse(own).length, 1);
  });

  it("refuse requests without the secret that nginx has for this person", async () => {
    const address = `${(await podOf(ann))?.status.podIP}:8888`;
    const attempts: Record<string, string>[] = [
      {},
      { "x-auth-user": ann },
      { "x-auth-user": ann, "x-door-secret": "x" },
    ];
    for (const headers of attempts) {
      const { status } = await fetch(`http://${address}/api/contents/mine.txt`, { headers });
      assert.ok([401, 403].includes(status), `${status}`);
    }
    assert.equal((await ask(layout.httpsPort, HOST, "/api/contents/mine.txt")).status, 401);
  });

  it("are made with a token that can do only this, in one namespace", async () => {
    const may = async (...words: string[]) => {
      const who = `--as=system:serviceaccount:${site.project}:hub`;
      // It fails if the answer is no.
      return (await cluster.kubectl("auth", "can-i", who, ...words).catch(() => "no")).trim();
    };
    const here = `--namespace=${site.project}`;
    assert.equal(await may("create", "pods", here), "yes");
    for (const words of [
      ["get", "secrets", here],
      ["list", "secrets", here],
      ["delete", "persistentvolumeclaims", here],
      ["create", "pods", "--subresource=exec", here],
      ["create", "services", here],
      ["create", "rolebindings", here],
      ["patch", "serviceaccounts", here],
      ["create", "pods", "--namespace=default"],
      ["list", "nodes"],
    ])
      assert.equal(await may(...words), "no", words.join(" "));
  });

  it("go on without a failed request while settings change, and while the hub restarts", async () => {
    const [{ id }] = JSON.parse((await api(ann, "GET", "/api/kernels")).body);
    const request = () => api(ann, "GET", `/api/kernels/${id}`);
    const statuses = await statusesDuring(request, async () => {
      await released({ packages: ["pip"] }, { idle: "3h" });
      await run("docker", ["restart", "--time", "2", `${site.project}-people-hub-1`]);
      await until("the hub answers", async () => (await open(ann, "/hub/home")).status === 200, 30);
    });
    process.stdout.write(`Requests to a kernel during a release and a restart: ${statuses.length}\n`);
    assert.deepEqual([...new Set(statuses)], [200]);
    assert.match((await open(ann, "/hub/home")).body, /Stop My Server/);
  });

  it("keep their homes when they stop", async () => {
    await stop(ann);
    await start(ann);
    assert.equal(JSON.parse((await api(ann, "GET", "/api/contents/mine.txt")).body).content, "of ann");
  });

  it("are over at the next click of a person who is removed", async () => {
    const output = await released({ allow: [ann] });
    assert.ok([401, 403].includes((await api(bob, "GET", "/api/status")).status));
    assert.match(
      output,
      /^people-hub says: bob@example\.com is not on the allow list any more\. Their server was stopped\.$/m,
    );
    await until("the pod is gone", async () => !(await isRunning(bob)), 30);
    assert.equal((await api(ann, "GET", "/api/status")).status, 200);
  });

  it("have the size that their person chooses", async () => {
    if (await isRunning(bob)) await stop(bob);
    await released({}, { sizes: [SMALL, BIG, HUGE] });
    // The session has ended for good.
    signInAgain(bob);
    const page = await open(bob, "/");
    assert.match(page.body, /<strong>Small<\/strong>: 0\.1 processors, 400 MiB of memory, \$0\.01 an hour/);
    await choose(bob, 2);
    const last = await progress(bob);
    assert.equal(last.ready, true, JSON.stringify(last));
    const { resources } = (await podOf(bob))?.spec.containers[0] ?? {};
    assert.deepEqual(resources, {
      limits: { memory: String(600 * 1024 ** 2) },
      requests: { cpu: "200m", memory: String(600 * 1024 ** 2) },
    });
    await stop(bob);
    // As a program does, which sees no form.
    await open(bob, "/hub/spawn?profile=size-1");
    assert.equal((await progress(bob)).ready, true);
    assert.equal((await podOf(bob))?.spec.containers[0].resources.requests.cpu, "100m");
    await stop(bob);
  });

  it("wait in plain words for a node, and start when it comes", async () => {
    await released({}, { sizes: [SMALL, { ...SMALL, name: "Fast", nodes: { pool: "fast" } }] });
    await choose(bob, 2);
    const told = allProgress(bob);
    await sleep(3000);
    await cluster.addNode({ name: "node-2", labels: { pool: "fast" } });
    const messages = (await told).map(({ message }) => message);
    assert.ok(
      messages.some((message) => message.startsWith("No node of the cluster has room for your server.")),
      messages.join("\n"),
    );
    assert.ok(messages.includes("A node of the cluster has room for your server."), messages.join("\n"));
    assert.equal((await podOf(bob))?.spec.nodeName, "node-2");
  });

  it("are started again on another node when theirs is lost, with the work in them", async () => {
    const file = { type: "file", format: "text", content: "of bob" };
    assert.equal((await api(bob, "PUT", "/api/contents/kept.txt", file)).status, 201);
    await released();
    await cluster.killNode("node-2");
    await until("the page says so", async () => {
      const { status, body } = await visit(bob, "/lab", { headers: navigation });
      return status === 503 && /Your server does not answer/.test(body);
    });
    // Kubernetes waits for 50 seconds before it gives a node up, and the hub looks every ten seconds.
    await until("the hub knows it", async () => (await api(bob, "GET", "/api/status")).status === 302, 120);
    await start(bob);
    assert.equal(JSON.parse((await api(bob, "GET", "/api/contents/kept.txt")).body).content, "of bob");
    assert.equal((await podOf(bob))?.spec.nodeName, "node-1");
    await cluster.removeNode("node-2");
  });

  it("say in plain words why they do not start", async () => {
    const seconds: number[] = [];
    const refusal = async (email: string) => {
      const began = Date.now();
      await open(email, `/hub/spawn/${serverName(email)}`);
      const last = await progress(email);
      assert.equal(last.failed, true, JSON.stringify(last));
      seconds.push((Date.now() - began) / 1000);
      return last.message;
    };
    // Takes too much memory once.
    const config =
      "import os\nif os.path.exists('/home/jovyan/once'):\n    os.unlink('/home/jovyan/once')\n    x = bytearray(1024 ** 3)\n";
    await inServer(
      bob,
      ["sh", "-c", "touch ~/once; mkdir -p ~/.jupyter; cat >~/.jupyter/jupyter_server_config.py"],
      config,
    );
    await stop(bob);
    assert.match(await refusal(bob), /Your server ran out of memory while it started\. Choose a bigger size\./);

    await released({ imageTag: "2026-08-31" });
    assert.match(await refusal(bob), /The cluster cannot fetch the image \S+:2026-08-31: /);
    const page = await visit(bob, `/hub/spawn-pending/${serverName(bob)}`, { headers: navigation });
    assert.match(page.body, /The cluster cannot fetch the image/);

    await cluster.kubectl(
      "patch",
      "resourcequota",
      "servers",
      "--namespace",
      site.project,
      "--patch",
      '{"spec":{"hard":{"pods":"1"}}}',
    );
    await released();
    assert.match(await refusal(bob), /All 1 servers of this site are in use\./);
    process.stdout.write(`Words after ${seconds.join(", ")} s\n`);
    assert.ok(Math.max(...seconds) < 30, `${seconds}`);
    await stack.pulumi("refresh", "--yes", "--skip-preview");
    await stack.up();
  });

  it("end when nobody works, although a page is open, and leave nothing but their homes", async () => {
    // As the button of the page that says that a start has failed.
    await open(bob, `/hub/spawn/${serverName(bob)}`);
    await start(bob);
    // The setting has no value that a test can wait for.
    const config = "import os\nos.environ['JUPYTER_UP_IDLE'] = '4'\n";
    for (const person of [ann, bob]) {
      await inServer(person, ["sh", "-c", "mkdir -p ~/.jupyter; cat >~/.jupyter/jupyter_server_config.py"], config);
      await stop(person);
      await start(person);
    }
    await until("all pods are gone", async () => {
      // Nobody answers at the address of a pod that has gone, until the hub knows it.
      await api(bob, "GET", "/api/kernels").catch(() => {});
      return (await cluster.api.list(place("pods"))).length === 0;
    });
    assert.equal((await cluster.api.list(place("persistentvolumeclaims"))).length, 2);
  });

  it("end when the site gives up its place, which keeps the homes for the next time", async () => {
    await start(ann);
    await stack.destroy();
    await until("the pod is gone", async () => (await cluster.api.list(place("pods"))).length === 0);
    const left = async (kind: string) => (await cluster.api.list(place(kind))).map(({ metadata }) => metadata.name);
    assert.equal((await left("persistentvolumeclaims")).length, 2);
    assert.deepEqual([await left("secrets"), await left("serviceaccounts")], [[], ["default"]]);
    await stack.up();
    access = JSON.parse(await stack.pulumi("stack", "output", "--json", "--show-secrets")).access;
    await released();
    await start(ann);
    assert.equal(JSON.parse((await api(ann, "GET", "/api/contents/mine.txt")).body).content, "of ann");
  });
});
