import assert from "node:assert/strict";
import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { freePort } from "../../../offline/support/freePort.ts";
import { run } from "../../support/command.ts";
import { type RunningSite, runningSite } from "../../support/runningSite.ts";
import { statusFor } from "../../support/statusFor.ts";

const whoami = { image: "traefik/whoami:v1.11.0", port: 80 };
const one = { ...whoami, name: "one" };
const two = { ...whoami, name: "two" };
/** An app that ends at once, so that a release with it is rolled back. */
const broken = { ...whoami, name: "broken", environment: { WHOAMI_PORT_NUMBER: "none" } };

describe("A release that is rolled back", () => {
  let site: RunningSite;
  let httpsPort: number;
  let httpPort: number;

  const release = (allow: string[], apps: object[], settings = {}) =>
    site.release({
      settings: { domain: "lab.example.com", allow, apps, ...settings },
      layout: { httpsPort, httpPort },
      secrets: { appSecrets: {} },
    });
  async function released(...args: Parameters<typeof release>): Promise<string> {
    const { code, output } = await release(...args);
    assert.equal(code, 0, output);
    return output;
  }
  async function failed(...args: Parameters<typeof release>): Promise<string> {
    const { code, output } = await release(...args);
    assert.equal(code, 1, output);
    assert.match(output, /^The previous release \(\w+\) was put back and is running\. Fix /m);
    assert.doesNotMatch(output, /refuses/);
    return output;
  }
  /** The HTTP status for each user at a host name: 200, or 403. */
  const statuses = async (label: string, ...people: string[]) =>
    Object.fromEntries(
      await Promise.all(people.map(async (person) => [person, await statusFor(httpsPort, person, label)])),
    );

  beforeAll(async () => {
    site = runningSite(["nginx", "vouch", "one", "two", "three", "broken"]);
    [httpsPort, httpPort] = [await freePort(), await freePort()];
  });
  afterAll(() => site.remove());

  it("allows only users on both allow lists, by address or domain", async () => {
    await released(
      ["ann@example.com", "eve@example.com", "fay@narrow.example", "@wide.example", "@both.example"],
      [one, { ...two, allow: ["ann@example.com", "dora@wide.example"] }],
    );
    assert.deepEqual(await statuses("one", "eve@example.com", "gus@wide.example"), {
      "eve@example.com": 200,
      "gus@wide.example": 200,
    });
    const output = await failed(
      ["ann@example.com", "new@example.com", "@narrow.example", "dora@wide.example", "@both.example"],
      [one, two, broken],
    );
    assert.match(output, /^broken stopped by itself\./m);
    assert.deepEqual(
      await statuses(
        "one",
        ...["ann@example.com", "eve@example.com", "new@example.com", "fay@narrow.example", "x@narrow.example"],
        ...["dora@wide.example", "gus@wide.example", "x@both.example"],
      ),
      {
        "ann@example.com": 200,
        "eve@example.com": 403,
        "new@example.com": 403,
        "fay@narrow.example": 200,
        "x@narrow.example": 403,
        "dora@wide.example": 200,
        "gus@wide.example": 403,
        "x@both.example": 200,
      },
    );
    // The new release removes the app's own list; while the earlier release runs, it remains.
    assert.deepEqual(await statuses("two", "ann@example.com", "fay@narrow.example"), {
      "ann@example.com": 200,
      "fay@narrow.example": 403,
    });
  });

  it("applies the new allow list of an existing app, even if domain and apps were to change, too", async () => {
    const all = ["ann@example.com", "bob@example.com", "eve@example.com"];
    await released(all, [one, two]);
    await failed(
      all.slice(0, 2),
      [{ ...one, allow: ["ann@example.com", "eve@example.com"] }, { ...whoami, name: "three" }, broken],
      {
        domain: "new.example.com",
      },
    );
    assert.deepEqual(await statuses("one", ...all), {
      "ann@example.com": 200,
      "bob@example.com": 403,
      "eve@example.com": 403,
    });
    assert.deepEqual(await statuses("two", ...all), {
      "ann@example.com": 200,
      "bob@example.com": 200,
      "eve@example.com": 403,
    });
  });

  it("denies nobody in the next successful release", async () => {
    const all = ["ann@example.com", "bob@example.com", "eve@example.com"];
    await released(all, [one, two]);
    assert.deepEqual(await statuses("one", ...all), {
      "ann@example.com": 200,
      "bob@example.com": 200,
      "eve@example.com": 200,
    });
  });

  it("keeps the newer files if nginx refuses the earlier ones, and reports it", async () => {
    const file = `${site.host.layout.root}/files/nginx/current/nginx.conf`;
    appendFileSync(file, "no_such_directive on;\n");
    const all = ["ann@example.com", "bob@example.com", "eve@example.com"];
    const { code, output } = await release(all.slice(0, 2), [one, two, broken]);
    assert.equal(code, 1, output);
    assert.match(
      output,
      /^nginx cannot use the earlier release's files with the newer allow list, so the newer release's files stay in use\. It says: .*no_such_directive/m,
    );
    assert.match(output, /^The previous release \(\w+\) was put back and is running\. /m);
    assert.deepEqual(await statuses("one", ...all), {
      "ann@example.com": 200,
      "bob@example.com": 200,
      "eve@example.com": 403,
    });
    // The next release writes the file again.
    await released(all, [one, two]);
    assert.equal((await statuses("one", "eve@example.com"))["eve@example.com"], 200);
  });

  it("returns to a release of an earlier version of this program, with the allow lists of its apps", async () => {
    // That version had files only for apps' own lists; nginx.conf denied users that are on none.
    const folder = `${site.host.layout.root}/files/nginx/current/`;
    const script = `cd '${folder}' && rm people/*.map && printf '"allow:ann@example.com" allow;\\n"allow:eve@example.com" allow;\\n' >people/two.map &&
      printf 'map "$site_verdict:$sso_email" $verdict_of_two {\\n default deny;\\n include /site/current/people/two.map;\\n}\\n' >narrower.conf &&
      printf 'two.lab.example.com $verdict_of_two;\\n' >narrower.map`;
    assert.deepEqual(await run("sh", ["-c", script]), { code: 0, output: "" });
    const manifest = `${site.host.layout.root}/current/release.json`;
    const { allow: _, services, ...said } = JSON.parse(readFileSync(manifest, "utf8"));
    const plain = services.map(({ lists, user_controlled, dismiss, ...service }: Record<string, unknown>) => service);
    writeFileSync(manifest, JSON.stringify({ ...said, services: plain }));
    assert.deepEqual(await site.exec("nginx", ["sh", "/site/current/reload.sh"]), { code: 0, output: "" });
    const all = ["ann@example.com", "bob@example.com", "eve@example.com"];
    const before = { "ann@example.com": 200, "bob@example.com": 403, "eve@example.com": 200 };
    assert.deepEqual(await statuses("two", ...all), before);
    await failed(all.slice(0, 2), [one, { ...two, allow: all.slice(0, 2) }, broken]);
    assert.deepEqual(await statuses("two", ...all), { ...before, "eve@example.com": 403 });
    assert.deepEqual(await statuses("one", ...all), {
      "ann@example.com": 200,
      "bob@example.com": 200,
      "eve@example.com": 403,
    });
  });

  it("removes the containers of a Compose that was killed while it recreated a container", async () => {
    const all = ["ann@example.com"];
    await released(all, [one, two]);
    const old = await site.container("one");
    const name = `${site.project}-one-1`;
    const image = (await run("docker", ["inspect", "--format", "{{.Config.Image}}", old])).output.trim();
    const labels = await run("docker", [
      "inspect",
      "--format",
      '{{range $k, $v := .Config.Labels}}{{$k}}={{$v}}{{"\\n"}}{{end}}',
      old,
    ]);
    const asOf = labels.output
      .split("\n")
      .filter(Boolean)
      .flatMap((label) => ["--label", label]);
    // The new one has the service's name and never started; the old one runs under a temporary name.
    await run("docker", ["rename", old, `${old.slice(0, 12)}_${name}`]);
    const made = await run("docker", ["create", "--name", name, ...asOf, image]);
    assert.equal(made.code, 0, made.output);
    await failed(all, [one, two, broken]);
    assert.equal(await site.container("one"), old);
    assert.deepEqual(await run("docker", ["inspect", "--format", "{{.Name}}", old]), { code: 0, output: `/${name}\n` });
    assert.deepEqual(await statuses("one", ...all), { "ann@example.com": 200 });
  });

  it("removes the new container even if the old one does not exist any more", async () => {
    const all = ["ann@example.com"];
    const old = await site.container("one");
    const name = `${site.project}-one-1`;
    await run("docker", ["rm", "--force", old]);
    await run("docker", [
      "create",
      "--name",
      `${old.slice(0, 12)}_${name}`,
      ...["project", "service"].flatMap((key) => [
        "--label",
        `com.docker.compose.${key}=${key === "project" ? site.project : "one"}`,
      ]),
      "--label",
      "com.docker.compose.oneoff=False",
      "--label",
      "com.docker.compose.container-number=1",
      (await run("docker", ["inspect", "--format", "{{.Config.Image}}", await site.container("two")])).output.trim(),
    ]);
    await released(all, [one, two]);
    assert.deepEqual(
      await run("docker", ["inspect", "--format", "{{.Name}} {{.State.Status}}", await site.container("one")]),
      { code: 0, output: `/${name} running\n` },
    );
    assert.deepEqual(await statuses("one", ...all), { "ann@example.com": 200 });
  });
});
