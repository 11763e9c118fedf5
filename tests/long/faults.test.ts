import assert from "node:assert/strict";
import {
  chmodSync,
  cpSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import type { Ended } from "../support/command.ts";
import { ENGINE_STOPPED, FaultySite, KILLED, ONCE } from "../support/faultySite.ts";
import { imageMirror, pullImages } from "../support/images.ts";
import { serviceOf, siteWith } from "../support/site.ts";
import { type SmallDisk, smallDisk } from "../support/smallDisk.ts";

const { reference: image } = serviceOf(siteWith({ settings: { imageMirror } }), "nginx").image;
const NO_IMAGE = "127.0.0.1:9/no/such:1";

/** A fault during the release of a new version, or before it. */
interface Fault {
  /** Runs the faulty release. old: the version that runs; next: the one that is released. */
  run(site: FaultySite, next: string, old: string): Promise<Ended>;
  /** What runs afterwards. Default: the old site. "whole": the old or the new one. "any": a run that was killed while Docker changed the site may leave both. */
  leaves?: "old" | "new" | "whole" | "any";
  /** The message. Absent for a run that was killed, which says nothing. */
  says?: RegExp;
  /** Ends the fault before the next release. */
  ends?(site: FaultySite): unknown;
}

/** Runs a command of Docker as usual, then is killed. */
const KILLED_AFTER = '"$real" "$@"; kill -9 $PPID; exit 1';
const faulty = (when: string, instead: string, says?: RegExp, leaves?: Fault["leaves"]): Fault => ({
  run: (site, next) => site.release(next, {}, site.faulty(when, instead)),
  ...(says ? { says } : {}),
  ...(leaves ? { leaves } : {}),
});
/** Something is broken before the release, which works all the same. */
const before = (breaks: (site: FaultySite, old: string) => unknown): Fault => ({
  async run(site, next, old) {
    await breaks(site, old);
    return site.release(next);
  },
  leaves: "new",
});

const faults: Record<string, Fault> = {
  "the engine stops before the release": faulty("1+", ENGINE_STOPPED, /engine does not run\. Start it: sudo systemctl/),
  "the engine stops while containers are listed": faulty(
    "'ps '*",
    ENGINE_STOPPED,
    /Docker did not answer .* run pulumi up again/,
  ),
  "the engine stops in the pull": {
    run: (site, next) => site.release(next, { image: NO_IMAGE }, site.faulty("'pull '*", ENGINE_STOPPED)),
    says: /could not be pulled\. Nothing was changed\..*Docker says: Cannot connect/,
  },
  "the engine stops while files are checked": faulty(
    "*' run --rm '*",
    ENGINE_STOPPED,
    /Docker could not start web to check its files\. Nothing/,
  ),
  "the engine stops in up, and is back for the rollback": faulty(
    "*' up '*",
    `${ONCE}\n${ENGINE_STOPPED}`,
    /could not be started\. Docker says: Cannot connect[\s\S]*was put back and is running/,
  ),
  "the engine stops when the containers have started": faulty(
    "'inspect '*|'version '*|'logs '*",
    ENGINE_STOPPED,
    /Docker did not answer \(docker version/,
    "any",
  ),
  "the image has a tag that does not exist": {
    run: (site, next) => site.release(next, { image: NO_IMAGE }),
    says: /The image 127\.0\.0\.1:9\/no\/such:1 could not be pulled\. Nothing was changed\. Check its name and tag/,
  },
  "the image exits": {
    run: (site, next) => site.release(next, { web: "echo it broke >&2; exit 3" }),
    says: /web stopped by itself\. Last lines of its log:\n {4}it broke\n[\s\S]*The previous release \(\w+\) was put back and is running\. Fix the cause above, and run pulumi up again\./,
  },
  "the program of the image does not exist": {
    run: (site, next) => site.release(next, { web: "exec /no/such/program" }),
    says: /web stopped by itself\. Last lines of its log:\n[\s\S]*no\/such\/program[\s\S]*was put back and is running/,
  },
  "a service never becomes healthy": {
    run: (site, next) => site.release(next, { web: "echo still busy; exec sleep 1000" }),
    says: /web does not answer after \d seconds\. Last lines of its log:\n {4}still busy\n[\s\S]*was put back and is running/,
  },
  "the front door does not answer (an app with the wrong port)": {
    run: (site, next) =>
      site.release(next, {
        manifest: { services: [{ name: "web", smoke_test: ["test", "-e", "/no/such/answer"] }, { name: "side" }] },
      }),
    says: /the site does not answer at its own front door \(web: test -e \/no\/such\/answer\)[\s\S]*was put back and is running/,
  },
  "a command of the release fails": {
    run: (site, next) =>
      site.release(next, {
        manifest: { services: [{ name: "web", prepare: [["sh", "-c", "echo no >&2; exit 7"]] }, { name: "side" }] },
      }),
    says: /web says: no\n.*failed with exit code 7\.\n[\s\S]*was put back and is running/,
  },
  "another program has the port": {
    async run(site, next) {
      const server = createServer();
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      const { port } = server.address() as { port: number };
      try {
        return await site.release(next, { manifest: { ports: [{ address: "127.0.0.1", port, setting: "port" }] } });
      } finally {
        server.close();
      }
    },
    says: /Port \d+ is taken on this machine, by .* Nothing was changed\. Stop it/,
  },
  "the bundle is cut in a line": {
    run: (site, next) => site.host.apply("release", site.text(next).slice(0, 300)),
    says: /^The release is incomplete \(.+\)\. Nothing was changed\. Run pulumi up again\./,
  },
  "the bundle is cut between two files": {
    run: (site, next) => site.host.apply("release", site.text(next).replace(/^end .*\n/m, "")),
    says: /^The release is incomplete \(the end is missing\)/,
  },
  "nothing arrives": {
    run: (site) => site.host.apply("release", ""),
    says: /^The release is incomplete/,
  },
  "the release is of a newer version of the program": {
    run: (site, next) => site.host.apply("release", site.text(next).replace('"version": 1', '"version": 9')),
    says: /has version 9, but this program supports version 1/,
  },
  "two releases at once": {
    async run(site, next, old) {
      // The later one counts.
      const first = site.release(old);
      await new Promise((resolve) => setTimeout(resolve, 300));
      const second = await site.release(next);
      assert.equal((await first).code, 0);
      return second;
    },
    leaves: "new",
  },
  "a release that was killed left its lock": before((site) => {
    symlinkSync("4194305-1", `${site.root}/lock`);
    writeFileSync(`${site.root}/lock.holder`, "4194305 release by ann since 2026-11-28 21:03:05 UTC\n");
  }),
  "a release that was killed left its incoming files": before((site) => {
    mkdirSync(`${site.root}/incoming/web`, { recursive: true });
    writeFileSync(`${site.root}/incoming/compose.yaml`, "half");
  }),
  "the clock went back a year": before((site) => {
    const later = new Date(Date.now() + 365 * 24 * 3600 * 1000);
    for (const path of readdirSync(site.root, { recursive: true, encoding: "utf8" }))
      if (!/current|previous/.test(path)) utimesSync(`${site.root}/${path}`, later, later);
  }),
  "the link current leads to nowhere": before((site) => {
    rmSync(`${site.root}/current`);
    symlinkSync("releases/none", `${site.root}/current`);
  }),
  "the link current is missing": before((site) => rmSync(`${site.root}/current`)),
  "the link previous leads to nowhere": before((site) => {
    rmSync(`${site.root}/previous`, { force: true });
    symlinkSync("releases/none", `${site.root}/previous`);
  }),
  "all stored releases are missing": before((site) => rmSync(`${site.root}/releases`, { recursive: true })),
  "the list of releases is damaged": before((site) =>
    writeFileSync(`${site.root}/releases/kept.json`, '{"releases": [{"rel'),
  ),
  "the log cannot be written": before((site) => {
    rmSync(`${site.root}/site-apply.log`, { force: true });
    mkdirSync(`${site.root}/site-apply.log`);
  }),
  "the compiled program is damaged": before((site) => {
    writeFileSync(`${site.root}/bin/site-apply.compiled`, "half");
    chmodSync(`${site.root}/bin/site-apply.compiled`, 0o600);
  }),
  "a container was removed by hand": before((site) => site.docker("rm", "--force", `${site.project}-web-1`)),
  "a container was stopped by hand": before((site) => site.docker("stop", `${site.project}-side-1`)),
  "a container was paused by hand": before((site) => site.docker("pause", `${site.project}-side-1`)),
  "all containers were removed by hand": before((site) =>
    site.docker("rm", "--force", `${site.project}-web-1`, `${site.project}-side-1`),
  ),
  "the network is gone": before(async (site) => {
    await site.docker("rm", "--force", `${site.project}-web-1`, `${site.project}-side-1`);
    await site.docker("network", "rm", `${site.project}_inner`);
  }),
  "a container was taken off its network": before((site) =>
    site.docker("network", "disconnect", "--force", `${site.project}_inner`, `${site.project}-web-1`),
  ),
  "another container has a name of the site": before(async (site) => {
    await site.docker("rm", "--force", `${site.project}-web-1`);
    const labels = ["project", "service", "oneoff", "container-number"].flatMap((key, at) => [
      "--label",
      `com.docker.compose.${key}=${[site.project, "web", "False", "1"][at]}`,
    ]);
    await site.docker("create", "--name", `0123456789ab_${site.project}-web-1`, ...labels, image);
  }),
  "the machine restarts in the middle of up": {
    async run(site, next) {
      const killed = await site.release(next, {}, site.faulty("*' up '*", KILLED_AFTER));
      await site.docker("kill", `${site.project}-web-1`, `${site.project}-side-1`);
      return killed;
    },
    leaves: "any",
  },
  "killed while Docker recreates containers": faulty(
    "*' up '*",
    '"$real" "$@" & sleep 0.4; kill -9 $PPID; wait; exit 1',
    undefined,
    "any",
  ),
  "killed after containers were started": faulty("*' up '*", KILLED_AFTER, undefined, "new"),
  "killed in the rollback of a release whose image exits": {
    run: (site, next) => site.release(next, { web: "exit 3" }, site.faulty("'logs '*", KILLED)),
    leaves: "any",
  },
  "killed while a rollback recreates containers": {
    async run(site, next) {
      await site.release(next);
      const earlier = readlinkSync(`${site.root}/previous`).replace("releases/", "");
      return site.host.apply(["rollback", "--to", earlier], "", site.faulty("*' up '*", KILLED_AFTER));
    },
    leaves: "any",
  },
  "a rollback to a release that does not start": {
    async run(site, next, old) {
      await site.release(next);
      const file = `${site.root}/releases/${old}/compose.yaml`;
      writeFileSync(file, site.host.read(`releases/${old}/compose.yaml`).replace("touch /tmp/ready", "exit 3"));
      return site.host.apply(["rollback", "--to", old]);
    },
    leaves: "new",
    says: /web stopped by itself\.[\s\S]*The previous release \(\w+\) was put back and is running/,
  },
};

/** The disk of the site's folder becomes full at a Docker command. */
const full = (when: string, says: RegExp, leaves: Fault["leaves"] = "whole"): Fault => ({
  ...faulty(when, 'dd if=/dev/zero of="$DISK/.filler" bs=4k status=none 2>/dev/null; sync -f "$DISK"', says, leaves),
  ends: (site) => rmSync(`${site.root}/.filler`, { force: true }),
});
const fullDisk: Record<string, Fault> = {
  "the disk is full before the release": full(
    "'context '*",
    /^The release could not be written|^The disk is full|^No symbolic link/m,
    "old",
  ),
  "the disk is full while compose.yaml is read": full("*' config --format '*", /disk/),
  "the disk is full while files are checked": full("*' run --rm '*", /disk/),
  "the disk is full before the switch": full("*' config --hash '*", /disk/),
  "the disk is full in up": full("*' up '*", /disk/),
  "the disk is full while the service prepares": full("'exec '*", /disk/),
};

/** A row of the printed table. */
interface Row {
  fault: string;
  code: number | null;
  leaves: string;
}

async function released(site: FaultySite, version: string): Promise<void> {
  const { code, output } = await site.release(version);
  assert.equal(code, 0, output);
  assert.equal(await site.runs(), version);
}

class Faults {
  readonly rows: Row[] = [];
  versions = ["a", "b"];
  readonly site: FaultySite;

  constructor(site: FaultySite) {
    this.site = site;
  }

  /** Lets a fault happen, checks what runs, and releases again. */
  async happens(name: string, { run, leaves = "old", says, ends }: Fault): Promise<void> {
    const { site } = this;
    const [old = "", next = ""] = this.versions;
    // After the first row, it runs already.
    if ((await site.runs()) !== old) await released(site, old);
    const { code, output } = await run(site, next, old);
    const runs = await site.runs();
    await ends?.(site);
    const found = { [old]: "old", [next]: "new" }[runs] ?? runs;
    if (says) assert.match(output, says);
    // A run says what is wrong, is killed, or succeeds.
    if (leaves === "old" || leaves === "new") {
      assert.equal(code === 0, leaves === "new" && !says && code !== null, output);
      assert.equal(found, leaves, output);
    }
    if (leaves === "whole") assert.match(found, /^(old|new)$/, output);
    await released(site, next);
    assert.equal(readlinkSync(`${site.root}/current`), `releases/${next}`);
    assert.deepEqual(
      readdirSync(site.root).filter((entry) => /^(lock|incoming)/.test(entry)),
      [],
    );
    assert.equal((await site.host.apply("check")).code, 0);
    this.rows.push({ fault: name, code, leaves: found });
    this.versions = [next, old];
  }

  print(): void {
    const width = Math.max(...this.rows.map(({ fault }) => fault.length));
    const lines = this.rows.map(
      ({ fault, code, leaves }) => `${fault.padEnd(width)}  ${String(code ?? "-").padStart(4)}  ${leaves}`,
    );
    console.log(
      [`${"fault".padEnd(width)}  code  what runs; the next pulumi up made all of them new`, ...lines].join("\n"),
    );
  }
}

describe("A fault during a release leaves the old or the new site, and the next `pulumi up` completes it:", () => {
  let table: Faults;
  beforeAll(async () => {
    await pullImages([image]);
    table = new Faults(new FaultySite(image));
  });
  afterAll(async () => {
    await table?.site.remove();
    table?.print();
  });

  for (const [name, fault] of Object.entries(faults)) it(name, () => table.happens(name, fault));

  it("killed before each Docker command", async () => {
    const [old = "", next = ""] = table.versions;
    assert.equal((await table.site.release(old)).code, 0);
    assert.equal((await table.site.release(next, {}, table.site.faulty("0", ":"))).code, 0);
    const asked = table.site.asked();
    assert.ok(asked.length > 15, asked.join("\n"));
    table.versions = [next, old];
    const up = asked.findIndex((words) => words.includes(" up "));
    for (const [at, words] of asked.entries()) {
      const name = `killed before command ${at + 1}: docker ${words.replace(/--\S+ \S*jupyter-up\S* ?/g, "").slice(0, 50)}`;
      await table.happens(name, faulty(`${at + 1}`, KILLED, undefined, at > up ? "new" : "old"));
    }
  }, 900_000);
});

const skip = process.getuid?.() !== 0 && "only root can mount a disk";

(skip ? describe.skip : describe)("A disk that becomes full during a release leaves a whole site, too:", () => {
  let table: Faults;
  let disk: SmallDisk;
  beforeAll(async () => {
    await pullImages([image]);
    const site = new FaultySite(image);
    table = new Faults(site);
    renameSync(site.root, `${site.root}.before`);
    disk = await smallDisk(site.root, 200);
    cpSync(`${site.root}.before`, site.root, { recursive: true });
    process.env.DISK = site.root;
  });
  afterAll(async () => {
    await table?.site.host.apply(["down", table.site.project]);
    await disk?.remove();
    table?.site.host.remove();
    table?.print();
  });

  for (const [name, fault] of Object.entries(fullDisk)) it(name, () => table.happens(name, fault));
});
