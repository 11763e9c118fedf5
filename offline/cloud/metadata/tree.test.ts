import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import { readMetadata } from "./tree.ts";

const root = {
  instance: {
    attributes: { "ssh-keys": "ann:key", note: "{}" },
    "network-interfaces": { "0": { ip: "10.0.0.2" } },
    name: "vm",
  },
  project: { "project-id": "my-project" },
};

const read = (path: string, query = "") => readMetadata(root, path, new URLSearchParams(query));

describe("the tree of metadata", () => {
  it("shows a value unchanged", () => {
    assert.deepEqual(read("instance/attributes/ssh-keys"), { status: 200, body: "ann:key", type: "application/text" });
    assert.equal(read("instance/network-interfaces/0/ip").body, "10.0.0.2");
  });

  it("lists a branch at its path with a trailing slash", () => {
    assert.equal(read("instance/").body, "attributes/\nnetwork-interfaces/\nname\n");
    assert.deepEqual([read("instance").status, read("instance").body], [301, "/computeMetadata/v1/instance/"]);
  });

  it("shows a whole branch as JSON, with names in camel case except those given by a user", () => {
    assert.deepEqual(JSON.parse(read("instance/", "recursive=true").body), {
      attributes: { "ssh-keys": "ann:key", note: "{}" },
      networkInterfaces: [{ ip: "10.0.0.2" }],
      name: "vm",
    });
    assert.deepEqual(JSON.parse(read("instance/attributes/", "recursive=true").body), root.instance.attributes);
    assert.equal(read("project/", "recursive=true&alt=text").body, "project-id my-project\n");
  });

  it("has no other paths", () => {
    for (const path of ["instance/nothing", "instance/name/more", "instance/toString", "constructor"]) {
      assert.equal(read(path).status, 404, path);
    }
  });
});
