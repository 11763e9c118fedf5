import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import { cookieNotice, firstUpNotice, SAFE_SINCE, tagNotice } from "../../../settings/notices.ts";
import { configOf, readSettings } from "../../../settings/read.ts";
import { pulumiConfig, stackConfig } from "../../support/projectFile.ts";
import { gcpWith, settingsWith } from "../../support/settings.ts";

describe("The notice about the session cookie", () => {
  const cookie = (change: Record<string, unknown>) => cookieNotice(settingsWith(change));
  const straight = { target: "gcp", proxied: "false", acmeEmail: "ann@example.com" };

  it("says that every host of the zone receives it, and names a safer domain", () => {
    const words = String(cookie({ target: "gcp", domain: "example.co.uk" }));
    assert.match(words, /^domain: browsers send the session cookie to every host name below example\.co\.uk,/);
    assert.match(words, /a domain that nothing else uses/);
    assert.match(words, /\n {4}pulumi config set domain lab\.example\.co\.uk && pulumi config set proxied false$/);
  });

  it("appears for a registered domain whose names resolve to the machine itself", () => {
    assert.match(
      String(cookie({ ...straight, domain: "example.com" })),
      /\n {4}pulumi config set domain lab\.example\.com$/,
    );
  });

  it("says for target local that programs on this machine receive it", () => {
    assert.match(
      String(cookie({ domain: "lab.localhost" })),
      /every host name below lab\.localhost, on every port of this machine/,
    );
  });

  it("is absent for a domain below a label of its own", () => {
    assert.equal(cookie({ ...straight, domain: "lab.example.com" }), undefined);
    assert.equal(cookie({ target: "gcp", dns: "none", domain: "lab.example.com" }), undefined);
  });
});

describe("The notice about how long the first run takes", () => {
  it("appears for the free VM, whose disks are slow", () => {
    const words = String(firstUpNotice(gcpWith({ bootDiskGb: 10, dataDiskGb: 20 })));
    assert.match(
      words,
      /^machineType: .* about 40 minutes on an e2-micro\. .*4\.6 GB, and disks of 30 GB write about 3\.6 MiB and read about 22 times a second.* ten minutes .*\n {4}pulumi config set image minimal-notebook$/s,
    );
    assert.match(String(firstUpNotice(gcpWith({ bootDiskGb: 10, dataDiskGb: 90 }))), /about 20 minutes .* 100 GB/);
    assert.equal(firstUpNotice(gcpWith({ machineType: "e2-standard-2" })), undefined);
  });
});

describe("The notice about an image with known vulnerabilities", () => {
  const tag = (imageTag: string, image = "scipy-notebook") => tagNotice(settingsWith({ imageTag, image }));

  it("names a tag older than the fixes, and the command that sets a newer one", () => {
    for (const old of ["2024-01-15", "2026-07-21"]) {
      assert.match(
        String(tag(old)),
        new RegExp(`^imageTag: the images of ${old} have a JupyterLab older than 4\\.6\\.2`),
      );
      const [, newer = ""] = /\n {4}pulumi config set imageTag (.+)$/.exec(String(tag(old))) ?? [];
      assert.equal(tag(newer), undefined);
    }
  });

  it("is absent for newer tags, and for the user's own image, whose tags tell nothing", () => {
    assert.equal(tag(SAFE_SINCE), undefined);
    assert.equal(tag("2027-01-01"), undefined);
    assert.equal(tag("2024-01-15", "registry.example.com/lab"), undefined);
  });

  it("is absent for the project's default settings", () => {
    for (const stack of ["local", "dev"]) {
      const { settings } = readSettings(configOf("jupyter-up", pulumiConfig(stackConfig(stack))));
      assert.ok(settings);
      assert.equal(tagNotice(settings), undefined);
    }
  });
});
