import assert from "node:assert/strict";
import { chmodSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { hashSync } from "bcryptjs";
import type { Browser, BrowserContext, Locator, Page } from "playwright-core";
import { freePort } from "../../offline/support/freePort.ts";
import { stackConfig } from "../support/projectFile.ts";
import { type RunningSite, runningSite } from "../support/runningSite.ts";
import { until } from "../support/until.ts";
import { labIsReady, launch, openTerminal, person, screenshot, signIn, startInNewNotebook } from "./support/browser.ts";
import { type Cuttable, cuttable } from "./support/cuttable.ts";
import { launchFirefox } from "./support/firefox.ts";

const password = "a password";
const hash = hashSync(password, 10);
const emptyNotebook = {
  cells: [{ cell_type: "code", id: "first", source: "", metadata: {}, outputs: [], execution_count: null }],
  metadata: { kernelspec: { name: "python3", display_name: "Python 3 (ipykernel)", language: "python" } },
  nbformat: 4,
  nbformat_minor: 5,
};
const apps = stackConfig("local")["jupyter-up:apps"];

describe("A person whose session ends while they work", () => {
  let site: RunningSite;
  let browser: Browser;
  let connections: Cuttable;
  let port: number;
  let context: BrowserContext;
  let page: Page;
  let dialog: Locator;

  const at = (label: string, path = "/") => `https://${label}.lab.example.com:${port}${path}`;
  const inNotebooks = (name: string) => join(`${site.host.layout.notebooks}`, name);

  beforeAll(async () => {
    const [behind, http] = [await freePort(), await freePort()];
    port = await freePort();
    connections = await cuttable(port, behind);
    site = runningSite(["nginx", "vouch", "dex", "jupyter", "mariadb", "phpdemo"]);
    const { code, output } = await site.release({
      settings: {
        port: `${port}`,
        httpPort: `${http}`,
        database: "true",
        apps,
        signIn: { provider: "dex", users: [{ email: "ann@example.com" }, { email: "mallory@example.com" }] },
      },
      layout: { httpsPort: behind, httpPort: http },
      secrets: { passwordHashes: { "ann@example.com": hash, "mallory@example.com": hash } },
    });
    assert.equal(code, 0, output);
    browser = await launch("MAP *.lab.example.com 127.0.0.1");
    ({ context, page } = await person(browser));
    await page.goto(at("jupyter", "/lab?reset"));
    await signIn(page, "ann@example.com", password);
    await labIsReady(page);
    dialog = page.getByRole("dialog", { name: "Your session is over" });
  });
  afterAll(async () => {
    await browser?.close();
    connections?.close();
    await site?.remove();
  });

  /** Clicks what opens the sign-in, signs in there, and waits until the window is closed. */
  async function signInBy(button: Locator, from: Page = page): Promise<void> {
    const [popup] = await Promise.all([from.context().waitForEvent("page"), button.click()]);
    const closed = popup.waitForEvent("close");
    // The window closes as soon as the person is signed in.
    await signIn(popup, "ann@example.com", password).catch(() => undefined);
    await closed;
  }

  describe("in JupyterLab", () => {
    const text = '# 100 % "odd" \\n äöü 🧀 </script>\ttab';
    const cell = (number: number) => page.locator(".jp-Notebook:visible .jp-Cell").nth(number);
    const output = (number: number) => cell(number).locator(".jp-OutputArea-output pre").first();

    /** Types a cell at the end of the notebook, and runs it. */
    async function runCell(code: string): Promise<void> {
      await page.locator(".jp-Notebook:visible .jp-Cell .cm-content").last().click();
      await page.keyboard.press("Control+End");
      await page.keyboard.insertText(`\n${code}`);
      await page.keyboard.press("Shift+Enter");
    }

    beforeAll(async () => {
      await startInNewNotebook(page, "import random; kept = random.random(); print(kept)");
      await output(0).waitFor();
      await page.keyboard.press("Control+s");
      await page.getByRole("button", { name: "Rename and Save" }).click();
      await until("a saved notebook", () => readFileSync(inNotebooks("Untitled.ipynb"), "utf8").includes("kept"));
    });

    it("saves after signing in what could not be saved, byte for byte", async () => {
      await page.locator(".jp-Notebook:visible .jp-Cell .cm-content").last().click();
      await page.keyboard.insertText(text);
      await context.clearCookies();
      await page.keyboard.press("Control+s");
      await dialog.waitFor();
      // A letter that was meant for the cell presses no button.
      await page.keyboard.press("Space");
      assert.equal(context.pages().length, 1);
      await signInBy(dialog.getByRole("button", { name: "Sign in" }));
      await dialog.waitFor({ state: "hidden" });
      // The window may have come for another request before the key was pressed.
      await page.keyboard.press("Control+s");
      await until("the saved cell", () => {
        const { cells } = JSON.parse(readFileSync(inNotebooks("Untitled.ipynb"), "utf8"));
        return cells.at(-1).source.join("") === text;
      });
      assert.equal(await page.locator(".jp-Dialog").count(), 0, "JupyterLab shows an error, too");
    });

    it("has the kernel's variables and the terminal's program again at once, although all connections were cut", async () => {
      const kept = await output(0).textContent();
      const type = await openTerminal(page);
      const typed = () => (existsSync(inNotebooks("typed")) ? readFileSync(inNotebooks("typed"), "utf8") : "");
      await until("a program that reads", async () => {
        await type('while read line; do echo "$$ $line" >>~/work/typed; done');
        await type("before");
        await sleep(1000);
        return typed().includes(" before");
      });

      await context.clearCookies();
      connections.cut();
      await dialog.waitFor();
      // JupyterLab's own attempts get rarer.
      await sleep(15_000);
      assert.equal(await page.locator("dialog[open]").count(), 1);
      await signInBy(dialog.getByRole("button", { name: "Sign in" }));
      const back = Date.now();
      await type("after");
      await until("what was typed after signing in", () => typed().includes("after"), 10);
      const terminalSeconds = (Date.now() - back) / 1000;
      const [pids] = [
        new Set(
          typed()
            .trim()
            .split("\n")
            .map((line) => line.split(" ")[0]),
        ),
      ];
      assert.equal(pids.size, 1, typed());

      await page.getByRole("tab", { name: /Untitled\.ipynb/ }).click();
      await runCell("print(kept)");
      await until("the variable", async () => (await output(1).textContent()) === kept, 10);
      console.log(`terminal ${terminalSeconds} s, kernel ${(Date.now() - back) / 1000} s`);
    });

    for (const [name, width, height] of [
      ["a phone", 360, 740],
      ["a tablet", 820, 1180],
    ] as const)
      it(`can sign in later, on ${name}`, async () => {
        await page.setViewportSize({ width, height });
        await context.clearCookies();
        await dialog.waitFor();
        await screenshot(page, `sign-in-again-${width}`);
        const { x = -1, width: wide = 0 } = (await dialog.boundingBox()) ?? {};
        assert.ok(x >= 0 && x + wide <= width, `from ${x} px, ${wide} px wide`);
        await page.keyboard.press("Escape");
        await dialog.waitFor({ state: "hidden" });
        const banner = page.getByRole("status").filter({ hasText: "Nothing is saved until you sign in" });
        await banner.waitFor();
        await screenshot(page, `sign-in-later-${width}`);
        await page.evaluate("window.open = () => null");
        await banner.getByRole("button", { name: "Sign in" }).click();
        const opened = context.waitForEvent("page");
        await banner.getByRole("link", { name: "Sign in in a new tab" }).click();
        const tab = await opened;
        await signIn(tab, "ann@example.com", password).catch(() => undefined);
        await banner.waitFor({ state: "hidden" });
        await tab.close();
      });
  });

  describe("in a form of an app", () => {
    const field = (name: string) => page.locator(`input[name=${name}]`).first();

    async function sendForm(wine: string): Promise<void> {
      await page.goto(at("phpdemo"));
      await field("wine").fill(wine);
      await field("cheese").fill("Gruyère & co");
    }

    it("sends what was typed by signing in in the window", async () => {
      await sendForm("Riesling <1>");
      await context.clearCookies({ name: "__Host-session" });
      await page.getByRole("button", { name: "Add" }).click();
      await signInBy(page.getByRole("link", { name: "Sign in" }));
      await page.getByText("The pairing is added.").waitFor();
      assert.equal(await page.locator(".wine").filter({ hasText: "Riesling <1>" }).count(), 1);
    });

    it("keeps what was typed if the app's own session is over, too, and adds it when it is sent once more", async () => {
      await sendForm('Port "2" <b>');
      await context.clearCookies();
      await page.getByRole("button", { name: "Add" }).click();
      await signInBy(page.getByRole("link", { name: "Sign in" }));
      // The app cannot know that the form is its own. So the person has to look at it.
      await page.getByText("Check what is in it, and send it again.").waitFor();
      const added = page.locator(".wine").filter({ hasText: 'Port "2" <b>' });
      assert.equal(await added.count(), 0);
      assert.deepEqual(
        [await field("wine").inputValue(), await field("cheese").inputValue()],
        ['Port "2" <b>', "Gruyère & co"],
      );
      await page.getByRole("button", { name: "Add" }).click();
      await page.getByText("The pairing is added.").waitFor();
      assert.equal(await added.count(), 1);
    });
  });

  const inFirefox = process.env.FIREFOX_PATH === "" ? it.skip : it;
  inFirefox("loses no work and no variable in Firefox, either", async () => {
    writeFileSync(inNotebooks("firefox.ipynb"), JSON.stringify(emptyNotebook));
    chmodSync(inNotebooks("firefox.ipynb"), 0o666);
    const firefox = await launchFirefox(["jupyter", "vouch", "dex"].map((label) => `${label}.lab.example.com`));
    try {
      const lab = await firefox.newPage();
      const signInOn = async (page: typeof lab) => {
        await page.locator("input[name=login]").fill("ann@example.com");
        await page.locator("input[name=password]").fill(password);
        await page.locator("button[type=submit]").click();
      };
      const pressWith = async (modifier: "Shift" | "Control", key: "Enter" | "s") => {
        await lab.keyboard.down(modifier);
        await lab.keyboard.press(key);
        await lab.keyboard.up(modifier);
      };
      const runCell = async (code: string) => {
        await until("a cell in edit mode", async () => {
          await (await lab.$$(".jp-Notebook .jp-Cell .cm-content")).at(-1)?.click();
          return lab.$(".jp-Notebook.jp-mod-editMode .jp-Cell:focus-within");
        });
        await lab.keyboard.type(code);
        await pressWith("Shift", "Enter");
      };
      const printed = () =>
        lab.$$eval(".jp-Notebook .jp-OutputArea-output pre", (outputs) =>
          outputs.map(({ textContent }) => textContent),
        );

      await lab.goto(at("jupyter", "/lab/tree/firefox.ipynb?reset"));
      await signInOn(lab);
      await lab.waitForSelector("::-p-text(Python 3 (ipykernel) | Idle)", { timeout: 120_000 });
      await runCell("import random; kept = random.random(); print(kept)");
      await until("an output", async () => (await printed()).length === 1);

      const context = firefox.defaultBrowserContext();
      await context.deleteCookie(...(await context.cookies()));
      connections.cut();
      const button = await lab.waitForSelector("dialog[open] button::-p-text(Sign in)");
      const opened = new Promise<typeof lab | null>((resolve) => lab.once("popup", resolve));
      await button?.click();
      const popup = await opened;
      assert.ok(popup);
      const closed = new Promise((resolve) => popup.once("close", resolve));
      await signInOn(popup);
      await closed;
      await lab.waitForSelector("dialog[open]", { hidden: true });
      // Puppeteer waits for frames, which a page behind others does not draw.
      await lab.bringToFront();

      await runCell("print(kept)");
      await until("the variable", async () => {
        const [before, after] = await printed();
        return after !== undefined && after === before;
      });
      await pressWith("Control", "s");
      await until("a saved cell", () => readFileSync(inNotebooks("firefox.ipynb"), "utf8").includes("print(kept)"));
    } finally {
      await firefox.close();
    }
  });

  it("reads who they are if they are not on the list", async () => {
    const { context, page } = await person(browser);
    await page.goto(at("jupyter"));
    await signIn(page, "mallory@example.com", password);
    await page.getByText("Signed in as mallory@example.com").waitFor();
    await screenshot(page, "not-on-the-list");
    await context.close();
  });
});
