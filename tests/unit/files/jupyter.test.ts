import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "@jest/globals";
import { bundleWith, secrets } from "../../support/site.ts";
import { composeOf, contentOf, serviceManifestOf } from "../../support/unpack.ts";

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
    const [, folder = ""] = /^SECRETS = Path\("(.+)"\)$/m.exec(config) ?? [];
    const [, file = ""] = /^DOOR_SECRET = \(SECRETS \/ "(.+)"\)/m.exec(config) ?? [];
    assert.match(mounts[folder] ?? "", /^\/srv\/site\/secrets\/jupyter\/[0-9a-f]{12}$/);
    assert.equal(contentOf(bundle.secrets, file), `${secrets.doorSecret}\n`);
  });

  it("gets the same secret of the door from nginx", () => {
    assert.equal(
      contentOf(bundle.secrets, "door-secret.conf"),
      `proxy_set_header X-Door-Secret "${secrets.doorSecret}";\n`,
    );
  });

  it("accepts no token, and authenticates every request", () => {
    assert.match(config, /^c\.IdentityProvider\.token = ""$/m);
    assert.match(config, /^c\.ServerApp\.allow_unauthenticated_access = False$/m);
    assert.match(config, /^c\.ServerApp\.identity_provider_class = DoorIdentityProvider$/m);
  });

  it("keeps the checks of origin and XSRF cookie on", () => {
    const checks = [
      ...config.matchAll(/^c\.ServerApp\.(disable_check_xsrf|allow_(?:origin\w*|credentials)) = (.*)$/gm),
    ];
    assert.deepEqual(
      checks.map(([, name, value]) => [name, value]),
      [
        ["disable_check_xsrf", "False"],
        ["allow_origin", '""'],
        ["allow_origin_pat", '""'],
        ["allow_credentials", "False"],
      ],
    );
  });

  it("has valid settings of JupyterLab", () => {
    const overrides = JSON.parse(contentOf(bundle.release, "labconfig/default_setting_overrides.json"));
    assert.deepEqual(Object.keys(overrides), ["@jupyterlab/apputils-extension:notification"]);
  });

  it("can be reached only through nginx", () => {
    assert.match(virtualHost, /^ {4}include \/site\/current\/door\.conf;$/m);
    const [, ...ways] = virtualHost.split("location ");
    for (const way of ways.filter((text) => text.includes("proxy_pass"))) assert.match(way, /^@allow \{/);
  });

  it("reads the database's URL from a secret file, if there is a database", () => {
    const withDatabase = bundleWith({ settings: { database: "true" } });
    assert.equal(
      contentOf(withDatabase.secrets, "database-url"),
      "mariadb+pymysql://notebooks:secret-database-notebooks@mariadb/notebooks?charset=utf8mb4\n",
    );
    assert.match(config, /^DATABASE_URL = SECRETS \/ "database-url"$/m);
    assert.throws(() => contentOf(bundle.secrets, "database-url"));
  });

  it("has packages installed at each release: those of the settings, and those for the database", () => {
    const packages = (settings: Record<string, unknown>) =>
      serviceManifestOf(bundleWith({ settings }).release, "jupyter")
        .prepare?.find((argv) => argv[1]?.endsWith("packages.py"))
        ?.slice(2);
    assert.deepEqual(packages({}), []);
    assert.deepEqual(packages({ database: "true", packages: ["polars", "scikit-learn >= 1.5, < 2"] }), [
      ...["pandas", "SQLAlchemy", "PyMySQL", "polars", "scikit-learn>=1.5,<2"],
    ]);
  });

  it("is not recreated for another package", () => {
    const definition = (settings: Record<string, unknown>) =>
      composeOf(bundleWith({ settings }).release).services.jupyter;
    assert.deepEqual(definition({ packages: ["polars"] }), definition({}));
  });

  it("lets pip install into the home directory, which the server itself ignores", () => {
    assert.match(mounts["/opt/conda/pip.conf"] ?? "", /^\/srv\/site\/files\/jupyter\/[0-9a-f]{12}\/pip\.conf$/);
    assert.match(contentOf(bundle.release, "pip.conf"), /^user = true$/m);
    assert.equal((service.environment as Record<string, string>).PYTHONNOUSERSITE, "1");
    assert.match(config, /^os\.environ\.pop\("PYTHONNOUSERSITE", None\)$/m);
  });

  it("contains a welcome notebook without outputs", () => {
    const { nbformat, cells } = JSON.parse(contentOf(bundle.release, "welcome.ipynb"));
    assert.equal(nbformat, 4);
    for (const cell of cells.filter(({ cell_type }: { cell_type: string }) => cell_type === "code"))
      assert.deepEqual([cell.outputs, cell.execution_count], [[], null]);
  });

  it("is killed before nginx when memory runs out, and has 20 s to stop", () => {
    assert.equal(service.oom_score_adj, 500);
    assert.equal(service.stop_grace_period, "20s");
    assert.equal(service.mem_limit, undefined);
  });

  it("contains the modules that its configuration imports", () => {
    const [, names = ""] = /^from jupyter_up import (.+?) +# noqa/m.exec(config) ?? [];
    const [, services = ""] = /^c\.ServerApp\.extra_services = \[(.+)\]$/m.exec(config) ?? [];
    const pages = [...services.matchAll(/"jupyter_up\.(\w+)"/g)].map(([, name]) => name);
    assert.equal(pages.length, 2);
    for (const name of [...names.split(", "), ...pages])
      assert.match(contentOf(bundle.release, `jupyter_up/${name}.py`), /^"""/, name);
  });

  it("keeps its runtime files in memory, so that it starts on a full disk", () => {
    const { JUPYTER_RUNTIME_DIR: runtime = "" } = service.environment as Record<string, string>;
    const [folder = ""] = /^\/run\/[^/]+/.exec(runtime) ?? [];
    assert.deepEqual(service.tmpfs, ["/dev/shm:mode=1777,size=50%", `${folder}:uid=1000,gid=100,mode=700,size=16m`]);
    assert.ok((service.command as string[]).includes(`${folder}/notice`));
  });

  it("warns of a full disk at the same limits as a release", () => {
    const limits = /^WARN_.+$/gm;
    const ofRelease = readFileSync(new URL("../../../files/host/site_apply/space.py", import.meta.url), "utf8");
    assert.equal(ofRelease.match(limits)?.length, 2);
    assert.deepEqual(contentOf(bundle.release, "jupyter_up/disk.py").match(limits), ofRelease.match(limits));
  });

  it("has the command for a machine with more memory, for the message after a kernel ran out of it", () => {
    const said = (machine?: string) =>
      composeOf(bundleWith(machine ? { layout: { machine } } : {}).release).services.jupyter?.environment
        ?.JUPYTER_UP_MORE_MEMORY;
    assert.match(`${said("e2-micro")}`, /: pulumi config set machineType e2-small && pulumi up$/);
    assert.match(`${said("n2-highmem-64")}`, /: pulumi config set machineType TYPE && pulumi up$/);
    assert.match(`${said()}`, /^This needs a machine with more memory\./);
  });
});
