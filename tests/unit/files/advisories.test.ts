import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import { imagesOf } from "../../../files/site/site.ts";
import { isAtLeast } from "../../../scripts/cli/version.ts";
import { HOLES, holesOf } from "../../../settings/holes.ts";
import { declaredSettings } from "../../support/projectFile.ts";
import { siteWith } from "../../support/site.ts";

/**
 * The oldest version of each image that the site may run, by the advisory that requires it. Without an advisory, it is
 * the version that the site was tested with.
 */
const floors: [part: string, fixedIn: string, advisory: string][] = [
  ...["nginxinc/nginx-unprivileged", "library/mariadb", "jupyter/scipy-notebook"].flatMap((part) =>
    holesOf(part).map(({ fixedIn, what }): [string, string, string] => [part, fixedIn, what]),
  ),
  ["vouch/vouch-proxy", "0.45.1", "none published"],
  ["oauth2-proxy/oauth2-proxy", "7.15.2", "GHSA-5hvv-m4w4-gf6v: a health check's User-Agent gets past the sign-in"],
  ["oauth2-proxy/oauth2-proxy", "7.15.2", "GHSA-7x63-xv5r-3p2x: a spoofed X-Forwarded-Uri gets past the sign-in"],
  ["dexidp/dex", "2.45.1", "none that touches it: GHSA-7qjx-gp9h-65qj is in newer code"],
  ["goacme/lego", "5.3.1", "none published"],
  ["restic/restic", "0.18.1", "none published"],
  ["jupyterhub/jupyterhub", "5.5.0", "GHSA-p43p-whwx-q52h: requests of people can stop the hub"],
];

/** Every image of the project's default settings, with each source of certificates. */
const defaults = Object.fromEntries(
  ["image", "imageTag", "databaseTag"].map((key) => [key, declaredSettings()[key]?.default]),
);
const straight = { target: "gcp", proxied: "false", acmeEmail: "ann@example.com" };
const references = [
  { ...defaults, database: "true", history: {}, backup: { to: "/mnt/backup" } },
  { ...defaults, ...straight },
  { ...defaults, signIn: { gate: "oauth2-proxy", users: [{ email: "ann@example.com" }] } },
  { ...defaults, people: "own" },
].flatMap((settings) => imagesOf(siteWith({ settings })).map(({ reference }) => reference));
const partOf = (reference: string) => reference.replace(/^[^/]+\//, "").replace(/:.*/, "");

/** A tag such as `11.8` stands for the newest version of its series, so only the series can be too old. */
function isFixed(tag: string, fixedIn: string): boolean {
  if (/^\d{4}-/.test(fixedIn)) return tag >= fixedIn;
  const version = tag.replace(/^v/, "").replace(/-.*/, "");
  const parts = version.split(".").length;
  return isAtLeast(version, fixedIn.split(".").slice(0, parts).join("."));
}

describe("The oldest safe version of each default image", () => {
  for (const [part, fixedIn, advisory] of floors)
    it(`is met: ${part} ${fixedIn} (${advisory})`, () => {
      const found = references.filter((reference) => partOf(reference) === part);
      assert.notEqual(found.length, 0, `the site has no ${part}: ${references.join(", ")}`);
      for (const reference of found)
        assert.ok(
          isFixed(reference.replace(/^.*:/, ""), fixedIn),
          `${reference} is older than ${fixedIn}: ${advisory}`,
        );
    });

  it("is listed for every image", () => {
    const parts = floors.map(([part]) => part);
    for (const reference of references) assert.ok(parts.includes(partOf(reference)), reference);
  });

  it("is known for a reference with a mirror, a tag and a digest, and for every image of the Docker Stacks", () => {
    assert.equal(holesOf("mirror.example.com:5000/docker.io/library/mariadb:11.8@sha256:1").length, 2);
    assert.equal(holesOf("quay.io/jupyter/r-notebook:2026-07-01").length, 2);
    assert.deepEqual(holesOf("docker.io/me/mariadb:1"), []);
    assert.equal(HOLES.flatMap(([, holes]) => holes).length, 11);
  });

  it("is compared correctly with older and newer tags", () => {
    for (const [tag, fixedIn, expected] of [
      ["1.30.4-alpine", "1.30.4", true],
      ["1.30.3-alpine", "1.30.4", false],
      ["1.9.9", "1.30.4", false],
      ["v2.45.1", "2.45.1", true],
      ["v2.45.0", "2.45.1", false],
      ["11.8", "11.8.7", true],
      ["11.8.6", "11.8.7", false],
      ["11.4", "11.8.7", false],
      ["12.3", "11.8.7", true],
      ["2026-07-21", "2026-07-22", false],
    ] as const)
      assert.equal(isFixed(tag, fixedIn), expected, `${tag} ${fixedIn}`);
  });
});
