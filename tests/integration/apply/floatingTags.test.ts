import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { afterAll, afterEach, beforeAll, beforeEach, describe, it } from "@jest/globals";
import { debianRelease } from "../../../offline/setup/environment.ts";
import { registryAddress, type Stop, startRegistry } from "../../../offline/setup/registry.ts";
import { run } from "../../support/command.ts";
import { type TestHost, testHost } from "../../support/host.ts";
import { imageMirror, pullImages } from "../../support/images.ts";
import { releaseText } from "../../support/release.ts";
import { serviceOf, siteWith } from "../../support/site.ts";
import { withoutSteps } from "../../support/steps.ts";

const { reference: nginx } = serviceOf(siteWith({ settings: { imageMirror } }), "nginx").image;
const debian = debianRelease();

(debian ? describe : describe.skip)("A tag that moves, at a release,", () => {
  const project = `jupyter-up-rendered-${randomUUID().slice(0, 8)}`;
  const repository = `${registryAddress}/tests/${project}`;
  const tag = `${repository}:1`;
  let stop: Stop;
  let host: TestHost;

  beforeAll(async () => {
    if (debian) stop = await startRegistry(debian, () => {});
    await pullImages([nginx]);
  });
  beforeEach(async () => {
    host = testHost();
    await push("1.0");
  });
  afterEach(async () => {
    await host.apply(["down", project]);
    host.remove();
    const { output } = await run("docker", ["image", "ls", "--all", "--quiet", "--filter", `reference=${repository}`]);
    for (const id of new Set(output.split("\n").filter(Boolean))) await run("docker", ["image", "rm", "--force", id]);
  });
  afterAll(() => stop?.());

  /** Points the registry's tag to an image of that version, without the tag in this machine's engine. */
  async function push(version: string, command = "touch /tmp/started; sleep 1000"): Promise<void> {
    const { output } = await run("docker", ["create", nginx]);
    const changes = [`LABEL org.opencontainers.image.version=${version}`, `ENTRYPOINT ${command}`];
    const words = changes.flatMap((change) => ["--change", change]);
    const made = `${repository}:made`;
    const held = await run("docker", ["image", "inspect", "--format", "{{.Id}}", tag]);
    const committed = await run("docker", ["commit", ...words, output.trim(), made]);
    assert.equal(committed.code, 0, committed.output);
    await run("docker", ["rm", output.trim()]);
    await run("docker", ["tag", made, tag]);
    const pushed = await run("docker", ["push", "--quiet", tag]);
    assert.equal(pushed.code, 0, pushed.output);
    await run("docker", held.code === 0 ? ["tag", held.output.trim(), tag] : ["image", "rm", tag]);
    await run("docker", ["image", "rm", made]);
  }
  /** A site with one service whose tag moves, and another service. */
  function release(
    id: string,
    { pin = "pulumi config set app {version}@{digest}", image = tag, mib = 1 } = {},
  ): string {
    const services = {
      moves: { image, stop_signal: "SIGKILL" },
      stays: { image: nginx, entrypoint: ["sleep", "1000"], stop_signal: "SIGKILL" },
    };
    const started = { service: "moves", succeeds: ["test", "-e", "/tmp/started"] };
    return releaseText(
      {
        release: id,
        project,
        images: [
          { reference: nginx, size_mib: 1 },
          { reference: image, size_mib: mib, pin },
        ],
        services: [{ name: "moves", readiness_probe: started }],
      },
      `${JSON.stringify({ services })}\n`,
    );
  }
  async function released(...args: Parameters<typeof release>): Promise<string> {
    const { code, output } = await host.apply("release", release(...args));
    assert.equal(code, 0, output);
    return withoutSteps(output);
  }
  const containerOf = async (service: string) => {
    const { code, output } = await run("docker", ["inspect", "--format", "{{.Id}}", `${project}-${service}-1`]);
    assert.equal(code, 0, output);
    return output.trim();
  };
  const inspect = async (kind: string, name: string, format: string) =>
    (await run("docker", [kind, "inspect", "--format", format, name])).output.trim();
  const VERSION = '{{index .Config.Labels "org.opencontainers.image.version"}}';
  /** The running version, and the version of the tag on this machine. */
  const versions = async () => [
    await inspect("container", `${project}-moves-1`, `${VERSION} {{.State.Status}}`),
    await inspect("image", tag, VERSION),
  ];

  it("is updated to the registry's image, and no other service gets a new container", async () => {
    assert.match(await released("one"), /^Pulling .+\nmoves: starts\nstays: starts\nRelease one is running\.\n$/);
    const stays = await containerOf("stays");
    const old = await inspect("image", tag, "{{.Id}}");
    assert.equal(await released("one"), "moves: keeps running\nstays: keeps running\nRelease one is running.\n");
    await push("1.1");
    const output = await released("one");
    const sum = "sha256:[0-9a-f]{12}";
    assert.match(
      output,
      new RegExp(
        `^${tag} is now 1\\.1, ${sum}, it was 1\\.0, ${sum}\\.\nmoves: is recreated\nstays: keeps running\nRelease one`,
      ),
    );
    assert.deepEqual(await versions(), ["1.1 running", "1.1"]);
    assert.equal(await containerOf("stays"), stays);
    assert.equal((await run("docker", ["image", "inspect", old])).code, 1, "the image before is gone");
  });

  it("is set back to the previous image if the new one does not start, and the release runs with that", async () => {
    await released("one");
    const digest = (await inspect("image", tag, "{{index .RepoDigests 0}}")).split("@")[1];
    await push("2.0", "false");
    // Nothing else has changed, so there is no other release to roll back to.
    const { code, output } = await host.apply("release", release("one"));
    assert.equal(code, 1, output);
    assert.match(output, /Trying once more with the previous images\./);
    assert.match(
      output,
      new RegExp(
        `Release one is running, but without the newer images\\..+\n +pulumi config set app 1\\.0@${digest}\n$`,
      ),
    );
    assert.deepEqual(await versions(), ["1.0 running", "1.0"]);
    await push("2.1");
    await released("one");
    assert.deepEqual(await versions(), ["2.1 running", "2.1"]);
  });

  it("is recognized as updated by the next run, if one was killed after the pull", async () => {
    await released("one");
    await push("2.0", "false");
    await run("docker", ["pull", "--quiet", tag]);
    const { code, output } = await host.apply("release", release("two"));
    assert.equal(code, 1, output);
    assert.match(output, / is now 2\.0, \S+, it was 1\.0, /);
    assert.match(output, /Release two is running, but without/);
    assert.deepEqual(await versions(), ["1.0 running", "1.0"]);
  });

  it("stays unchanged while no registry answers, and the release goes on", async () => {
    const elsewhere = "127.0.0.1:9/tests/app:1";
    await run("docker", ["pull", "--quiet", tag]);
    await run("docker", ["tag", tag, elsewhere]);
    try {
      const output = await released("one", { image: elsewhere });
      assert.match(
        output,
        /^127\.0\.0\.1:9\/tests\/app:1 could not be checked for a newer image; the image on this machine is used\. Docker says: .+refused\nmoves: starts\n/,
      );
    } finally {
      await run("docker", ["image", "rm", elsewhere]);
    }
  });

  it("is not checked if the disk has no space for a newer image", async () => {
    await released("one");
    await push("1.1");
    const { code, output } = await host.apply("release", release("one", { mib: 99_000_000 }));
    assert.equal(code, 0, output);
    assert.match(output, / was not checked for a newer image, because less than 99000300 MiB are free/);
    assert.deepEqual(await versions(), ["1.0 running", "1.0"]);
  });
});
