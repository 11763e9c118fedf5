import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { describe, it } from "@jest/globals";
import { parse } from "yaml";
import type { PodDefinition } from "../../../files/services/people-hub/cluster/podDefinition.ts";
import { imagesOf, urlsOf } from "../../../files/site/site.ts";
import { authority, clusterAccess, inCluster } from "../../support/kubeconfig.ts";
import { passesPythonTests } from "../../support/pythonTests.ts";
import { bundleWith, siteWith } from "../../support/site.ts";
import { composeOf, contentOf, manifestOf, serviceManifestOf, unpack } from "../../support/unpack.ts";

const bundle = (settings = {}) =>
  bundleWith({ settings: { ...inCluster, ...settings }, secrets: { cluster: clusterAccess } });
const pod = (settings = {}): PodDefinition => JSON.parse(contentOf(bundle(settings).release, "server.json"));

describe("Servers of people in a cluster", () => {
  it("have words that pass their own unit tests", () =>
    passesPythonTests(fileURLToPath(new URL("../../../files/services/people-hub/cluster", import.meta.url))));

  it("need neither Docker's socket nor Jupyter's image on the machine", () => {
    const { release } = bundle();
    assert.doesNotMatch(release, /docker\.sock/);
    const { services } = composeOf(release);
    assert.deepEqual(Object.keys(services), ["nginx", "nginx-check", "vouch", "dex", "people-proxy", "people-hub"]);
    const references = imagesOf(siteWith({ settings: inCluster })).map(({ reference }) => reference);
    assert.deepEqual(
      references.filter((reference) => /notebook/.test(reference)),
      [],
    );
  });

  it("are reached by the address of one Jupyter for all", () => {
    const site = siteWith({ settings: inCluster });
    assert.equal(urlsOf(site).jupyter, "https://jupyter.lab.example.com:8443");
    assert.match(bundle().release, /server_name jupyter\.lab\.example\.com;/);
  });

  it("run Jupyter as it is on a machine, from the registry that the machine uses", () => {
    const { jupyter } = composeOf(bundleWith().release).services;
    const { command, image, user, prepare, files } = pod();
    assert.deepEqual(command, jupyter?.command);
    assert.equal(image, jupyter?.image);
    assert.deepEqual(user, { uid: 1000, gid: 100 });
    assert.deepEqual(prepare, serviceManifestOf(bundleWith().release, "jupyter").prepare);
    assert.deepEqual(files, { at: "/usr/local/etc/jupyter-up", elsewhere: { "/opt/conda/pip.conf": "pip.conf" } });
    const mirrored = pod({ imageMirror: "mirror.example.com/hub" });
    assert.equal(mirrored.image, `mirror.example.com/hub/${image}`);
  });

  it("have the files that a server on the machine has", () => {
    const paths = ({ release }: { release: string }) => Object.keys(unpack(release).files);
    const below = (all: string[], folder: RegExp) => all.flatMap((path) => folder.exec(path)?.[1] ?? []).sort();
    const here = below(paths(bundleWith({ settings: { people: "own" } })), /^jupyter\/\w+\/(.*)$/);
    assert.deepEqual(below(paths(bundle()), /^people-hub\/\w+\/server\/(.*)$/), here);
    assert.ok(here.includes("jupyter_up/idle.py"));
  });

  it("have folders in memory, a home and no limit of the machine", () => {
    const { inMemory, home, environment } = pod({
      servers: { ...inCluster.servers, home: 50 },
      cluster: { ...inCluster.cluster, storageClass: "fast" },
    });
    assert.deepEqual(inMemory, [
      { at: "/dev/shm", mib: null },
      { at: "/run/jupyter", mib: 16 },
    ]);
    assert.deepEqual(home, { at: "/home/jovyan", gib: 50, storageClass: "fast" });
    assert.equal(environment.JUPYTER_UP_IDLE, "7200");
    assert.match(environment.JUPYTER_UP_MORE_MEMORY ?? "", /bigger size/);
  });

  it("get what opens the cluster only as a secret: a token for one namespace, and never the kubeconfig of the settings", () => {
    const { release, secrets: secret } = bundle();
    const kubeconfig = parse(contentOf(secret, "kubeconfig"));
    assert.deepEqual(kubeconfig.users[0].user, { token: clusterAccess.token });
    assert.deepEqual(kubeconfig.clusters[0].cluster, {
      server: "https://10.128.0.9:6443",
      "certificate-authority-data": Buffer.from(authority).toString("base64"),
    });
    assert.deepEqual(JSON.parse(contentOf(secret, "owner.json")), clusterAccess.owner);
    assert.doesNotMatch(release + secret, /secret-of-ann/);
    assert.doesNotMatch(release, /secret-token/);
  });

  it("leave homes of the machine in its history and in moves", () => {
    const { history } = manifestOf(bundle({ history: {} }).release);
    assert.deepEqual(
      history?.sources?.map((each) => each?.at),
      ["jupyter/home", "jupyter/notebooks", "site/homes"],
    );
    assert.ok(serviceManifestOf(bundle().release, "jupyter").image?.includes("jupyterhub"), "it runs the move");
  });

  it("end with the people who were removed", () => {
    const { dismiss } = serviceManifestOf(bundle().release, "people-hub");
    assert.deepEqual(dismiss?.slice(-3), ["-m", "people_hub.dismiss", "/usr/local/etc/people-hub"]);
  });
});
