import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "@jest/globals";
import { noticesFolder } from "../../../files/site/backupFolders.ts";
import { imagesOf, type Site } from "../../../files/site/site.ts";
import { bundleWith, hostNames, layout, serviceOf, siteWith } from "../../support/site.ts";
import { type ComposeService, composeOf } from "../../support/unpack.ts";

const compose = composeOf(bundleWith().release);
const checks = Object.entries(compose.services).filter(([name]) => name.endsWith("-check"));
const running = Object.entries(compose.services).filter(([name]) => !name.endsWith("-check"));
const sourcesOf = (service: ComposeService) => (service.volumes ?? []).map(({ source }) => source);

describe("The site", () => {
  it("consists of nginx, Vouch, Dex and Jupyter, and a check of nginx's files", () => {
    assert.deepEqual(
      running.map(([name]) => name),
      ["nginx", "vouch", "dex", "jupyter"],
    );
    assert.deepEqual(
      checks.map(([name]) => name),
      ["nginx-check"],
    );
    assert.equal(compose.name, "jupyter-up-test");
  });

  it("serves the domain and one host name per service", () => {
    assert.deepEqual(hostNames(siteWith()), [
      "lab.example.com",
      "vouch.lab.example.com",
      "dex.lab.example.com",
      "jupyter.lab.example.com",
    ]);
  });

  it("pulls its images from their own registries", () => {
    assert.deepEqual(
      imagesOf(siteWith()).map(({ reference }) => reference.replace(/:[^:]+$/, "")),
      [
        "docker.io/nginxinc/nginx-unprivileged",
        "quay.io/vouch/vouch-proxy",
        "ghcr.io/dexidp/dex",
        "quay.io/jupyter/scipy-notebook",
      ],
    );
  });

  it("pulls each image under its full name from a mirror", () => {
    const own = imagesOf(siteWith());
    const mirrored = siteWith({ settings: { imageMirror: "mirror.example.com:5000/hub" } });
    assert.deepEqual(
      imagesOf(mirrored),
      own.map((image) => ({ ...image, reference: `mirror.example.com:5000/hub/${image.reference}` })),
    );
  });

  it("runs the image and tag that the settings name", () => {
    const site = siteWith({ settings: { image: "registry.example.com/lab", imageTag: "4.10" } });
    assert.equal(serviceOf(site, "jupyter").image.reference, "registry.example.com/lab:4.10");
  });

  it("lists each image once, even if two services use it", () => {
    const site = siteWith();
    const [first] = site.services;
    assert.ok(first);
    const twice: Site = { ...site, services: [...site.services, { ...first, name: "second" }] };
    assert.deepEqual(imagesOf(twice), imagesOf(site));
  });

  it("has the size of each image", () => {
    for (const { reference, sizeMiB } of imagesOf(siteWith())) assert.ok(sizeMiB > 0, reference);
  });
});

describe("Only nginx can be reached from outside:", () => {
  it("it publishes HTTPS and HTTP on the layout's address", () => {
    const settings = { port: "443", httpPort: "80" };
    const { services } = composeOf(bundleWith({ settings, layout: { address: "192.0.2.7" } }).release);
    assert.deepEqual(services.nginx?.ports, ["192.0.2.7:443:8443", "192.0.2.7:80:8080"]);
  });

  for (const [name, service] of Object.entries(compose.services))
    if (name !== "nginx")
      it(`${name} publishes nothing`, () => {
        assert.equal(service.ports, undefined);
        assert.equal(service.expose, undefined);
      });
});

describe("The networks", () => {
  const between = (a: string, b: string) => {
    const other = compose.services[b]?.networks ?? [];
    return (compose.services[a]?.networks ?? []).filter((network) => other.includes(network));
  };

  it("separate notebooks from Vouch and Dex", () => {
    assert.deepEqual(between("jupyter", "vouch"), []);
    assert.deepEqual(between("jupyter", "dex"), []);
  });

  it("connect nginx to every service, and Vouch to Dex", () => {
    for (const [name] of running) assert.notDeepEqual(between("nginx", name), [], name);
    assert.deepEqual(between("vouch", "dex"), ["sign-in"]);
  });

  it("are those of the services, each once, and four for future apps", () => {
    assert.deepEqual(Object.keys(compose.networks), ["sign-in", "jupyter", "to-1", "to-2", "to-3", "to-4"]);
  });
});

