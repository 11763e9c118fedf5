import assert from "node:assert/strict";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { describe, it } from "@jest/globals";
import { bundleOf } from "../../files/release/bundle.ts";
import { run } from "../support/command.ts";
import { secrets, siteWith } from "../support/site.ts";
import { unpack } from "../support/unpack.ts";

const analyze = "/usr/bin/systemd-analyze";
const skip = !existsSync(analyze) && "systemd is not installed here";

(skip ? describe.skip : describe)(
  "systemd takes the units made for a site that gets its own certificate, keeps a history and reboots",
  () => {
    const settings = {
      target: "gcp",
      proxied: "false",
      acmeEmail: "ann@example.com",
      history: { every: 15 },
      timezone: "Asia/Kathmandu",
    };

    for (const [name, below] of [
      ["below a plain folder", "site"],
      ["below a folder with an odd name", "50% of $HOME"],
    ] as const)
      it(name, async () => {
        const folder = mkdtempSync(`${tmpdir()}/jupyter-up-units-`);
        try {
          const root = `${folder}/${below}`;
          // The programs to start must exist.
          mkdirSync(`${root}/bin`, { recursive: true });
          writeFileSync(`${root}/bin/site-apply`, "#!/bin/sh\n");
          chmodSync(`${root}/bin/site-apply`, 0o755);
          const { files } = unpack(bundleOf(siteWith({ settings, layout: { root, systemd: true } }), secrets).release);
          const units = Object.entries(files).filter(([path]) => /\.(service|timer)$/.test(path));
          assert.equal(units.length, 10);
          const paths = units.map(([path, { content }]) => {
            const unit = `${folder}/${path.replace(/^.*\//, "")}`;
            writeFileSync(unit, content);
            return unit;
          });
          const { code, output } = await run(analyze, ["verify", "--man=no", ...paths]);
          const ofOurs = output
            .split("\n")
            .filter((line) => /(certificate|history|status|reboot|rebooted)\./.test(line));
          assert.deepEqual({ code, ofOurs }, { code: 0, ofOurs: [] }, output);
        } finally {
          rmSync(folder, { recursive: true, force: true });
        }
      });
  },
);
