import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import { type Bundle, bundleOf } from "../../../files/release/bundle.ts";
import { bundleWith, type Changes, secrets, siteWith } from "../../support/site.ts";
import { composeOf, manifestOf, ownersOf, unpack } from "../../support/unpack.ts";

/** Every text in a value, at any depth. */
function textsIn(value: unknown): string[] {
  if (typeof value === "string") return [value];
  return Object.values(value as object).flatMap(textsIn);
}

/** The part of a secret by which it is found in another text. */
const marker = (secret: string) => /secret-[a-z-]*[a-z]/.exec(secret)?.[0] ?? "";

describe("The bundle's two texts", () => {
  const bundle = bundleWith();
  const app = (name: string) => ({ name, image: "docker.io/library/adminer:5", port: 8080, database: true });
  const withDatabase = bundleWith({
    settings: {
      database: "true",
      apps: [app("phpdemo"), app("whoami")],
      history: {},
      backup: { to: "/mnt/backup" },
    },
  });
  const { passwordHashes, ...others } = secrets;
  const used = [...textsIn(others), passwordHashes["ann@example.com"] ?? ""];

  for (const secret of textsIn(secrets))
    it(`contain no secret in the readable one: ${marker(secret)}`, () => {
      assert.notEqual(marker(secret), "");
      assert.equal(withDatabase.release.includes(marker(secret)), false);
    });

  for (const secret of used)
    if (secret !== secrets.namingKey)
      it(`contain each secret in the secret one: ${marker(secret)}`, () => {
        assert.equal(withDatabase.secrets.includes(marker(secret)), true);
      });

  it("contain neither the key of the names nor the hash of a person who is not a user", () => {
    assert.equal(bundle.secrets.includes(marker(secrets.namingKey)), false);
    assert.equal(bundle.secrets.includes("secret-hash-of-bob"), false);
  });

  it("have secret files of mode 0600, and other files of mode 0644", () => {
    for (const { mode } of Object.values(unpack(bundle.secrets).files)) assert.equal(mode, "0600");
    for (const { mode } of Object.values(unpack(bundle.release).files)) assert.equal(mode, "0644");
  });

  it("end with the number of files", () => {
    for (const text of [bundle.secrets, bundle.release]) {
      const { files, count } = unpack(text);
      // The manifest counts, too.
      assert.equal(count, Object.keys(files).length + 1);
    }
  });

  it("have each service's files in a folder named after their content", () => {
    const folders = (text: string) => [
      ...new Set(Object.keys(unpack(text).files).map((path) => path.replace(/^(\w+)\/[0-9a-f]{12}\/.+/, "$1/ID"))),
    ];
    assert.deepEqual(folders(bundle.release), ["compose.yaml", "nginx/ID", "jupyter/ID"]);
    assert.deepEqual(folders(bundle.secrets), ["nginx/ID", "vouch/ID", "dex/ID", "jupyter/ID"]);
  });

  it("name no setting for the ports of a public site", () => {
    const layout = { address: "0.0.0.0", httpsPort: 443, httpPort: 80 };
    assert.deepEqual(manifestOf(bundleWith({ layout }).release).ports, [
      { address: "0.0.0.0", port: 443 },
      { address: "0.0.0.0", port: 80 },
    ]);
  });

  it("contain the manifest for the host", () => {
    const { services, images = [], ...manifest } = manifestOf(bundle.release);
    assert.deepEqual(
      images.map(({ holes, ...image }) => [image, holes?.length ?? 0]),
      [
        [{ reference: "docker.io/nginxinc/nginx-unprivileged:1.30.4-alpine", size_mib: 65 }, 7],
        [{ reference: "quay.io/vouch/vouch-proxy:0.45.1", size_mib: 40 }, 0],
        [{ reference: "ghcr.io/dexidp/dex:v2.45.1", size_mib: 130 }, 0],
        [{ reference: "quay.io/jupyter/scipy-notebook:2026-08-08", size_mib: 4600 }, 2],
      ],
    );
    assert.deepEqual(
      { ...manifest, release: "ID" },
      {
        version: 1,
        url: "https://jupyter.lab.example.com:8443",
        data: "/srv/data",
        notices: "/srv/data/notices",
        release: "ID",
        project: "jupyter-up-test",
        ports: [
          { address: "127.0.0.1", port: 8443, setting: "port" },
          { address: "127.0.0.1", port: 8080, setting: "httpPort" },
        ],
        allow: ["ann@example.com"],
        networks: ["sign-in", "jupyter", "to-1", "to-2", "to-3", "to-4"],
      },
    );
    const prepared = "/usr/local/etc/jupyter-up";
    assert.deepEqual(
      services?.map(({ files, ...service }) => ({ ...service, ...(files ? { files: "ID" } : {}) })),
      [
        {
          name: "nginx",
          image: "docker.io/nginxinc/nginx-unprivileged:1.30.4-alpine",
          user: "101:101",
          reload: ["sh", "/site/current/reload.sh"],
          lists: ["people.map", "keys.map", "people/jupyter.map"],
          folders: [{ path: "/srv/data/sessions" }],
          sign_out: ["wget", "--proxy=off", "-q", "-O", "-", "http://127.0.0.1:8081/sessions/end?person="],
          smoke_test: ["wget", "--proxy=off", "-q", "-O", "/dev/null", "http://127.0.0.1:8081/door"],
          files: "ID",
        },
        { name: "vouch", image: "quay.io/vouch/vouch-proxy:0.45.1", user: "999:999" },
        { name: "dex", image: "ghcr.io/dexidp/dex:v2.45.1", user: "1001:1001" },
        {
          name: "jupyter",
          image: "quay.io/jupyter/scipy-notebook:2026-08-08",
          user: "1000:100",
          folders: [{ path: "/srv/data/home" }, { path: "/srv/notebooks" }],
          user_controlled: true,
          memory_beside_mib: 350,
          processes_per_core: 1024,
          prepare: [
            ["cat", "/run/jupyter/notice"],
            ["sh", `${prepared}/place-once.sh`, "/home/jovyan/work", `${prepared}/welcome.ipynb`],
            ["sh", `${prepared}/place-once.sh`, "/home/jovyan", "/etc/skel/.bashrc", "/etc/skel/.profile"],
            ["python3", `${prepared}/packages.py`],
          ],
          dismiss: ["python3", `${prepared}/end_removed.py`],
          activity: ["python3", `${prepared}/activity.py`],
        },
      ],
    );
    assert.deepEqual(ownersOf(bundle.secrets), {
      nginx: "101:101",
      vouch: "999:999",
      dex: "1001:1001",
      jupyter: "1000:100",
    });
  });

  it("are the same for the same site and secrets", () => {
    assert.deepEqual(bundleWith(), bundle);
    assert.deepEqual(bundleOf(siteWith(), { ...secrets }), bundle);
  });

  it("name a release after all of its content", () => {
    const id = (changes: Changes) => manifestOf(bundleWith(changes).release).release;
    const changes: Changes[] = [
      {},
      { settings: { allow: ["bob@example.com"] } },
      { settings: { port: "9443" } },
      { layout: { notebooks: "/srv/elsewhere" } },
      { layout: { machine: "e2-small" } },
      { layout: { machine: "e2-medium" } },
      { secrets: { vouchJwtSecret: "x".repeat(48) } },
      { secrets: { certificate: "x\n" } },
    ];
    assert.equal(new Set(changes.map(id)).size, changes.length);
  });
});

