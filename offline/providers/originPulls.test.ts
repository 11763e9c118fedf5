import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { type Cloud, openCloud } from "../cloud/folder.ts";
import { listRecords } from "../cloud/records.ts";
import { setDurations, shownCertificates } from "./packages/cloudflare/clientCertificates.ts";
import { addZone } from "./packages/cloudflare/zones.ts";
import { skip, type TrialStack, trialStack } from "./testing/trialStack.ts";

/** Each test starts where the previous one ended. */
(skip ? describe.skip : describe)("A stack with client certificates at Cloudflare", () => {
  let stack: TrialStack;
  let cloud: Cloud;

  beforeAll(async () => {
    stack = await trialStack("originPulls.program.ts", (folder) => ({
      COMPONENTS: join(import.meta.dirname, "../../components"),
      JUPYTER_UP_CLOUD: join(folder, "cloud"),
    }));
    cloud = openCloud(join(stack.folder, "cloud"));
    await setDurations(cloud, { certificate: 6000, association: 3000, voiding: 4000 });
    await pulumi("stack", "init", "dev");
    await pulumi("config", "set", "--secret", "cloudflare:apiToken", "t".repeat(40));
    await standsBefore("example.test", ["lab", "jupyter"]);
  });

  afterAll(() => stack.remove());

  async function standsBefore(domain: string, labels: string[]): Promise<void> {
    const { id } = await addZone(cloud, domain);
    const names = labels.map((label) => `${label}.${domain}`);
    const values = [`zoneId=${id}`, `names=${JSON.stringify(names)}`];
    await pulumi("config", "set-all", ...values.flatMap((value) => ["--plaintext", value]));
  }

  const pulumi = (...args: string[]) => stack.pulumi(...args);

  const up = (...args: string[]) => pulumi("up", "--yes", "--skip-preview", ...args);
  const destroy = () => pulumi("destroy", "--yes", "--skip-preview");

  /** Fails if nginx would have required the certificate before Cloudflare presented it. */
  async function assertShownAtRelease(names: string[]): Promise<void> {
    const releasedAt = Number((await pulumi("stack", "output", "releasedAt")).text);
    const shown = await shownCertificates(cloud);
    assert.deepEqual(Object.keys(shown).sort(), names.toSorted());
    for (const [name, { from = 0 }] of Object.entries(shown)) assert.ok(from <= releasedAt, name);
  }

  it("is destroyed at the first attempt, right after a failed first `up`", async () => {
    const faults = join(cloud.folder, "faults.json");
    await writeFile(faults, JSON.stringify([{ request: "PUT *hostnames", fault: "no permission" }]));
    assert.notEqual((await up()).code, 0);
    await writeFile(faults, "[]");
    const { code, text } = await destroy();
    assert.equal(code, 0, text);
    assert.deepEqual(await listRecords(cloud), []);
  });

  it("requires the certificate once Cloudflare presents it, and says what it waits for", async () => {
    const { code, text } = await up();
    assert.equal(code, 0, text);
    assert.match(
      text,
      /Waiting up to 10 minutes until Cloudflare presents .* Missing: lab\.example\.test, jupyter\.example\.test/,
    );
    await assertShownAtRelease(["lab.example.test", "jupyter.example.test"]);
  });

  it("requires it for each further name only once Cloudflare presents it there", async () => {
    await standsBefore("example.test", ["lab", "jupyter", "app"]);
    const { code, text } = await up();
    assert.equal(code, 0, text);
    assert.match(text, /Missing: app\.example\.test\n/);
    await assertShownAtRelease(["lab.example.test", "jupyter.example.test", "app.example.test"]);
  });

  it("then has no changes, not even after a refresh, in whatever order Cloudflare lists names", async () => {
    const { code, text } = await pulumi("refresh", "--yes", "--skip-preview");
    assert.equal(code, 0, text);
    const preview = await pulumi("preview", "--diff", "--expect-no-changes");
    assert.equal(preview.code, 0, preview.text);
  });

  it("gets another certificate for the same names, and deletes the old one at the first attempt", async () => {
    const { code, text } = await up("--replace", "**pulls-signed");
    assert.equal(code, 0, text);
    await assertShownAtRelease(["lab.example.test", "jupyter.example.test", "app.example.test"]);
  });

  it("gets another certificate in another zone, too", async () => {
    await standsBefore("example.org", ["lab"]);
    const { code, text } = await up();
    assert.equal(code, 0, text);
    await assertShownAtRelease(["lab.example.org"]);
  });

  it("is destroyed at the first attempt", async () => {
    const { code, text } = await destroy();
    assert.equal(code, 0, text);
    assert.deepEqual(await listRecords(cloud), []);
  });
});
