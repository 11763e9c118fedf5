import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import { SAFE_SINCE } from "../../../settings/holes.ts";
import { endingKeysNotice } from "../../../settings/keys.ts";
import { firstUpNotice, tagNotice } from "../../../settings/notices.ts";
import { configOf, readSettings } from "../../../settings/read.ts";
import { pulumiConfig, stackConfig } from "../../support/projectFile.ts";
import { gcpWith, settingsWith } from "../../support/settings.ts";

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

describe("The notice about keys", () => {
  const keys = ["2099-12-31", "2099-11-30"].map((until, index) => ({
    name: `key-${index}`,
    for: "ann@example.com",
    until,
  }));
  const notice = (day: string) => endingKeysNotice(settingsWith({ keys }).keys, Date.parse(`${day}T12:00:00Z`));

  it("names those that end within two weeks, with the command that extends them", () => {
    assert.equal(notice("2099-11-16"), undefined);
    assert.match(
      String(notice("2099-11-17")),
      /^keys: key-1 ends after 2099-11-30\. To extend it:\n {4}pulumi config set --path 'keys\[1\]\.until' --type string \d{4}-\d\d-\d\d$/,
    );
    assert.match(String(notice("2099-12-20")), /key-0 ends after 2099-12-31/);
  });
});
