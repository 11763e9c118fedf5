import assert from "node:assert/strict";
import { lstatSync, readdirSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { type TestHost, testHost } from "../../support/host.ts";
import { bundleWith, secrets } from "../../support/site.ts";
import { unpack } from "../../support/unpack.ts";

const asRoot = process.getuid?.() === 0;

/** Mode, owner and inode of everything below a folder; the inode stays the same if a file is overwritten. */
function inodes(folder: string): Record<string, string> {
  const paths = readdirSync(folder, { recursive: true, encoding: "utf8" }).sort();
  return Object.fromEntries(
    paths.map((path) => {
      const { mode, uid, gid, ino } = lstatSync(`${folder}/${path}`);
      return [path, `${(mode & 0o7777).toString(8)} ${uid}:${gid} ${ino}`];
    }),
  );
}

describe("site-apply secrets", () => {
  const text = bundleWith().secrets;
  let host: TestHost;
  let folder: string;
  let placed: Record<string, string>;
  beforeAll(async () => {
    host = testHost();
    folder = `${host.layout.root}/secrets`;
    assert.deepEqual(await host.apply("secrets", text), { code: 0, output: "" });
    placed = inodes(folder);
  });
  afterAll(() => host.remove());

  it("writes the sent files", () => {
    for (const [path, { content }] of Object.entries(unpack(text).files))
      assert.equal(host.read(`secrets/${path}`), content, path);
  });

  it("gives each service's files to its user, readable for no other", () => {
    const owners: Record<string, string> = {
      nginx: "101:101",
      vouch: "999:999",
      dex: "1001:1001",
      jupyter: "1000:100",
    };
    const self = `${process.getuid?.()}:${process.getgid?.()}`;
    for (const [path, description] of Object.entries(placed)) {
      const [service = "", id, file] = path.split("/");
      const owner = asRoot ? owners[service] : self;
      const expected = file ? `600 ${owner}` : id ? `700 ${owner}` : `711 ${self}`;
      assert.equal(description.replace(/ \d+$/, ""), expected, path);
    }
  });

  it("leaves no received text and no lock", () => {
    assert.deepEqual(
      host.entries().filter((path) => !/^(secrets|hashes)/.test(path)),
      [],
    );
  });

  it("writes no secret to its log", async () => {
    assert.deepEqual(await host.apply("secrets", `${text}|x\n`), {
      code: 1,
      output: "The release is incomplete (something follows the end). Nothing was changed. Run pulumi up again.\n",
    });
    for (const secret of [secrets.doorSecret, secrets.certificateKey, secrets.vouchJwtSecret])
      assert.equal(host.log().includes(String(secret).slice(0, 20)), false);
  });

  it("changes nothing when run again, because running containers mount the folders", async () => {
    const folders = (all: Record<string, string>) =>
      Object.fromEntries(Object.entries(all).filter(([path]) => path.split("/").length < 3));
    assert.deepEqual(await host.apply("secrets", text), { code: 0, output: "" });
    const again = inodes(folder);
    assert.deepEqual(folders(again), folders(placed));
    assert.deepEqual(Object.keys(again), Object.keys(placed));
    for (const [path, { content }] of Object.entries(unpack(text).files))
      assert.equal(host.read(`secrets/${path}`), content, path);
  });

  it("repairs a damaged file", async () => {
    const [path = "", file] = Object.entries(unpack(text).files)[0] ?? [];
    writeFileSync(`${folder}/${path}`, "damaged\n");
    assert.deepEqual(await host.apply("secrets", text), { code: 0, output: "" });
    assert.equal(host.read(`secrets/${path}`), file?.content);
  });

  it("writes a new version beside the one in use", async () => {
    const changed = bundleWith({ secrets: { vouchJwtSecret: "x".repeat(48) } }).secrets;
    assert.deepEqual(await host.apply("secrets", changed), { code: 0, output: "" });
    const versions = readdirSync(`${folder}/vouch`);
    assert.equal(versions.length, 2);
    for (const service of ["nginx", "dex", "jupyter"]) assert.equal(readdirSync(`${folder}/${service}`).length, 1);
  });
});
