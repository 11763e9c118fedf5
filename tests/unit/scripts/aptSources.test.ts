import assert from "node:assert/strict";
import { test } from "@jest/globals";
import { formatAptSources, parseAptSources, sourcesOfRelease } from "../../../offline/setup/aptSources.ts";

const stanzas = `Types: deb deb-src
# A mirror of our own.
URIs: http://mirror.example.com/debian
Suites: bookworm bookworm-updates bookworm-backports
Components: main non-free-firmware
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: http://mirror.example.com/debian-security
Suites: bookworm-security
Components: main

Types: deb
URIs: https://download.example.org/linux/debian
Suites: bookworm
Components: stable
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 mQINBF
`;

test("parseAptSources() reads stanzas with lists and options, and ignores comments", () => {
  const [first, second, third, ...more] = parseAptSources("/etc/apt/sources.list.d/debian.sources", stanzas);
  assert.deepEqual(first, {
    types: ["deb", "deb-src"],
    uris: ["http://mirror.example.com/debian"],
    suites: ["bookworm", "bookworm-updates", "bookworm-backports"],
    components: ["main", "non-free-firmware"],
    options: { "Signed-By": "/usr/share/keyrings/debian-archive-keyring.gpg" },
  });
  assert.deepEqual(second?.suites, ["bookworm-security"]);
  assert.match(third?.options["Signed-By"] ?? "", /^-----BEGIN PGP[\s\S]*mQINBF$/);
  assert.deepEqual(more, []);
});

test("parseAptSources() ignores a disabled stanza", () => {
  assert.deepEqual(parseAptSources("a.sources", `Enabled: no\n${stanzas}`).length, 2);
});

test("parseAptSources() reads one-line sources with options in brackets", () => {
  const lines = `# deb http://old.example.com/debian buster main
deb [arch=amd64,arm64 signed-by=/usr/share/keyrings/k.gpg] http://mirror.example.com/debian bookworm main contrib # own
deb-src http://mirror.example.com/debian bookworm main
`;
  assert.deepEqual(parseAptSources("/etc/apt/sources.list", lines), [
    {
      types: ["deb"],
      uris: ["http://mirror.example.com/debian"],
      suites: ["bookworm"],
      components: ["main", "contrib"],
      options: { Architectures: "amd64 arm64", "Signed-By": "/usr/share/keyrings/k.gpg" },
    },
    {
      types: ["deb-src"],
      uris: ["http://mirror.example.com/debian"],
      suites: ["bookworm"],
      components: ["main"],
      options: {},
    },
  ]);
});

test("sourcesOfRelease() uses the same mirror, without backports, source packages and third parties", () => {
  const sources = sourcesOfRelease(parseAptSources("debian.sources", stanzas), "bookworm", "trixie");
  assert.equal(
    formatAptSources(sources),
    `Types: deb
URIs: http://mirror.example.com/debian
Suites: trixie trixie-updates
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: http://mirror.example.com/debian-security
Suites: trixie-security
Components: main
`,
  );
});

test("formatAptSources() writes what parseAptSources() reads", () => {
  const sources = sourcesOfRelease(parseAptSources("debian.sources", stanzas), "bookworm", "trixie");
  assert.deepEqual(parseAptSources("debian.sources", formatAptSources(sources)), sources);
});

test("sourcesOfRelease() finds a release on a machine whose sources name `oldstable`, too", () => {
  const line = parseAptSources("sources.list", "deb http://mirror.example.com/debian oldstable main");
  assert.deepEqual(sourcesOfRelease(line, "bookworm", "trixie")[0]?.suites, ["trixie"]);
});
