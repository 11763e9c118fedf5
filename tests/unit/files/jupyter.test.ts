import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { bundleWith, secrets } from "../../support/site.ts";
import { composeOf, contentOf } from "../../support/unpack.ts";

const bundle = bundleWith();
const config = contentOf(bundle.release, "jupyter_server_config.py");
const virtualHost = contentOf(bundle.release, "hosts/jupyter.conf");
const service = composeOf(bundle.release).services.jupyter;
assert.ok(service);
const mounts = Object.fromEntries((service.volumes ?? []).map(({ source, target }) => [target, source]));

describe("Jupyter", () => {
  it("has its home directory and the notebooks on the host", () => {
    assert.equal(mounts["/home/jovyan"], "/srv/data/home");
    assert.equal(mounts["/home/jovyan/work"], "/srv/notebooks");
  });

  it("opens the notebooks folder", () => {
    assert.match(config, /^c\.ServerApp\.root_dir = "\/home\/jovyan\/work"$/m);
  });

  it("reads the door's secret where it is mounted", () => {
    const [, path = ""] = /Path\("(.+)"\)/.exec(config) ?? [];
    const folder = path.replace(/\/[^/]*$/, "");
    assert.match(mounts[folder] ?? "", /^\/srv\/site\/secrets\/jupyter\/[0-9a-f]{12}$/);
    assert.equal(contentOf(bundle.secrets, path.slice(folder.length + 1)), `${secrets.doorSecret}\n`);
  });

  it("is told the same secret by nginx", () => {
    assert.equal(
      contentOf(bundle.secrets, "door-secret.conf"),
      `proxy_set_header X-Door-Secret "${secrets.doorSecret}";\n`,
    );
  });

  it("takes no token, and asks every request who it is", () => {
    assert.match(config, /^c\.IdentityProvider\.token = ""$/m);
    assert.match(config, /^c\.ServerApp\.allow_unauthenticated_access = False$/m);
    assert.match(config, /^c\.ServerApp\.identity_provider_class = DoorIdentityProvider$/m);
  });

  it("keeps its checks of origin and XSRF cookie switched on", () => {
    assert.doesNotMatch(config, /disable_check_xsrf|allow_origin|allow_remote_access/);
  });

  it("has settings of JupyterLab that can be read", () => {
    const overrides = JSON.parse(contentOf(bundle.release, "labconfig/default_setting_overrides.json"));
    assert.deepEqual(Object.keys(overrides), ["@jupyterlab/apputils-extension:notification"]);
  });

  it("is only reached through the door", () => {
    assert.match(virtualHost, /^ {4}include \/site\/current\/door\.conf;$/m);
    const [, ...ways] = virtualHost.split("location ");
    for (const way of ways.filter((text) => text.includes("proxy_pass"))) assert.match(way, /^@allow \{/);
  });

  it("dies before nginx does where memory runs out, and has time to save when it is stopped", () => {
    assert.equal(service.oom_score_adj, 500);
    assert.equal(service.stop_grace_period, "20s");
    assert.equal(service.mem_limit, undefined);
  });
});
