import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { readSettings } from "../../../settings/read.ts";
import type { Settings } from "../../../settings/schema.ts";
import { configWith, settingsWith } from "../../support/settings.ts";

const bcrypt = (start: string) => `${start}${"a".repeat(53)}`;

describe("A good config", () => {
  it("becomes complete settings", () => {
    assert.deepEqual(settingsWith(), {
      target: "local",
      domain: "lab.example.com",
      image: "quay.io/jupyter/scipy-notebook",
      imageTag: "2026-08-08",
      imageMirror: undefined,
      allow: ["ann@example.com"],
      signIn: { provider: "dex", users: [{ email: "ann@example.com", name: "Ann Lee" }] },
      port: 8443,
      httpPort: 8080,
      notebooks: "notebooks",
    });
  });

  const rows: [name: string, change: Record<string, unknown>, expected: Partial<Settings>][] = [
    ["has its domain in lower case", { domain: " Lab.Example.COM " }, { domain: "lab.example.com" }],
    ["may have a domain of two labels", { domain: "lab.localhost" }, { domain: "lab.localhost" }],
    ["may have a domain in DNS's spelling", { domain: "xn--mnchen-3ya.de" }, { domain: "xn--mnchen-3ya.de" }],
    [
      "may have a domain of 245 characters",
      { domain: `${"a.".repeat(117)}example.com` },
      { domain: `${"a.".repeat(117)}example.com` },
    ],
    ["may name another image of Docker Stacks", { image: "r-notebook" }, { image: "quay.io/jupyter/r-notebook" }],
    ["may name it in full", { image: "quay.io/jupyter/r-notebook" }, { image: "quay.io/jupyter/r-notebook" }],
    [
      "may name an image of one's own, with any version",
      { image: "registry.example.com:5000/team/lab", imageTag: "4.10" },
      { image: "registry.example.com:5000/team/lab", imageTag: "4.10" },
    ],
    [
      "may name an image of a registry on this machine",
      { image: "localhost/lab", imageTag: "v1" },
      { image: "localhost/lab", imageTag: "v1" },
    ],
    ["may have a leap day for a tag", { imageTag: "2028-02-29" }, { imageTag: "2028-02-29" }],
    ["may have a mirror", { imageMirror: "mirror.example.com" }, { imageMirror: "mirror.example.com" }],
    [
      "may have a mirror with port and folder",
      { imageMirror: "127.0.0.1:5083/hub" },
      { imageMirror: "127.0.0.1:5083/hub" },
    ],
    [
      "has its allow list in lower case",
      { allow: [" Ann@Example.com", "@Example.ORG "] },
      { allow: ["ann@example.com", "@example.org"] },
    ],
    [
      "may allow odd addresses",
      { allow: ["o'brien+jupyter@mail.example.co.uk", "a.b-c_d@example.com", "~x&y=z!#/%@example.com"] },
      { allow: ["o'brien+jupyter@mail.example.co.uk", "a.b-c_d@example.com", "~x&y=z!#/%@example.com"] },
    ],
    [
      "has its users' addresses in lower case",
      { signIn: { provider: "dex", users: [{ email: "Ann@Example.com " }] } },
      { signIn: { provider: "dex", users: [{ email: "ann@example.com" }] } },
    ],
    [
      "may leave the provider out, which setting a user by its path does",
      { signIn: { users: [{ email: "ann@example.com" }] } },
      { signIn: { provider: "dex", users: [{ email: "ann@example.com" }] } },
    ],
    [
      "may have names in any script",
      { signIn: { users: [{ email: "ann@example.com", name: " Ann O'Neill-李 🌱; {x} " }] } },
      { signIn: { provider: "dex", users: [{ email: "ann@example.com", name: "Ann O'Neill-李 🌱; {x}" }] } },
    ],
    [
      "may have hashes of cost 10 to 15",
      {
        signIn: {
          users: [
            { email: "ann@example.com", passwordHash: bcrypt("$2y$10$") },
            { email: "bob@example.com", passwordHash: bcrypt("$2b$15$") },
          ],
        },
      },
      {
        signIn: {
          provider: "dex",
          users: [
            { email: "ann@example.com", passwordHash: bcrypt("$2y$10$") },
            { email: "bob@example.com", passwordHash: bcrypt("$2b$15$") },
          ],
        },
      },
    ],
    ["may have the lowest and the highest port", { port: "1", httpPort: "65535" }, { port: 1, httpPort: 65535 }],
    ["may have ports that are numbers already", { port: 443, httpPort: 80 }, { port: 443, httpPort: 80 }],
    ["may have its notebooks below the home directory", { notebooks: "~/work" }, { notebooks: "~/work" }],
    ["may have its notebooks anywhere", { notebooks: "/srv/My Notebooks" }, { notebooks: "/srv/My Notebooks" }],
    ["may have dots in a folder's name", { notebooks: "..notes/.x" }, { notebooks: "..notes/.x" }],
  ];
  for (const [name, change, expected] of rows)
    it(name, () => {
      const { settings, faults } = readSettings(configWith(change));
      assert.deepEqual(faults, []);
      assert.deepEqual(settings, { ...settingsWith(), ...expected });
    });
});