describe("The names of secret folders", () => {
  const names = (changes: Changes) =>
    Object.keys(unpack(bundleWith(changes).secrets).files).map((path) => path.split("/")[1]);

  it("are keyed: another key changes every name", () => {
    const other = names({ secrets: { namingKey: "another key" } });
    for (const name of names({})) assert.equal(other.includes(name), false, name);
  });

  it("stay the same in the next release, and when other files change", () => {
    assert.deepEqual(names({ settings: { allow: ["@example.org"], imageTag: "2026-08-17" } }), names({}));
  });
});

/** Each service's definition in compose.yaml, and its files with their folders. */
function servicesOf({ secrets, release }: Bundle): { name: string; definition: string; files: string }[] {
  const files = [secrets, release].flatMap((text) => Object.entries(unpack(text).files));
  return Object.entries(composeOf(release).services)
    .filter(([name]) => !name.endsWith("-check"))
    .map(([name, definition]) => ({
      name,
      definition: JSON.stringify(definition),
      files: JSON.stringify(files.filter(([path]) => path.startsWith(`${name}/`))),
    }));
}

const unchanged = servicesOf(bundleWith());

/** The services whose definition or files differ between the bundle of the valid config and one with changes. */
function differences(changes: Changes): { recreated: string[]; files: string[] } {
  const changed = servicesOf(bundleWith(changes));
  const differing = (part: "definition" | "files") =>
    unchanged.filter((service, index) => service[part] !== changed[index]?.[part]).map(({ name }) => name);
  return { recreated: differing("definition"), files: differing("files") };
}

