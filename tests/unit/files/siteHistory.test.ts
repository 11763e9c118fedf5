import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import { bundleWith, type Changes, siteWith } from "../../support/site.ts";
import { composeOf, contentOf, manifestOf, serviceManifestOf } from "../../support/unpack.ts";

const app = { name: "notes", image: "nginx:1.30.4", port: 80, volumes: ["/data", "/var/lib/x"] };
const withHistory = ({ settings, ...others }: Changes = {}): Changes => ({
  ...others,
  settings: { database: "true", history: { every: 30 }, apps: [app], ...settings },
});
const mountsOf = (release: string, service: string) =>
  (composeOf(release).services[service]?.volumes ?? []).map(
    ({ source, target, read_only }) => `${source} ${target}${read_only ? " ro" : ""}`,
  );

describe("The history of a site", () => {
  const { release } = bundleWith(withHistory());
  const { history } = manifestOf(release);

  it("contains all data of users and apps, and dumps instead of a running database's files", () => {
    assert.deepEqual(history?.sources, [
      { path: "/srv/data/home", at: "jupyter/home", without: [".cache", ".local/share/Trash"] },
      { path: "/srv/notebooks", at: "jupyter/notebooks", without: ["History"] },
      { path: "/srv/data/history/dumps/notebooks", at: "jupyter/database", without: [".new"] },
      { path: "/srv/data/history/dumps/others", at: "site/databases", without: [".new"] },
      { path: "/srv/data/apps/notes/data", at: "site/apps/notes/data" },
      { path: "/srv/data/apps/notes/var~lib~x", at: "site/apps/notes/var~lib~x" },
    ]);
  });

  it("is mounted in Jupyter beside the notebooks, read-only, without the data of apps", () => {
    const shown = mountsOf(release, "jupyter").filter((mount) => mount.includes("/srv/data/history"));
    assert.deepEqual(shown, ["/srv/data/history/jupyter /home/jovyan/work/History ro"]);
    assert.equal(history?.mount_point, "/srv/notebooks/History");
  });

  it("is taken by a service with Jupyter's image that has no network and can change only the history", () => {
    const { services } = composeOf(release);
    const service = services["site-history"];
    assert.deepEqual([service?.network_mode, service?.networks], ["none", undefined]);
    assert.deepEqual([service?.read_only, service?.cap_drop], [true, ["ALL"]]);
    assert.equal(service?.image, services.jupyter?.image);
    const mounts = mountsOf(release, "site-history");
    assert.deepEqual(
      mounts.filter((mount) => !mount.endsWith(" ro")),
      ["/srv/data/history /history"],
    );
    const sources = mounts.filter((mount) => mount.includes(" /sources/"));
    assert.equal(sources.length, history?.sources.length);
    assert.ok(sources.includes("/srv/data/home /sources/jupyter/home ro"));
  });

  it("gives the service the same configuration as the host, with the paths of its container", () => {
    const { service, command, mount_point, sources = [], ...common } = history ?? {};
    assert.equal(service, "site-history");
    assert.deepEqual(command?.slice(0, 3), ["python3", "-m", "history.service"]);
    assert.ok(contentOf(release, "history/service.py"));
    assert.deepEqual(JSON.parse(contentOf(release, "history.json")), {
      ...common,
      folder: "/history",
      sources: sources.map((source) => ({ ...source, path: `/sources/${source.at}` })),
    });
  });

  it("has databases dumped by the host before a release, and by MariaDB's container otherwise", () => {
    assert.deepEqual(serviceManifestOf(release, "mariadb").dump, ["sh", "/etc/mysql/conf.d/dump.sh"]);
    assert.equal(composeOf(release).services.mariadb?.environment?.DUMP_EVERY_SECONDS, "1800");
  });

  it("is taken by a timer of the release on a host with systemd", () => {
    const { release } = bundleWith(withHistory({ layout: { systemd: true } }));
    const { units, service } = manifestOf(release).history ?? {};
    assert.equal(service, undefined);
    assert.equal(composeOf(release).services["site-history"], undefined);
    assert.equal(composeOf(release).services.mariadb?.environment?.DUMP_EVERY_SECONDS, undefined);
    assert.match(contentOf(release, `site-history/${units}/jupyter-up-test-history.timer`), /^OnUnitActiveSec=30min$/m);
    const unit = contentOf(release, `site-history/${units}/jupyter-up-test-history.service`);
    assert.match(unit, /^ExecStart=\/bin\/sh "\/srv\/site\/bin\/site-apply" history$/m);
    assert.match(unit, /^IOSchedulingClass=idle$/m);
  });

  it("leaves no trace in the release if it is turned off", () => {
    const { release } = bundleWith(withHistory({ settings: { history: { every: 0 } } }));
    assert.equal(manifestOf(release).history, undefined);
    assert.equal(serviceManifestOf(release, "mariadb").dump, undefined);
    assert.doesNotMatch(JSON.stringify(composeOf(release).services), /\/history/);
    assert.equal(siteWith(withHistory({ settings: { history: { every: 0 } } })).history, undefined);
  });
});
