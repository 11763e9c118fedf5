import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import type { Browser, Page } from "playwright-core";
import { labIsReady, launch, person, signIn } from "../support/browser.ts";
import { Clone } from "../support/clone.ts";
import { containerIds, containersOf, networksOf, volumesOf } from "../support/docker.ts";

const project = "jupyter-up-local";

/** The services whose container was recreated. */
function recreatedServices(before: Record<string, string>, after: Record<string, string>): string[] {
  return Object.keys(after).filter((service) => before[service] !== after[service]);
}

describe("a change of the settings", () => {
  let clone: Clone;
  let browser: Browser;
  let page: Page;

  /** Changes one setting and starts the site; returns the output and the recreated services. */
  async function change(...setting: string[]): Promise<{ text: string; recreated: string[] }> {
    const ids = await containerIds(project);
    const set = await clone.pulumi("config", ...setting);
    assert.equal(set.code, 0, set.text);
    const { code, text } = await clone.npm("start");
    assert.equal(code, 0, text);
    return { text, recreated: recreatedServices(ids, await containerIds(project)) };
  }

  beforeAll(async () => {
    clone = await Clone.make();
    const { code, text } = await clone.npm("start");
    assert.equal(code, 0, text);
    browser = await launch();
    ({ page } = await person(browser));
    await page.goto("https://jupyter.lab.localhost:8443/lab?reset");
    await signIn(page, "you@example.com", await clone.output("password"));
    await labIsReady(page);
  });
  afterAll(async () => {
    await browser?.close();
    await clone?.pulumi("destroy", "--yes", "--skip-preview");
    await clone?.remove();
  });

  it("that sets nothing new causes no changes", async () => {
    const { code, text } = await clone.pulumi("preview", "--expect-no-changes", "--non-interactive");
    assert.equal(code, 0, text);
    assert.doesNotMatch(text, /to (create|update|replace|delete)/);
  });

  it("of imageTag recreates only Jupyter, and reports that its kernel ends", async () => {
    const xsrf = (await page.context().cookies()).find(({ name }) => name === "_xsrf")?.value ?? "";
    const status = await page.evaluate(
      (token) =>
        fetch("/api/kernels", { method: "POST", headers: { "X-XSRFToken": token }, body: "{}" }).then(
          (answer) => answer.status,
        ),
      xsrf,
    );
    assert.equal(status, 201);
    const { text, recreated } = await change("set", "imageTag", "2026-08-17");
    // The history's service has Jupyter's image, and no connections.
    assert.deepEqual(recreated, ["jupyter", "site-history"]);
    assert.match(text, /jupyter: is recreated; its running kernels end \(1\), saved notebooks stay/);
    assert.match(text, /nginx: keeps running/);
  });

  it("of allow applies to signed-in users, without a new container", async () => {
    const allowed = () => page.evaluate(() => fetch("/api/status").then((answer) => answer.status));
    assert.equal(await allowed(), 200);
    const { recreated } = await change("set", "--path", "allow[0]", "somebody.else@example.com");
    assert.deepEqual(recreated, []);
    assert.equal(await allowed(), 401);
    await change("set", "--path", "allow[0]", "YOU@example.com");
    assert.equal(await allowed(), 401, "the session has ended for good");
    await page.goto("https://jupyter.lab.localhost:8443/lab?reset");
    await signIn(page, "you@example.com", await clone.output("password"));
    await labIsReady(page);
    assert.equal(await allowed(), 200);
  });

  it("of domain changes host names, certificate and callback, without recreating nginx", async () => {
    const { text, recreated } = await change("set", "domain", "notes.lab.localhost");
    assert.deepEqual(recreated, ["dex", "vouch"]);
    assert.match(text, /Open:\s+https:\/\/jupyter\.notes\.lab\.localhost:8443\n/);
    const { page, context } = await person(browser);
    await page.goto("https://jupyter.notes.lab.localhost:8443/lab?reset");
    await signIn(page, "you@example.com", await clone.output("password"));
    await labIsReady(page);
    await assert.rejects(page.goto("https://jupyter.lab.localhost:8443/"), /ERR_SSL/);
    await context.close();
  });

  it("to an invalid value fails with the setting and the command that fixes it, and the site unchanged", async () => {
    const ids = await containerIds(project);
    await clone.pulumi("config", "set", "domain", "lab");
    await clone.pulumi("config", "set", "imagTag", "2026-08-24");
    const { code, text } = await clone.npm("start");
    assert.equal(code, 1);
    assert.match(text, /domain: "lab" has one label only/);
    assert.match(text, /imagTag: there is no such setting\. Did you mean imageTag\?/);
    assert.match(text, /pulumi config rm --path 'imagTag'/);
    assert.doesNotMatch(text, /\bat .*\.ts:\d+/);
    assert.deepEqual(await containerIds(project), ids);
  });

  it("by `pulumi destroy` leaves no container, network or volume, and keeps the notebooks", async () => {
    await clone.pulumi("config", "set", "domain", "lab.localhost");
    await clone.pulumi("config", "rm", "imagTag");
    const { code, text } = await clone.pulumi("destroy", "--yes", "--skip-preview", "--non-interactive");
    assert.equal(code, 0, text);
    assert.deepEqual(await containersOf(project), []);
    assert.deepEqual(await networksOf(project), []);
    assert.deepEqual(await volumesOf(project), []);
    assert.ok(existsSync(join(clone.folder, "notebooks")));
    assert.ok(!existsSync(join(clone.folder, ".state/local/site/secrets")));
  });
});
