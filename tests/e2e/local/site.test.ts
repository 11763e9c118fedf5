import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import type { Browser, Page } from "playwright-core";
import { report } from "../../../scripts/status/report.ts";
import { run } from "../../support/command.ts";
import { until } from "../../support/until.ts";
import {
  kernelIsIdle,
  labIsReady,
  launch,
  person,
  runInNewNotebook,
  screenshot,
  signIn,
  whoAmI,
} from "../support/browser.ts";
import { Clone, type Outcome } from "../support/clone.ts";
import { containersOf, networksOf } from "../support/docker.ts";

const home = "https://jupyter.lab.localhost:8443";

describe("a user on this machine", () => {
  let clone: Clone;
  let browser: Browser;
  let started: Outcome;
  let password: string;
  let page: Page;

  beforeAll(async () => {
    clone = await Clone.make({ odd: true });
    // A second allowed user, and one who can sign in but is not on the allow list.
    await clone.pulumi("config", "set", "--path", "allow[1]", "@team.test");
    await clone.pulumi("config", "set", "--path", "signIn.users[1].email", "bob@team.test");
    await clone.pulumi("config", "set", "--path", "signIn.users[2].email", "mallory@elsewhere.test");
    started = await clone.npm("start");
    browser = await launch();
  });
  afterAll(async () => {
    await browser?.close();
    await clone?.npm("stop");
    await clone?.remove();
  });

  it("starts the site with `npm start`, which ends with the next steps", async () => {
    assert.equal(started.code, 0, started.text);
    password = /Password:\s+(\S+)/.exec(started.text)?.[1] ?? "";
    assert.equal(password.length, 16);
    assert.match(started.text, /Open:\s+https:\/\/jupyter\.lab\.localhost:8443\n/);
    assert.match(started.text, /Sign in as:\s+you@example\.com\n/);
    assert.ok(started.text.includes(`  Notebooks:  ${join(clone.folder, "notebooks")}\n`), started.text);
    assert.match(started.text, /Stop:\s+npm stop\n/);
    assert.deepEqual(await containersOf("jupyter-up-local"), [
      "dex",
      "jupyter",
      "mariadb",
      "nginx",
      "phpdemo",
      "site-history",
      "vouch",
    ]);
  });

  it("has a clean clone except for the changed settings", async () => {
    assert.equal(await clone.changes(), " M Pulumi.local.yaml\n");
  });

  it("is redirected to the sign-in page", async () => {
    ({ page } = await person(browser));
    await page.goto(`${home}/lab?reset`);
    await screenshot(page, "1-sign-in");
    assert.equal(new URL(page.url()).host, "dex.lab.localhost:8443");
  });

  it("gets a message about a wrong password, and can try again", async () => {
    await signIn(page, "you@example.com", "not the password");
    await screenshot(page, "2-wrong-password");
    assert.match((await page.textContent("body")) ?? "", /Invalid Email Address and password/);
  });

  it("signs in, and gets to the requested page of JupyterLab with their own name", async () => {
    await signIn(page, "YOU@example.com", password);
    await labIsReady(page);
    await screenshot(page, "3-jupyterlab");
    assert.equal(new URL(page.url()).host, "jupyter.lab.localhost:8443");
    const me = await whoAmI(page);
    assert.equal(me.username, "you@example.com");
    assert.equal(me.display_name, "You");
  });

  it("creates a notebook, runs a cell and finds the file in the notebooks folder", async () => {
    const printed = await runInNewNotebook(page, "import os; print(6 * 7, os.getcwd())");
    await screenshot(page, "4-notebook");
    assert.equal(printed.trim(), "42 /home/jovyan/work");
    // JupyterLab first renames the empty file, and then saves.
    await until("the saved cell", async () => {
      const { cells } = JSON.parse(await readFile(join(clone.folder, "notebooks/Untitled.ipynb"), "utf8"));
      return cells[0]?.outputs[0]?.text[0] === "42 /home/jovyan/work\n";
    });
  });

  it("sees in the status bar how much memory the kernel and all notebooks use", async () => {
    const shown = page
      .locator(".jp-StatusBar-Widget")
      .getByText(/^Memory: kernel \d+ MiB, all [\d.]+ [MG]iB of [\d.]+ [MG]iB$/);
    await shown.waitFor();
    assert.match((await shown.getAttribute("title")) ?? "", /^This kernel uses \d+ MiB\./);
    await screenshot(page, "4-memory");
  });

  it("sees the status of the site by `npm run status`, and at /status", async () => {
    const { code, text } = await clone.npm("run", "status");
    assert.match(text, /you@example\.com: 1 kernel, (1 busy|idle, last used just now)/);
    assert.match(text, /by hand {7}nothing was changed/);
    assert.match(text, /^ {2}services {6}dex +(starting|healthy)$/m);
    // This machine's disk may be nearly full.
    assert.equal(code, /^! /m.test(text) ? 1 : 0, text);
    await page.goto("https://lab.localhost:8443/status");
    assert.match((await page.textContent("main")) ?? "", /Kernels\s*1, [01] busy; 0 terminals/);
    assert.doesNotMatch((await page.textContent("table")) ?? "", /you@example\.com/);
    await screenshot(page, "4-status");
    const tab = await page.context().newPage();
    const json = await tab.goto("https://lab.localhost:8443/status.json");
    assert.equal(report.parse(await json?.json()).site, "jupyter-up-local");
    await tab.close();
  });

  it("is told what somebody changed by hand, with the command that undoes it", async () => {
    await run("docker", ["update", "--restart", "no", "jupyter-up-local-nginx-1"]);
    const { code, text } = await clone.npm("run", "status");
    assert.equal(code, 1);
    const [, command = ""] =
      /^! The restart policy of nginx is 'no', .*\n {4}npm run pulumi -- (.*)$/m.exec(text) ?? [];
    assert.equal(command, "up --replace '**site-release'");
    const undone = await clone.pulumi("up", "--replace", "**site-release", "--yes", "--skip-preview");
    assert.equal(undone.code, 0, undone.text);
    assert.match((await clone.npm("run", "status")).text, /nothing was changed/);
  });

  it("opens an old version of a notebook in the folder History, and gets it back by drag and drop", async () => {
    const notebook = join(clone.folder, "notebooks/Untitled.ipynb");
    const before = await readFile(notebook, "utf8");
    const save = ["python3", "-m", "history.service", "/usr/local/lib/jupyter-up/history.json", "60"];
    const saved = await run("docker", ["exec", "jupyter-up-local-site-history-1", ...save]);
    assert.equal(saved.code, 0, saved.output);
    await writeFile(notebook, JSON.stringify({ ...JSON.parse(before), cells: [] }));

    await page.goto(`${home}/lab?reset`);
    const item = (name: string | RegExp) => page.locator(".jp-DirListing-item").filter({ hasText: name });
    await item("History").dblclick();
    await item("notebooks").dblclick();
    await item(/\d{4}-\d\d-\d\d \d\d\.\d\d/)
      .last()
      .dblclick();
    await item("Untitled.ipynb").dblclick();
    await page.locator(".jp-OutputArea-output pre").filter({ hasText: /^42 / }).waitFor();

    await item("Untitled.ipynb").hover();
    await page.mouse.down();
    const { x = 0, y = 0, width = 0, height = 0 } = (await page.locator(".jp-BreadCrumbs-home").boundingBox()) ?? {};
    // A drag begins with the first movements.
    await page.mouse.move(x + width / 2, y + height / 2, { steps: 10 });
    await page.mouse.up();
    await page.getByRole("button", { name: "Overwrite" }).click();
    await until("the old version", async () => (await readFile(notebook, "utf8").catch(() => "")) === before);
    // The history keeps its own file, and its tab stays read-only.
    await item("Untitled.ipynb").waitFor();
    const readOnly = page.getByText("notebook is read-only");
    await readOnly.waitFor();
    await screenshot(page, "4-history");
    await page.locator(".jp-BreadCrumbs-home").click();
    // The list of the notebooks folder is there, and not that of the history.
    await item(/^History/).waitFor();
    await item("Untitled.ipynb").dblclick();
    await readOnly.waitFor({ state: "hidden" });
    await page.locator(".jp-OutputArea-output pre").filter({ hasText: /^42 /, visible: true }).waitFor();
  });

  it("runs all cells of the welcome notebook: pandas reads and writes the demo's table", async () => {
    // Only this notebook is open, or the menu may still refer to the previous one.
    await page.goto(`${home}/lab/tree/welcome.ipynb?reset`);
    await kernelIsIdle(page);
    await page.getByRole("menuitem", { name: "Run", exact: true }).click();
    await page.getByRole("menuitem", { name: "Run All Cells", exact: true }).click();
    await page.getByText(/^Riesling goes with most: 3/).waitFor();
    await screenshot(page, "4-first-notebook");
    const printed = await page.locator(".jp-OutputArea-output pre").allTextContents();
    assert.match(printed.join("\n"), /^\d added, \d in all$/m);
  });

  it("signs out from JupyterLab's own menu, and is asked for the password again", async () => {
    await page.getByRole("menuitem", { name: "File" }).click();
    await page.getByRole("menuitem", { name: "Log Out" }).click();
    await page.waitForURL("https://vouch.lab.localhost:8443/signed-out");
    await screenshot(page, "5-signed-out");
    await page.getByRole("link", { name: "Sign in again" }).click();
    await page.waitForURL(/^https:\/\/dex\./);
  });

  it("allows a second user, by the domain of their address", async () => {
    const { page, context } = await person(browser);
    await page.goto(`${home}/lab?reset`);
    const { "bob@team.test": own = "" } = JSON.parse(await clone.output("passwords"));
    await signIn(page, "bob@team.test", own);
    await labIsReady(page);
    assert.equal((await whoAmI(page)).username, "bob@team.test");
    await context.close();
  });

  it("shows a page without a redirect loop to a user who is not on the allow list", async () => {
    const { page, context } = await person(browser);
    const { "mallory@elsewhere.test": own = "" } = JSON.parse(await clone.output("passwords"));
    await page.goto(`${home}/lab`);
    await signIn(page, "mallory@elsewhere.test", own);
    await screenshot(page, "6-not-on-the-list");
    assert.equal(await page.textContent("h1"), "You are not on the list");
    const status = await page.evaluate(() => fetch("/api/contents").then((answer) => answer.status)).catch(() => 0);
    assert.notEqual(status, 200);
    await page.getByRole("link", { name: "Sign in as somebody else" }).click();
    await page.waitForURL("https://vouch.lab.localhost:8443/signed-out");
    await context.close();
  });

  it("stops the site with `npm stop`, which names the notebooks folder", async () => {
    const { code, text } = await clone.npm("stop");
    assert.equal(code, 0, text);
    assert.ok(text.includes(join(clone.folder, "notebooks")), text);
    assert.deepEqual(await containersOf("jupyter-up-local"), []);
    assert.deepEqual(await networksOf("jupyter-up-local"), []);
  });

  it("finds password and notebook again after the next `npm start`", async () => {
    const { code, text } = await clone.npm("start");
    assert.equal(code, 0, text);
    assert.ok(text.includes(password), "another password");
    const { page, context } = await person(browser);
    await page.goto(`${home}/lab/tree/Untitled.ipynb`);
    await signIn(page, "you@example.com", password);
    await kernelIsIdle(page);
    await screenshot(page, "7-notebook-again");
    assert.match((await page.locator(".jp-OutputArea-output pre").first().textContent()) ?? "", /^42 /);
    await context.close();
  });

  it("gets Jupyter back by `npm start` if it does not start any more, even without a change", async () => {
    const jupyter = "jupyter-up-local-jupyter-1";
    const { code, output } = await run("docker", ["exec", jupyter, "pip", "uninstall", "-q", "-y", "traitlets"]);
    assert.equal(code, 0, output);
    await run("docker", ["restart", "--time", "5", jupyter]);
    const healed = await clone.npm("start");
    assert.equal(healed.code, 0, healed.text);
    assert.match(healed.text, /A service of the site does not answer: releasing the site again/);
    const { page, context } = await person(browser);
    await page.goto(`${home}/lab?reset`);
    await signIn(page, "you@example.com", password);
    await labIsReady(page);
    await context.close();
    const again = await clone.npm("start");
    assert.doesNotMatch(again.text, /does not answer/);
  });
});