for (const [name, service] of running)
  describe(`The service ${name}`, () => {
    it("never looks up another service at the machine's resolver", () => {
      assert.deepEqual(service.dns_opt, ["ndots:1"]);
      assert.deepEqual(service.dns_search, ["."]);
    });

    it("has only the capabilities that it needs", () => {
      assert.deepEqual(service.cap_drop, ["ALL"]);
      assert.deepEqual(service.security_opt, ["no-new-privileges:true"]);
      for (const key of [
        "privileged",
        "cap_add",
        "devices",
        "network_mode",
        "pid",
        "ipc",
        "userns_mode",
        "volumes_from",
      ])
        assert.equal(service[key], undefined, key);
    });

    it("has a limited log and a limited number of processes", () => {
      assert.deepEqual(service.logging, { driver: "local", options: { "max-size": "10m", "max-file": "3" } });
      assert.ok(Number(service.pids_limit) > 0);
    });

    it("is not unhealthy while a release still waits for it", () => {
      const times = readFileSync(new URL("../../../files/host/site_apply/times.py", import.meta.url), "utf8");
      const [, seconds] = /^READY_WITHIN = (\d+)$/m.exec(times) ?? [];
      assert.equal((service.healthcheck as { start_period?: string }).start_period, `${seconds}s`);
    });

    it("is restarted after a crash, but not after it was stopped", () => {
      assert.equal(service.restart, "unless-stopped");
    });

    it("has its own health check as a list of words, which a release runs unchanged", () => {
      const { test, interval } = service.healthcheck as { test: string[]; interval: string };
      assert.equal(test[0], "CMD");
      assert.ok(test.length > 1);
      assert.equal(interval, "60s");
    });

    it("has a pinned version", () => {
      assert.match(String(service.image), /:(?!latest$)[\w.-]+$/);
      assert.equal(service.build, undefined);
    });

    it("mounts only its own folders of the host, and never Docker's socket", () => {
      const own = [`${layout.root}/files/${name}`, `${layout.root}/secrets/${name}`];
      if (name === "jupyter") own.push(`${layout.data}/home`, layout.notebooks);
      if (name === "nginx") own.push(`${layout.data}/sessions`, noticesFolder(layout));
      for (const source of sourcesOf(service))
        assert.ok(
          own.some((folder) => source === folder || source.startsWith(`${folder}/`)),
          source,
        );
    });

    it("can write only to data folders, and lets Docker create no missing folder", () => {
      for (const { source, read_only, bind } of service.volumes ?? []) {
        const isRead = source.startsWith(layout.root) || source === noticesFolder(layout);
        assert.equal(read_only, isRead ? true : undefined, source);
        assert.equal(bind.create_host_path, false, source);
      }
    });

    it("does not depend on another service, so that it is not down with it", () => {
      assert.equal(service.depends_on, undefined);
    });
  });

describe("Every service but Jupyter", () => {
  for (const [name, service] of running)
    if (name !== "jupyter")
      it(`can write only to a small tmpfs: ${name}`, () => {
        assert.equal(service.read_only, true);
        assert.match(String(service.mem_limit), /^\d{2,3}m$/);
      });
});

describe("A check of a service's files", () => {
  for (const [name, check] of checks)
    it(`has no network and is not started with the site: ${name}`, () => {
      assert.deepEqual(check.profiles, ["check"]);
      assert.equal(check.network_mode, "none");
      assert.equal(check.ports, undefined);
      assert.deepEqual(check.cap_drop, ["ALL"]);
      assert.equal(check.read_only, true);
      assert.equal(check.restart, undefined);
      for (const volume of check.volumes ?? []) assert.equal(volume.read_only, true);
    });

  it("mounts the new files at the path of the service's current ones", () => {
    const [files, secrets] = compose.services["nginx-check"]?.volumes ?? [];
    assert.match(files?.source ?? "", /^\/srv\/site\/files\/nginx\/[0-9a-f]{12}$/);
    assert.equal(files?.target, "/site/current");
    assert.equal(secrets?.source, "/srv/site/secrets/nginx");
  });
});

describe("The user that containers run as", () => {
  it("is the image's user if root releases the site", () => {
    for (const [name, service] of Object.entries(compose.services)) assert.equal(service.user, undefined, name);
  });

  it("is the releasing user otherwise, in the image's group", () => {
    const { services } = composeOf(bundleWith({ layout: { uid: 501 } }).release);
    assert.deepEqual(Object.fromEntries(Object.entries(services).map(([name, { user }]) => [name, user])), {
      nginx: "501:101",
      "nginx-check": "501:101",
      vouch: "501:999",
      dex: "501:1001",
      jupyter: "501:100",
    });
  });
});
