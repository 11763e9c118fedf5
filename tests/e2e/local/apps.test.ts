import assert from "node:assert/strict";
import { appendFile, rm, writeFile } from "node:fs/promises";
import { Agent, request } from "node:https";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import type { Browser, Page } from "playwright-core";
import { run } from "../../../scripts/cli/command.ts";
import { labIsReady, launch, person, runInNewNotebook, screenshot, signIn } from "../support/browser.ts";
import { Clone } from "../support/clone.ts";
import { containerIds, containersOf, docker, networksOf } from "../support/docker.ts";
import { assertSame, commandsIn, readTableInNotebook, Work } from "../support/work.ts";

const project = "jupyter-up-local";
const front = "https://lab.localhost:8443/";
const whoami = "https://whoami.lab.localhost:8443/";

/** Sends requests to Jupyter as a signed-in user over kept connections, until stopped. */
function askJupyterAllTheTime(cookie: string): { end: () => Promise<{ asked: number; failed: string[] }> } {
  const agent = new Agent({ keepAlive: true, rejectUnauthorized: false });
  const failed: string[] = [];
  let asked = 0;
  let going = true;
  const once = (): Promise<string> =>
    new Promise((resolve) => {
      const options = {
        host: "127.0.0.1",
        port: 8443,
        servername: "jupyter.lab.localhost",
        path: "/api/status",
        agent,
      };
      const headers = { host: "jupyter.lab.localhost:8443", cookie };
      const question = request({ ...options, headers, timeout: 15_000 }, (answer) => {
        answer.resume().on("end", () => resolve(String(answer.statusCode)));
      });
      question.on("timeout", () => question.destroy(new Error("no answer within 15 seconds")));
      question.on("error", (error) => {
        // A server may close an idle connection at any time, so a request on a reused connection is repeated, as in browsers.
        resolve(question.reusedSocket ? once() : error.message);
      });
      question.end();
    });
  const loop = (async () => {
    while (going) {
      const outcome = await once();
      asked++;
      if (outcome !== "200") failed.push(outcome);
      await sleep(20);
    }
  })();
  return {
    async end() {
      going = false;
      await loop;
      agent.destroy();
      return { asked, failed };
    },
  };
}

