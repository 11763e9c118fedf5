import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import { appNetworks } from "../../../files/site/appNetworks.ts";
import { bundleWith } from "../../support/site.ts";
import { composeOf } from "../../support/unpack.ts";

const apps = ["phpdemo", "whoami", "notes", "a-2", "grafana", "wiki", "mlflow", "x", "2026-08-17"];
const networksOf = (names: string[]) => Object.fromEntries(appNetworks("to", names).of);

describe("The networks of apps", () => {
  it("are defined in advance, four at a time", () => {
    const count = (length: number) => appNetworks("to", apps.slice(0, length)).all.length;
    assert.deepEqual([0, 1, 4, 5, 8, 9].map(count), [4, 4, 4, 8, 8, 12]);
    assert.deepEqual(appNetworks("db", []).all, ["db-1", "db-2", "db-3", "db-4"]);
  });

  for (let length = 1; length <= apps.length; length++)
    it(`are different for each of ${length} apps`, () => {
      const { all, of } = appNetworks("to", apps.slice(0, length));
      assert.equal(of.size, length);
      assert.equal(new Set(of.values()).size, length);
      for (const network of of.values()) assert.ok(all.includes(network), network);
    });

  for (const length of [2, 3, 4, 6, 7, 8])
    it(`do not change for the others when the last of ${length} apps is added or removed`, () => {
      const names = apps.slice(0, length);
      const before = networksOf(names.slice(0, -1));
      const after = networksOf(names);
      for (const [name, network] of Object.entries(before)) assert.equal(after[name], network, name);
    });

  for (const length of [3, 4, 7, 8])
    it(`change in one chain when an app before the last of ${length} is removed: each moves to the network just left`, () => {
      const names = apps.slice(0, length);
      const before = networksOf(names);
      for (const removed of names) {
        const after = networksOf(names.filter((name) => name !== removed));
        const moved = Object.keys(after).filter((name) => before[name] !== after[name]);
        const left = [removed, ...moved].map((name) => before[name]);
        assert.deepEqual(
          moved.map((name) => after[name]),
          left.slice(0, -1),
        );
      }
    });
});

describe("compose.yaml", () => {
  const image = "traefik/whoami:v1.11.0";
  const servicesWith = (names: string[]) => {
    const apps = names.map((name) => ({ name, image, port: 80, database: true }));
    const appDatabasePasswords = Object.fromEntries(names.map((name) => [name, "secret"]));
    const changes = { settings: { database: "true", apps }, secrets: { appDatabasePasswords } };
    return composeOf(bundleWith(changes).release).services;
  };
  const four = servicesWith(apps.slice(0, 4));

  it("connects every app to nginx and MariaDB only", () => {
    for (const app of apps.slice(0, 4)) {
      const neighbours = (four[app]?.networks ?? []).map((network) =>
        Object.keys(four).filter((name) => four[name]?.networks?.includes(network)),
      );
      assert.deepEqual(neighbours, [
        ["nginx", app],
        ["mariadb", app],
      ]);
    }
  });

  it("has the same nginx and MariaDB with one app and with four", () => {
    for (const length of [0, 1, 2, 3]) {
      const { nginx, mariadb } = servicesWith(apps.slice(0, length));
      assert.deepEqual([nginx, mariadb], [four.nginx, four.mariadb]);
    }
    assert.notDeepEqual(servicesWith(apps.slice(0, 5)).nginx, four.nginx);
  });
});
