import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import { imagesOf } from "../../../files/site/site.ts";
import { isAtLeast } from "../../../scripts/cli/version.ts";
import { SAFE_SINCE } from "../../../settings/notices.ts";
import { declaredSettings } from "../../support/projectFile.ts";
import { siteWith } from "../../support/site.ts";

/**
 * The oldest version of each image that the site may run, by the advisory that requires it. Without an advisory, it is
 * the version that the site was tested with.
 */
const floors: [part: string, fixedIn: string, advisory: string][] = [
  ["nginxinc/nginx-unprivileged", "1.30.4", "CVE-2026-42533: buffer overflow by a map with a regular expression"],
  ["nginxinc/nginx-unprivileged", "1.30.4", "CVE-2026-56434: use after free in SSI"],
  ["nginxinc/nginx-unprivileged", "1.30.2", "CVE-2026-9256: buffer overflow in the rewrite module"],
  ["nginxinc/nginx-unprivileged", "1.30.1", "CVE-2026-42945: buffer overflow in the rewrite module"],
  ["nginxinc/nginx-unprivileged", "1.30.1", "CVE-2026-42926: request injection by HTTP/2"],
  ["nginxinc/nginx-unprivileged", "1.28.2", "CVE-2026-1642: injection by a TLS upstream"],
  ["nginxinc/nginx-unprivileged", "1.26.3", "CVE-2025-23419: a resumed session gets past client certificates"],
  ["vouch/vouch-proxy", "0.45.1", "none published"],
  ["oauth2-proxy/oauth2-proxy", "7.15.2", "GHSA-5hvv-m4w4-gf6v: a health check's User-Agent gets past the sign-in"],
  ["oauth2-proxy/oauth2-proxy", "7.15.2", "GHSA-7x63-xv5r-3p2x: a spoofed X-Forwarded-Uri gets past the sign-in"],
  ["dexidp/dex", "2.45.1", "none that touches it: GHSA-7qjx-gp9h-65qj is in newer code"],
  ["goacme/lego", "5.3.1", "none published"],
  ["restic/restic", "0.18.1", "none published"],
  ["library/mariadb", "11.8.7", "CVE-2026-44168: command injection in Galera's SST"],
  ["library/mariadb", "11.8.7", "CVE-2026-44171: path traversal in mbstream"],
  ["jupyter/scipy-notebook", SAFE_SINCE, "CVE-2026-42557: command linker in outputs, fixed in JupyterLab 4.5.7"],
  ["jupyter/scipy-notebook", SAFE_SINCE, "CVE-2026-73417, CVE-2026-73415, CVE-2026-73627: fixed in JupyterLab 4.6.2"],
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