describe("a user with apps", () => {
  let clone: Clone;
  let browser: Browser;
  let page: Page;
  let networks: string[];

  const set = async (...settings: [path: string, value: string][]) => {
    for (const [path, value] of settings) {
      const { code, text } = await clone.pulumi("config", "set", "--path", path, value);
      assert.equal(code, 0, text);
    }
  };
  const start = async () => {
    const { code, text } = await clone.npm("start");
    assert.equal(code, 0, text);
    return text;
  };
  const tiles = () => page.locator(".tile .title").allTextContents();

  beforeAll(async () => {
    clone = await Clone.make();
    await set(["backup.to", join(clone.outside, "backup")]);
    await start();
    browser = await launch();
    ({ page } = await person(browser));
  });
  afterAll(async () => {
    await browser?.close();
    await clone?.pulumi("destroy", "--yes", "--skip-preview");
    await clone?.remove();
  });

  it("signs in once, at the front page, and sees the services", async () => {
    await page.goto(front);
    await signIn(page, "you@example.com", await clone.output("password"));
    await page.waitForURL(front);
    await screenshot(page, "8-front-page");
    assert.deepEqual(await tiles(), ["Jupyter", "Wine and cheese"]);
    assert.equal(await page.textContent(".person"), "Signed in as You");
    assert.equal(await clone.output("home"), "https://lab.localhost:8443");
  });

  it("goes on to Jupyter without another sign-in", async () => {
    await page.getByRole("link", { name: "Jupyter" }).click();
    await labIsReady(page);
  });

  it("is protected from a script in Jupyter's page that sends requests to an app", async () => {
    const app = "https://phpdemo.lab.localhost:8443/";
    // The app has a session, too, from here on.
    const tab = await page.context().newPage();
    await tab.goto(app);
    assert.equal(new URL(tab.url()).host, new URL(app).host);
    await tab.close();
    const statuses: number[] = [];
    page.on("response", (answer) => {
      if (answer.url() === app) statuses.push(answer.status());
    });
    await page.evaluate(async (url) => {
      for (const method of ["GET", "POST"]) await fetch(url, { method, mode: "no-cors", credentials: "include" });
    }, app);
    assert.deepEqual(statuses, [403, 403]);
  });

  it("adds, changes and removes a pairing of wine and cheese", async () => {
    await page.goto(front);
    await page.getByRole("link", { name: "Wine and cheese" }).click();
    await page.waitForURL("https://phpdemo.lab.localhost:8443/");
    assert.equal(await page.textContent(".person"), "Signed in as You (you@example.com)");
    await page.getByRole("textbox", { name: "Wine" }).fill("Gewürztraminer");
    await page.getByRole("textbox", { name: "Cheese" }).fill("<b>Munster</b>");
    await page.getByRole("button", { name: "Add" }).click();
    await page.getByText("The pairing is added.").waitFor();
    await screenshot(page, "9-wine-and-cheese");
    assert.deepEqual(await page.locator(".cheese").allTextContents(), ["<b>Munster</b>", "Stilton", "Goat cheese"]);
    await page.getByRole("link", { name: "Edit Gewürztraminer" }).click();
    await page.locator(".pairings").getByRole("textbox", { name: "Cheese" }).fill("Munster");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText("The pairing is saved.").waitFor();
    await page.setViewportSize({ width: 390, height: 844 });
    await screenshot(page, "10-wine-and-cheese-on-a-phone");
    await page.getByRole("button", { name: "Remove Gewürztraminer" }).click();
    await page.getByText("The pairing is removed.").waitFor();
    assert.deepEqual(await page.locator(".wine").allTextContents(), ["Port", "Sauvignon Blanc"]);
    await page.goto(front);
    await screenshot(page, "11-front-page-on-a-phone");
    await page.setViewportSize({ width: 1280, height: 800 });
  });

  it("reads rows of the PHP app in a notebook, and sees the notebook's rows in the PHP app", async () => {
    await page.goto("https://phpdemo.lab.localhost:8443/");
    await page.getByRole("textbox", { name: "Wine" }).fill("Gewürztraminer");
    await page.getByRole("textbox", { name: "Cheese" }).fill("Munster");
    await page.getByRole("button", { name: "Add" }).click();
    await page.getByText("The pairing is added.").waitFor();
    await page.goto("https://jupyter.lab.localhost:8443/lab?reset");
    await labIsReady(page);
    const printed = await runInNewNotebook(
      page,
      [
        'import os, pandas as pd; url = os.environ["DATABASE_URL"]',
        'pd.DataFrame({"wine": ["Rioja"], "cheese": ["Manchego"]}).to_sql("pairings", url, schema="phpdemo", if_exists="append", index=False)',
        'print(list(pd.read_sql("select wine from phpdemo.pairings order by wine", url).wine))',
      ].join("; "),
    );
    assert.equal(printed.trim(), "['Gewürztraminer', 'Port', 'Rioja', 'Sauvignon Blanc']");
    await page.goto("https://phpdemo.lab.localhost:8443/");
    assert.deepEqual(await page.locator(".wine").allTextContents(), [
      "Gewürztraminer",
      "Port",
      "Rioja",
      "Sauvignon Blanc",
    ]);
  });

  it("adds an app by three settings, without an interruption for others", async () => {
    const before = await containerIds(project);
    networks = await networksOf(project);
    const cookies = await page.context().cookies("https://jupyter.lab.localhost:8443/");
    const loop = askJupyterAllTheTime(cookies.map(({ name, value }) => `${name}=${value}`).join("; "));
    await set(["apps[1].name", "whoami"], ["apps[1].image", "traefik/whoami:v1.11.0"], ["apps[1].port", "80"]);
    await start();
    const { asked, failed } = await loop.end();
    assert.deepEqual(failed, []);
    assert.ok(asked > 100, `${asked}`);
    const { whoami: added, ...others } = await containerIds(project);
    assert.ok(added);
    assert.deepEqual(others, before);
    await page.goto(front);
    assert.deepEqual(await tiles(), ["Jupyter", "Wine and cheese", "whoami"]);
    await page.getByRole("link", { name: "whoami" }).click();
    await page.waitForURL(whoami);
    assert.match((await page.textContent("body")) ?? "", /X-Auth-User: you@example\.com/i);
  });

  it("gets a missing app back by `npm start`, even if only the host program has changed", async () => {
    await docker("stop", "--time", "1", (await containerIds(project)).whoami ?? "");
    await appendFile(join(clone.folder, "files/host/site_apply/times.py"), "# changed\n");
    assert.match(await start(), /A service of the site does not answer: releasing the site again/);
    assert.ok((await containerIds(project)).whoami);
    assert.doesNotMatch(await start(), /does not answer/);
  });

  it("limits an app to some users, who alone see its tile", async () => {
    await set(["apps[1].allow[0]", "somebody.else@example.com"], ["apps[1].volumes[0]", "/data"]);
    await start();
    await page.goto(whoami);
    assert.equal(await page.textContent("h1"), "You are not on the list");
    await page.goto(front);
    assert.deepEqual(await tiles(), ["Jupyter", "Wine and cheese"]);
  });

  it("gets all issues of the apps at once, and the site keeps running", async () => {
    const before = await containerIds(project);
    await set(["apps[2].name", "whoami"], ["apps[2].image", "traefik/whoami:v1.11.0"], ["apps[2].port", "http"]);
    await set(["apps[3].name", "My_App"], ["apps[3].image", "traefik/whoami:v1.11.0"], ["apps[3].port", "80"]);
    const { code, text } = await clone.npm("start");
    assert.equal(code, 1);
    assert.match(text, /apps\[2\]\.name: "whoami" is also the name of an earlier app in the list\./);
    assert.match(text, /apps\[2\]\.port: "http" is not a port/);
    assert.match(text, /apps\[3\]\.name: "My_App" cannot be the name of an app/);
    for (const path of ["apps[3]", "apps[2]"]) await clone.pulumi("config", "rm", "--path", path);
    await set(["apps[2].name", "nobody"], ["apps[2].image", "traefik/nobody:v1"], ["apps[2].port", "80"]);
    const missing = await clone.npm("start");
    assert.equal(missing.code, 1);
    assert.match(missing.text, /The image \S*traefik\/nobody:v1 (could not|cannot) be pulled/);
    assert.deepEqual(await containerIds(project), before);
    await clone.pulumi("config", "rm", "--path", "apps[2]");
  });

  it("shows at the front page that the backup needs attention, without the reason", async () => {
    const issue = join(clone.folder, ".state/local/data/backup/issue");
    const look = async () => {
      // The service of the history writes the sentence, after each of its runs.
      await run("The history", "sh", [join(clone.folder, ".state/local/site/bin/site-apply"), "history"]);
      await page.goto(front);
      return page.locator(".notice").allTextContents();
    };
    await writeFile(issue, "the disk at /mnt/backup is <b>full</b>\n");
    assert.match((await look()).join(), /^The last backup failed\. .* Tell the owner of this site\.$/);
    await screenshot(page, "12-front-page-with-a-notice");
    await page.emulateMedia({ colorScheme: "dark" });
    await page.setViewportSize({ width: 390, height: 844 });
    await screenshot(page, "13-front-page-with-a-notice-on-a-phone");
    await page.emulateMedia({ colorScheme: "light" });
    await page.setViewportSize({ width: 1280, height: 800 });
    await rm(issue);
    assert.deepEqual(await look(), []);
  });

  it("restores everything from the backup after all was lost, with the commands that `destroy` showed", async () => {
    const sites = join(clone.folder, ".state/local");
    const work = new Work((command) => run("Looking at the work", "sh", ["-c", command]), {
      project,
      program: `${sites}/site/bin/site-apply`,
      volume: `${sites}/data/apps/whoami/data`,
      databases: ["notebooks", "phpdemo"],
    });
    await work.make();
    await work.backUp();
    const before = await work.everything();
    const { code, text } = await clone.pulumi("destroy", "--yes", "--skip-preview");
    assert.equal(code, 0, text);
    assert.deepEqual(await containersOf(project), []);
    for (const folder of [`${sites}/data`, `${sites}/site`, join(clone.folder, "notebooks")])
      await rm(folder, { recursive: true });
    const restored = await clone.type(commandsIn(text));
    assert.equal(restored.code, 0, restored.text);
    assertSame(await work.everything(), before);

    // The restored site has new keys, so the session is over.
    await page.goto("https://jupyter.lab.localhost:8443/lab/tree/wines.ipynb?reset");
    await signIn(page, "you@example.com", await clone.output("password"));
    await readTableInNotebook(page);
  });

  it("removes the app, and leads from its host name to the front page", async () => {
    await clone.pulumi("config", "rm", "--path", "apps[1]");
    await start();
    const answer = await page.goto(whoami);
    assert.equal(answer?.status(), 404);
    await page.getByText("There is nothing at this name").waitFor();
    await page.getByRole("link", { name: "Open the front page" }).click();
    await page.waitForURL(front);
    assert.equal("whoami" in (await containerIds(project)), false);
    assert.deepEqual(await networksOf(project), networks);
    assert.deepEqual(await tiles(), ["Jupyter", "Wine and cheese"]);
  });

  it("signs out at the front page", async () => {
    await page.getByRole("link", { name: "Sign out" }).click();
    await page.waitForURL("https://vouch.lab.localhost:8443/signed-out");
  });
});
