import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import { bundleWith, type Changes } from "../../support/site.ts";
import { composeOf, contentOf, manifestOf, unpack } from "../../support/unpack.ts";

const onVm = (settings: Record<string, unknown> = {}): Changes => ({
  settings: { target: "gcp", ...settings },
  layout: { systemd: true },
});
const unitsIn = (changes: Changes) =>
  Object.keys(unpack(bundleWith(changes).release).files).filter((path) => path.startsWith("site-reboots/"));

describe("The reboots of a VM", () => {
  const { release } = bundleWith(onVm({ timezone: "Europe/Berlin", reboots: "03:30" }));
  const { reboots } = manifestOf(release);
  const unit = (name: string) => contentOf(release, `site-reboots/${reboots?.units}/jupyter-up-test-${name}`);

  it("are due at an hour in the site's time zone, and at no other", () => {
    assert.deepEqual(reboots, { at: "03:30", timezone: "Europe/Berlin", units: reboots?.units });
    assert.match(unit("reboot.timer"), /^OnCalendar=\*-\*-\* 03:30:00 Europe\/Berlin$/m);
    assert.match(unit("reboot.timer"), /^Persistent=false$/m);
    assert.match(unit("reboot.service"), /^ExecStart=\/bin\/sh "\/srv\/site\/bin\/site-apply" reboot$/m);
  });

  it("are followed by a check after each boot, when Docker has started", () => {
    assert.match(unit("rebooted.timer"), /^OnBootSec=1min$/m);
    assert.match(unit("rebooted.service"), /^After=docker\.service$/m);
    assert.match(unit("rebooted.service"), /^ExecStart=\/bin\/sh "\/srv\/site\/bin\/site-apply" rebooted$/m);
  });

  it("are on without a setting, in UTC, and have units of their own", () => {
    assert.equal(unitsIn(onVm()).length, 4);
    assert.match(contentOf(bundleWith(onVm()).release, "jupyter-up-test-reboot.timer"), / 04:00:00 UTC$/m);
  });

  it("leave no trace in the release if they are off, and on this machine", () => {
    for (const changes of [onVm({ reboots: "off" }), {}, { layout: { systemd: true } }]) {
      assert.deepEqual(unitsIn(changes), []);
      assert.equal(manifestOf(bundleWith(changes).release).reboots, undefined);
    }
  });
});

describe("The time zone of a site", () => {
  const app = { name: "notes", image: "nginx:1.30.4", port: 80 };
  const zones = (settings: Record<string, unknown>) => {
    const { services } = composeOf(bundleWith({ settings: { database: "true", apps: [app], ...settings } }).release);
    return Object.fromEntries(
      ["nginx", "jupyter", "mariadb", "notes"].map((name) => [name, services[name]?.environment?.TZ]),
    );
  };

  it("is that of nginx, Jupyter, MariaDB and apps", () => {
    const zone = "Asia/Kathmandu";
    assert.deepEqual(zones({ timezone: zone }), { nginx: zone, jupyter: zone, mariadb: zone, notes: zone });
  });

  it("changes no container by default", () => {
    const none = { nginx: undefined, jupyter: undefined, mariadb: undefined, notes: undefined };
    assert.deepEqual(zones({ timezone: "UTC" }), none);
  });

  it("may be another one in an app", () => {
    const apps = [{ ...app, environment: { TZ: "UTC" } }];
    assert.equal(zones({ timezone: "Asia/Kathmandu", apps }).notes, "UTC");
  });
});
