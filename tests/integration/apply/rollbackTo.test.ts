import assert from "node:assert/strict";
import { readdirSync, readFileSync, readlinkSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { selfSigned } from "../../../offline/support/certificate.ts";
import { freePort } from "../../../offline/support/freePort.ts";
import { type RunningSite, runningSite } from "../../support/runningSite.ts";
import { statusFor } from "../../support/statusFor.ts";

const whoami = { image: "traefik/whoami:v1.11.0", port: 80 };
const one = { ...whoami, name: "one" };
const two = { ...whoami, name: "two" };
const [ann, bob, eve] = ["ann@example.com", "bob@example.com", "eve@example.com"];

const certificate = selfSigned(["jupyter", "vouch", "one", "two"].map((label) => `${label}.lab.example.com`));

describe("site-apply rollback", () => {
  let site: RunningSite;
  let root: string;
  let ports: { httpsPort: number; httpPort: number };

  /** Releases, and returns the release's ID. */
  async function released(allow: string[], apps: object[]): Promise<string> {
    const { code, output } = await site.release({
      settings: { domain: "lab.example.com", allow, apps },
      layout: ports,
      // The same at each release, so that the same settings are the same release.
      secrets: { appSecrets: {}, ...certificate },
    });
    assert.equal(code, 0, output);
    return current();
  }
  const current = () => readlinkSync(`${root}/current`).replace("releases/", "");
  const rollBack = (to: string, ...words: string[]) => site.host.apply(["rollback", "--to", to, ...words]);
  async function rolledBack(to: string): Promise<string> {
    const { code, output } = await rollBack(to);
    assert.equal(code, 0, output);
    return output;
  }
  const shown = async () => JSON.parse((await site.host.apply("releases")).output);
  /** Who gets in at a host name. */
  async function admitted(label: string): Promise<string[]> {
    const answers = await Promise.all(
      [ann, bob, eve].map(async (person) => ({ person, status: await statusFor(ports.httpsPort, person, label) })),
    );
    return answers.flatMap(({ person, status }) => (status === 200 ? [person] : []));
  }

  beforeAll(async () => {
    site = runningSite(["nginx", "vouch", "one", "two"]);
    root = site.host.layout.root ?? "";
    ports = { httpsPort: await freePort(), httpPort: await freePort() };
  });
  afterAll(() => site.remove());

  it("runs an earlier release again; only people on the allow lists of both get in", async () => {
    const first = await released([ann, eve], [one, two]);
    const second = await released([ann, bob], [one]);
    const containers = await site.container("one");
    const said = await rollBack(first, "--dry-run");
    assert.match(
      said.output,
      new RegExp(`^Release ${first} \\(released \\S+Z\\) replaces ${second}\\. .* stay as they are\\.\n$`),
    );
    assert.equal(current(), second, "a dry run changes nothing");
    assert.deepEqual(await admitted("one"), [ann, bob]);

    const output = await rolledBack(first);
    assert.match(output, /^two: starts$/m);
    assert.match(output, /^one: keeps running$/m);
    assert.match(
      output,
      new RegExp(
        `^Release ${first} is running again, instead of ${second}\\. .* The next pulumi up releases the settings again\\.\n$`,
        "m",
      ),
    );
    assert.equal(current(), first);
    assert.equal(await site.container("one"), containers);
    assert.deepEqual(await admitted("one"), [ann]);
    assert.deepEqual(await admitted("two"), [ann]);
    const { running, releases, rolled_back } = await shown();
    assert.equal(running, first);
    assert.deepEqual(
      releases.map(({ release }: { release: string }) => release),
      [first, second],
    );
    assert.deepEqual([rolled_back.origin, rolled_back.to], [second, first]);
    assert.equal((await site.host.apply("check")).code, 0);

    assert.equal(await released([ann, bob], [one]), second);
    assert.deepEqual(await admitted("one"), [ann, bob]);
    assert.equal((await shown()).rolled_back, null);
    assert.deepEqual(
      readdirSync(`${root}/files/nginx`).filter((name) => /\w\.\w/.test(name)),
      [],
      "the lists of the rollback are gone",
    );
  });

  it("keeps people out whom any release since has removed, also after a second rollback", async () => {
    const first = await released([ann, eve, bob], [one, two]);
    const second = await released([ann, eve, bob], [one]);
    await released([ann, bob], [one, two]);
    await rolledBack(second);
    assert.deepEqual(await admitted("one"), [ann, bob]);
    await rolledBack(first);
    assert.deepEqual(await admitted("one"), [ann, bob]);
    assert.deepEqual(await admitted("two"), [ann, bob]);
    // Repeated, as after a run that was killed.
    await rolledBack(first);
    assert.deepEqual(await admitted("one"), [ann, bob]);
  });

  it("leaves the running release as it is if the earlier one does not start", async () => {
    const first = await released([ann, eve], [one, two]);
    const second = await released([ann, bob], [one]);
    const file = `${root}/releases/${first}/compose.yaml`;
    const text = readFileSync(file, "utf8");
    writeFileSync(file, text.replace(/^( {2}"?two"?:\n)/m, '$1    command: ["--no-such-flag"]\n'));
    assert.notEqual(readFileSync(file, "utf8"), text);
    const { code, output } = await rollBack(first);
    assert.equal(code, 1, output);
    assert.match(output, /^two stopped by itself\. Last lines of its log:\n {4}/m);
    assert.match(output, new RegExp(`^The previous release \\(${second}\\) was put back and is running\\. `, "m"));
    assert.equal(current(), second);
    assert.deepEqual(await admitted("one"), [ann, bob]);
    assert.equal((await shown()).rolled_back, null);
  });

  it("refuses a release with an older series of MariaDB, and one that is not there", async () => {
    const first = await released([ann, eve], [one, two]);
    const second = await released([ann, bob], [one]);
    const withDatabase = (release: string, series: string) => {
      const file = `${root}/releases/${release}/release.json`;
      const manifest = JSON.parse(readFileSync(file, "utf8"));
      manifest.services.push({ name: "mariadb", image: `docker.io/library/mariadb:${series}`, dump: ["dump"] });
      writeFileSync(file, JSON.stringify(manifest));
    };
    withDatabase(first, "11.4");
    withDatabase(second, "11.8");
    const { code, output } = await rollBack(first, "--dry-run");
    assert.equal(code, 1);
    assert.match(
      output,
      /^Release \w+ has mariadb 11\.4, and its files have been upgraded to 11\.8, which no older series can read\. Nothing was changed\./,
    );
    const unknown = await rollBack("0123");
    assert.equal(unknown.code, 1);
    assert.match(
      unknown.output,
      new RegExp(`^Release 0123 is not on this machine\\. Nothing was changed\\. These are: (\\w+ )*${second}\n$`),
    );
    assert.equal(current(), second);
  });
});
