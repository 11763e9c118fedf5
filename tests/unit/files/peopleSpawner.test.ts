import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { describe, it } from "@jest/globals";
import serverName from "../../../files/services/nginx/session/serverName.js";
import { engineContainer } from "../../../files/services/people-spawner/engineContainer.ts";
import { run } from "../../support/command.ts";
import { passesPythonTests } from "../../support/pythonTests.ts";
import { bundleWith, siteWith } from "../../support/site.ts";
import { composeOf, contentOf } from "../../support/unpack.ts";

const folder = fileURLToPath(new URL("../../../files/services/people-spawner", import.meta.url));
const own = { people: "own", database: "true", allow: ["@example.org", "Ann@example.com"] };
const definition = () => JSON.parse(contentOf(bundleWith({ settings: own }).release, "definition.json"));

describe("The spawner of people's servers", () => {
  it("passes its own unit tests, with its attacks", () => passesPythonTests(folder));

  it("names a server as nginx does", async () => {
    const people = ["ann@example.com", "Ann@Example.com", "ann-lee", "o'brien+x@example.com", "~x&y=z!#/%@example.com"];
    const script = "import sys\nfrom person_servers.names import name_of\nprint(*map(name_of, sys.argv[1:]))";
    const { output } = await run("python3", ["-B", "-c", script, ...people.map((each) => each.toLowerCase())], {
      env: { PYTHONPATH: folder },
    });
    assert.deepEqual(people.map(serverName), output.trim().split(" "));
    assert.deepEqual(["", "ann@exämple.com", "a b", `${"a".repeat(201)}`].map(serverName), ["", "", "", ""]);
  });

  it("gives the first person of the list the home of Jupyter for all", () => {
    assert.deepEqual(definition().first, ["ann-40example-2ecom", "/srv/data/home"]);
  });

  it("starts Jupyter as it is for all people, without secrets of the site and with limits", () => {
    const { container } = definition();
    const { jupyter } = composeOf(bundleWith({ settings: { database: "true" } }).release).services;
    assert.deepEqual(container.Cmd, jupyter?.command);
    assert.equal(container.Image, jupyter?.image);
    assert.deepEqual(container.HostConfig.CapDrop, ["ALL"]);
    assert.deepEqual(container.HostConfig.SecurityOpt, ["no-new-privileges:true"]);
    assert.equal(container.HostConfig.Memory, 1024 ** 3);
    assert.equal(container.HostConfig.RestartPolicy.Name, "no");
    const mounts: { Source: string; Target: string; ReadOnly: boolean }[] = container.HostConfig.Mounts;
    assert.deepEqual(
      mounts.filter(({ ReadOnly }) => !ReadOnly).map(({ Source, Target }) => [Source, Target]),
      [
        ["/srv/data/home", "/home/jovyan"],
        ["/srv/notebooks", "/home/jovyan/work/shared"],
      ],
    );
    assert.deepEqual(
      mounts.filter(({ Source }) => /secrets|docker/.test(Source)),
      [],
    );
    assert.doesNotMatch(JSON.stringify(definition()), /secret-/);
  });

  it("is the only service with Docker's socket, and has no network", () => {
    const { services } = composeOf(bundleWith({ settings: own }).release);
    const withSocket = Object.entries(services).filter(([, { volumes = [] }]) =>
      volumes.some(({ source }) => source.includes("docker.sock")),
    );
    assert.deepEqual(
      withSocket.map(([name]) => name),
      ["people-spawner"],
    );
    assert.equal(services["people-spawner"]?.network_mode, "none");
    assert.equal(services.jupyter, undefined);
  });

  it("refuses a part of a definition that it cannot translate", () => {
    assert.throws(
      () => engineContainer({ image: "lab:1", privileged: true }, { memoryMiB: 1, inMemory: [] }),
      /privileged/,
    );
  });

  it("gives each server a network of its own", () => {
    const networks = definition().networks.map((name: string) => name.replace(/^jupyter-up-test_/, ""));
    const { services } = siteWith({ settings: own });
    for (const network of networks) {
      const members = services.filter((each) => each.networks.includes(network)).map(({ name }) => name);
      assert.deepEqual(members, ["people-proxy", "people-hub"]);
    }
    assert.equal(networks.length, 6);
  });
});
