import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { appendFileSync, globSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import type { Bundle } from "../../../files/release/bundle.ts";
import { report } from "../../../scripts/status/report.ts";
import { run } from "../../support/command.ts";
import { testHost } from "../../support/host.ts";
import { imageMirror, pullImages } from "../../support/images.ts";
import { releaseText } from "../../support/release.ts";
import { type RunningSite, runningSite } from "../../support/runningSite.ts";
import { serviceOf, siteWith } from "../../support/site.ts";
import { type SystemdHost, systemdHost } from "../../support/systemdHost.ts";

const { reference: nginx } = serviceOf(siteWith({ settings: { imageMirror } }), "nginx").image;
const skip = process.getuid?.() !== 0 && "only root can boot a machine";

const AGAIN = "pulumi up --replace '**site-release'";
const WITH_SECRETS = "pulumi up --replace '**site-secrets' --replace '**site-release'";

interface Found {
  release: string;
  changes: { kind: string; name: string; what: string; fix: string }[];
}

async function docker(...words: string[]): Promise<void> {
  const { code, output } = await run("docker", words);
  assert.equal(code, 0, output);
}

(skip ? describe.skip : describe)("site-apply verify, on a machine with systemd,", () => {
  let host: SystemdHost;
  let site: RunningSite;
  let bundle: Bundle;
  const changes = { settings: { history: { every: 15 } }, layout: { systemd: true } };
  const by = (service: string) => `${site.project}-${service}-1`;
  const stranger = `status-stranger-${randomUUID().slice(0, 8)}`;
  const file = (pattern: string) => {
    const [path = ""] = globSync(`${host.layout.root}/${pattern}`);
    assert.notEqual(path, "", pattern);
    return path;
  };
  const systemctl = async (...words: string[]) =>
    assert.deepEqual(await host.run("systemctl", ...words), { code: 0, output: "" });

  beforeAll(async () => {
    host = await systemdHost();
    site = runningSite(["nginx", "vouch"], host);
    mkdirSync(`${host.folder}/notebooks`);
    await docker("network", "create", stranger);
    bundle = await site.bundle(changes);
    const { code, output } = await releaseAgain();
    assert.equal(code, 0, output);
  });
  afterAll(async () => {
    await run("docker", ["rm", "--force", `${stranger}-1`, `${stranger}-2`]);
    await host.apply(["down", site.project]);
    host.remove();
    await run("docker", ["network", "rm", stranger]);
  });

  /** What `pulumi up` does with the options that verify names. */
  async function releaseAgain() {
    assert.deepEqual(await host.apply("secrets", bundle.secrets), { code: 0, output: "" });
    return host.apply("release", bundle.release);
  }

  async function verify(): Promise<Found & { code: number }> {
    const { code, output } = await host.apply(["verify", "--json"]);
    return { code, ...JSON.parse(output) };
  }

  it("finds nothing after a release", async () => {
    const { code, output } = await host.apply("verify");
    assert.match(output, /^Nothing was changed since release [0-9a-f]{12}\.\n$/);
    assert.equal(code, 0);
  });

  /** Each thing that is changed by hand, with what is said about it. */
  const rows: [change: () => Promise<void> | void, kind: string, what: () => RegExp, fix?: string | RegExp][] = [
    [
      () => appendFileSync(file("files/nginx/*/nginx.conf"), "# by hand\n"),
      "file",
      () => /^The file \S+\/files\/nginx\/[0-9a-f]{12}\/nginx\.conf was changed\.$/,
    ],
    [
      () => writeFileSync(`${file("files/nginx/*/hosts")}/more.conf`, "# by hand\n"),
      "file",
      () => /\/hosts\/more\.conf was added\.$/,
    ],
    [() => rmSync(file("files/nginx/*/pages/*.html")), "file", () => /\/pages\/[-a-z]+\.html was removed\.$/],
    [
      () => appendFileSync(file("secrets/vouch/*/config.yml"), "# by hand\n"),
      "file",
      () => /\/secrets\/vouch\/\S+\/config\.yml was changed\.$/,
      WITH_SECRETS,
    ],
    [
      () => appendFileSync(file("current/compose.yaml"), "# by hand\n"),
      "file",
      () => /\/releases\/[0-9a-f]{12}\/compose\.yaml was changed\.$/,
    ],
    [
      () => docker("update", "--restart", "no", by("nginx")),
      "container",
      () => /^The restart policy of nginx is 'no', not 'unless-stopped'\.$/,
    ],
    [
      () => docker("update", "--memory", "200m", "--memory-swap", "400m", by("nginx")),
      "container",
      () => /^The memory limit of nginx is 200 MiB, not 256 MiB\.$/,
    ],
    [
      () => docker("network", "disconnect", `${site.project}_sign-in`, by("vouch")),
      "container",
      () => /^vouch was taken off the network \S+_sign-in\.$/,
    ],
    [
      () => docker("network", "connect", stranger, by("nginx")),
      "container",
      () => new RegExp(`^nginx was connected to the network ${stranger}\\.$`),
    ],
    [() => docker("stop", by("vouch")), "container", () => /^The container of vouch does not run \(exited\)\.$/],
    [
      () => {
        const labels = ["project", "service"].map((key) => `com.docker.compose.${key}`);
        const [project, service] = labels.map((label, index) => `${label}=${[site.project, "other"][index]}`);
        return docker(
          ...["run", "--detach", "--name", `${stranger}-1`, "--label", `${project}`, "--label", `${service}`],
          ...["--entrypoint", "sleep", nginx, "1000"],
        );
      },
      "container",
      () => new RegExp(`^The container ${stranger}-1 belongs to no service of the release\\.$`),
      `on the machine: docker rm --force ${stranger}-1`,
    ],
    [
      () =>
        docker(
          ...["run", "--detach", "--name", `${stranger}-2`, "--network", `${site.project}_jupyter`],
          ...["--entrypoint", "sleep", nginx, "1000"],
        ),
      "network",
      () => new RegExp(`^The container ${stranger}-2, which is not the site's, is on the network \\S+_jupyter\\.$`),
      /^on the machine: docker network disconnect \S+_jupyter status-stranger-\w+-2$/,
    ],
    [
      () => systemctl("stop", `${site.project}-history.timer`),
      "timer",
      () => /^The timer \S+-history\.timer was stopped\.$/,
    ],
    [
      async () => void (await host.run("systemctl", "disable", "--quiet", `${site.project}-history.timer`)),
      "timer",
      () => /^The timer \S+-history\.timer is not enabled: it will not start after a reboot\.$/,
    ],
    [
      async () => {
        const unit = `/etc/systemd/system/${site.project}-history.service`;
        await host.run("sh", "-c", `echo '# by hand' >>${unit}`);
      },
      "timer",
      () => /^The systemd unit \S+-history\.service was changed or removed\.$/,
    ],
  ];

  it("names each thing that was changed by hand, with the command that restores it", async () => {
    let before: string[] = [];
    for (const [change, kind, what, fix = AGAIN] of rows) {
      await change();
      const { code, changes } = await verify();
      assert.equal(code, 3);
      const added = changes.filter((each) => !before.includes(each.what));
      assert.deepEqual(
        added.map((each) => each.kind),
        [kind],
        JSON.stringify(added),
      );
      assert.match(added[0]?.what ?? "", what());
      if (typeof fix === "string") assert.equal(added[0]?.fix, fix);
      else assert.match(added[0]?.fix ?? "", fix);
      before = changes.map((each) => each.what);
    }
    assert.equal(before.length, rows.length);
    const { output } = await host.apply("verify");
    assert.equal(output.split(AGAIN).length - 1, 1);
  });

  it("finds nothing after the commands that it names, and nginx has read its files again", async () => {
    const { changes: found } = await verify();
    const { code, output } = await releaseAgain();
    assert.equal(code, 0, output);
    assert.match(output, /^vouch: is recreated, because its networks were changed by hand$/m);
    for (const { fix } of found.filter(({ fix }) => fix.startsWith("on the machine: ")))
      await run("sh", ["-c", fix.slice("on the machine: ".length)]);
    assert.deepEqual((await verify()).changes, []);
    const { output: used } = await site.exec("nginx", ["nginx", "-c", "/site/current/nginx.conf", "-T"]);
    assert.doesNotMatch(used, /by hand/);
  });

  it("is part of the status, which a timer writes for the front page", async () => {
    const timer = `${site.project}-status.timer`;
    assert.deepEqual(await host.run("systemctl", "is-enabled", timer), { code: 0, output: "enabled\n" });
    const inNginx = async (path: string) => (await site.exec("nginx", ["cat", `/notices/${path}`])).output;
    const renew = async () => {
      await host.run("systemctl", "start", timer.replace(/timer$/, "service"));
      return report.parse(JSON.parse(await inNginx("status.json")));
    };
    const found = await renew();
    assert.deepEqual(found.changes, []);
    assert.deepEqual(
      found.services.map(({ name, state }) => [name, state]),
      [
        ["nginx", "running"],
        ["vouch", "running"],
      ],
    );
    assert.ok(Date.parse(found.certificate?.expires ?? "") > Date.now());
    const more = (count: number) => (count === 0 ? "" : count === 1 ? "One thing needs" : `${count} things need`);
    const others = found.concerns.filter(({ about }) => about !== "backup").length;
    assert.match(await inNginx("owner"), new RegExp(`^${more(others)}`));
    await docker("update", "--restart", "no", by("nginx"));
    const [concern] = (await renew()).concerns.filter(({ about }) => about === "container");
    assert.deepEqual(concern, {
      about: "container",
      what: "The restart policy of nginx is 'no', not 'unless-stopped'.",
      fix: AGAIN,
    });
    assert.match(await inNginx("owner"), new RegExp(`^${more(others + 1)}`));
    assert.match(await inNginx("status"), /The restart policy of nginx is &#x27;no&#x27;/);
    assert.equal((await releaseAgain()).code, 0);
  });

  it("costs less than half a percent of a core", async () => {
    const status = `sh '${host.layout.root}/bin/site-apply' status >/dev/null`;
    const { output } = await host.run("bash", "-c", `TIMEFORMAT='%U %S'; time ${status}`);
    const seconds = (output.match(/[\d.]+/g) ?? []).map(Number).reduce((sum, each) => sum + each, 0);
    // Every 15 minutes.
    assert.ok(seconds > 0 && seconds < 0.005 * 15 * 60, output);
  });

  it("recreates a container whose secret files had been changed", async () => {
    const before = await site.container("vouch");
    appendFileSync(file("secrets/vouch/*/config.yml"), "# by hand\n");
    const { code, output } = await releaseAgain();
    assert.equal(code, 0, output);
    assert.match(output, /^vouch: is recreated, because its files had been changed by hand$/m);
    assert.notEqual(await site.container("vouch"), before);
    // Only once.
    assert.match((await releaseAgain()).output, /^vouch: keeps running$/m);
  });
});

describe("site-apply verify", () => {
  const project = `jupyter-up-rendered-${randomUUID().slice(0, 8)}`;
  const image = `${project}:1`;
  const host = testHost();
  beforeAll(async () => {
    await pullImages([nginx]);
    await docker("tag", nginx, image);
    const services = {
      web: { image, entrypoint: ["sleep", "1000"], stop_signal: "SIGKILL", network_mode: "none" },
      "web-check": { image, entrypoint: ["true"], profiles: ["check"], network_mode: "none" },
    };
    const manifest = { release: "one", project, images: [{ reference: image, size_mib: 1 }] };
    const { code, output } = await host.apply("release", releaseText(manifest, `${JSON.stringify({ services })}\n`));
    assert.equal(code, 0, output);
  });
  afterAll(async () => {
    await host.apply(["down", project]);
    await run("docker", ["image", "rm", image]);
    host.remove();
  });

  it("names an image whose tag was moved by hand, and a container that was created from it", async () => {
    assert.equal((await host.apply("verify")).code, 0);
    const made = await run("docker", ["commit", `${project}-web-1`, image]);
    assert.equal(made.code, 0, made.output);
    const moved = await host.apply("verify");
    assert.equal(moved.code, 3);
    assert.equal(
      moved.output,
      `The tag ${image} names another image than at the release.\n    on the machine: docker pull ${image}; then: ${AGAIN}\n`,
    );
    const compose = ["compose", "--project-name", project, "--file", `${host.layout.root}/current/compose.yaml`];
    await docker(...compose, "up", "--detach", "--pull", "never");
    assert.match((await host.apply("verify")).output, /^The container of web runs another image than the release\.$/m);
  });

  it("does not compare while a release is running", async () => {
    await run("sh", [
      "-c",
      `ln -s $$-$(cut -d' ' -f22 /proc/$$/stat) '${host.layout.root}/lock'; '${host.layout.root}/bin/site-apply' verify >'${host.folder}/said' 2>&1; echo $? >>'${host.folder}/said'; rm '${host.layout.root}/lock'`,
    ]);
    assert.equal(
      host.read("../said"),
      "A release is running on this machine. Wait until it ends, and verify again.\n1\n",
    );
  });

  it("says that no site runs here", async () => {
    const empty = testHost();
    assert.deepEqual(await empty.apply("verify"), { code: 1, output: "No site runs here.\n" });
    empty.remove();
  });
});