// A service gets a new container if its definition in compose.yaml changes. Only nginx reads its files again while it runs.
describe("A change recreates only the services that it affects:", () => {
  const user = (changes: object) => ({
    signIn: { users: [{ email: "ann@example.com", name: "Ann Lee", ...changes }] },
  });
  const other = "other-----------------------------------------48";
  const rows: [name: string, changes: Changes, recreated: string[], files: string[]][] = [
    ["nothing", {}, [], []],
    ["another entry of the allow list", { settings: { allow: ["ann@example.com", "@example.org"] } }, [], ["nginx"]],
    ["the image's tag", { settings: { imageTag: "2026-08-17" } }, ["jupyter"], []],
    ["the image", { settings: { image: "r-notebook" } }, ["jupyter"], []],
    ["the mirror", { settings: { imageMirror: "mirror.example.com" } }, ["nginx", "vouch", "dex", "jupyter"], []],
    ["the domain", { settings: { domain: "lab.example.org" } }, ["vouch", "dex"], ["nginx", "vouch", "dex"]],
    ["the HTTPS port", { settings: { port: "9443" } }, ["nginx", "vouch", "dex"], ["nginx", "vouch", "dex"]],
    ["the HTTP port", { settings: { httpPort: "9080" } }, ["nginx"], []],
    ["a user's name", { settings: user({ name: "Ann" }) }, ["dex"], ["nginx", "dex"]],
    [
      "another user",
      {
        settings: { signIn: { users: [{ email: "ann@example.com", name: "Ann Lee" }, { email: "bob@example.com" }] } },
      },
      ["dex"],
      ["dex"],
    ],
    ["a user's password", { secrets: { passwordHashes: { "ann@example.com": "$2b$10$x" } } }, ["dex"], ["dex"]],
    ["the certificate", { secrets: { certificate: "other\n", certificateKey: "other\n" } }, [], ["nginx"]],
    ["the door's secret", { secrets: { doorSecret: other } }, ["jupyter"], ["nginx", "jupyter"]],
    ["the key of Vouch's tokens", { secrets: { vouchJwtSecret: other } }, ["vouch"], ["vouch"]],
    ["the key of Vouch's sign-ins", { secrets: { vouchSessionKey: other } }, ["vouch"], ["vouch"]],
    ["the secret between Vouch and Dex", { secrets: { oidcClientSecret: other } }, ["vouch", "dex"], ["vouch", "dex"]],
    [
      "the key of the folders' names",
      { secrets: { namingKey: other } },
      ["vouch", "dex", "jupyter"],
      ["nginx", "vouch", "dex", "jupyter"],
    ],
    ["an app", { settings: { apps: [{ name: "whoami", image: "traefik/whoami:v1", port: 80 }] } }, [], ["nginx"]],
    ["the front page's name", { settings: { home: "home" } }, [], ["nginx"]],
    ["the notebooks folder", { layout: { notebooks: "/srv/elsewhere" } }, ["jupyter"], []],
    ["a site that is public", { layout: { public: true } }, [], ["nginx"]],
  ];
  for (const [name, changes, recreated, files] of rows)
    it(`${name}: ${recreated.join(", ") || "none"}`, () => {
      assert.deepEqual(differences(changes), { recreated, files });
    });
});
