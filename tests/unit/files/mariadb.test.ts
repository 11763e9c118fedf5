import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import { bundleWith, type Changes } from "../../support/site.ts";
import { composeOf, contentOf, manifestOf, serviceManifestOf, unpack } from "../../support/unpack.ts";

const app = (name: string, more: object = {}) => ({
  name,
  image: "docker.io/library/adminer:5",
  port: 8080,
  database: true,
  ...more,
});
const changes: Changes = {
  settings: {
    database: "true",
    apps: [app("phpdemo", { schema: "tests/support/schema.sql", shared: true }), app("whoami")],
    purge: ["old"],
  },
};
const bundle = bundleWith(changes);
const compose = composeOf(bundle.release);
const service = compose.services.mariadb;
assert.ok(service);
const definition = (other: Changes) => JSON.stringify(composeOf(bundleWith(other).release).services.mariadb);

describe("MariaDB", () => {
  it("exists only if the settings ask for it", () => {
    assert.equal(composeOf(bundleWith().release).services.mariadb, undefined);
    assert.equal(service.image, "docker.io/library/mariadb:11.8");
  });

  it("has its tag checked at each release if it names a series, not one version", () => {
    const looksUp = (databaseTag: string) =>
      manifestOf(bundleWith({ settings: { database: "true", databaseTag } }).release).images?.flatMap(
        ({ reference, pin }) => (pin ? [`${reference} ${pin}`] : []),
      );
    for (const tag of ["11.8", "11.8-noble"])
      assert.deepEqual(looksUp(tag), [`docker.io/library/mariadb:${tag} pulumi config set databaseTag {version}`]);
    for (const tag of ["11.8.7", "11.8.7-noble"]) assert.deepEqual(looksUp(tag), []);
  });

  it("can be reached only by its users, on internal networks, and publishes no port", () => {
    assert.deepEqual(service.networks, ["db", "db-1", "db-2", "db-3", "db-4"]);
    for (const network of service.networks ?? []) assert.deepEqual(compose.networks[network], { internal: true });
    assert.equal(compose.networks.jupyter, null);
    assert.equal(service.ports, undefined);
    assert.deepEqual(compose.services.jupyter?.networks, ["jupyter", "db"]);
    for (const name of ["nginx", "vouch", "dex"]) assert.equal(compose.services[name]?.networks?.includes("db"), false);
  });

  it("runs without root, and can write only to its data", () => {
    assert.equal(service.user, "999:999");
    assert.equal(service.read_only, true);
    assert.deepEqual(service.cap_drop, ["ALL"]);
    const written = service.volumes?.filter(({ read_only }) => !read_only);
    assert.deepEqual(
      written?.map(({ source, target }) => [source, target]),
      [["/srv/data/mariadb", "/var/lib/mysql"]],
    );
  });

  it("has a memory limit at which it gets an error instead of being killed", () => {
    assert.equal(service.mem_limit, "320m");
    // It never uses 80 MiB of the memory that it reserves.
    assert.match(contentOf(bundle.release, "start.sh"), /^ulimit -d "\$\(\(\(364 \+ more\) \* 1024\)\)"$/m);
  });

  it("gets a share of the machine's memory, if that is more than its minimum", () => {
    assert.deepEqual(serviceManifestOf(bundle.release, "mariadb").memory_share, { least_mib: 320, part: 32 });
    assert.deepEqual((service.entrypoint as string[]).slice(-2), ["320", "32"]);
  });

  it("has time to stop, and upgrades its system tables for another version", () => {
    assert.equal(service.stop_grace_period, "60s");
    const { MARIADB_AUTO_UPGRADE, MARIADB_ROOT_HOST } = service.environment as Record<string, string>;
    assert.deepEqual([MARIADB_AUTO_UPGRADE, MARIADB_ROOT_HOST], ["1", "localhost"]);
  });

  it("is not recreated for changes of apps, passwords, schemas or purge", () => {
    const before = definition(changes);
    for (const other of [
      { settings: { database: "true" } },
      { ...changes, secrets: { databaseRootPassword: "another", notebooksDatabasePassword: "another" } },
    ])
      assert.equal(definition(other), before);
  });

  it("is recreated for another version", () => {
    assert.notEqual(definition({ settings: { database: "true", databaseTag: "11.4" } }), definition(changes));
  });

  it("has one file per database, with its initial schema", () => {
    const databases = Object.keys(unpack(bundle.secrets).files).filter((path) => path.includes("/databases/"));
    assert.deepEqual(
      databases.map((path) => path.replace(/.*\//, "")),
      ["notebooks.sql", "phpdemo.sql", "whoami.sql"],
    );
    assert.match(contentOf(bundle.secrets, "databases/phpdemo.sql"), /^CREATE TABLE /m);
  });

  it("runs its set-up at each release with the current secrets", () => {
    const { secrets, prepare } = serviceManifestOf(bundle.release, "mariadb");
    assert.deepEqual(prepare, [
      ["sh", "/etc/mysql/conf.d/reserve.sh"],
      ["sh", "/etc/mysql/conf.d/prepare.sh", "/run/secrets/mariadb/current"],
    ]);
    const [folder] = Object.keys(unpack(bundle.secrets).files).filter((path) => path.startsWith("mariadb/"));
    assert.equal(secrets, folder?.split("/")[1]);
  });
});
