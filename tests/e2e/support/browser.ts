import { mkdir } from "node:fs/promises";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";

const screenshots = new URL("../../../test-results/", import.meta.url).pathname;
const withoutNetlink = new URL("withoutNetlink.py", import.meta.url).pathname;

/**
 * A real browser, without its background traffic, which a closed network would refuse. On Linux it does not notice when networks
 * of other tests come and go: it would end its requests with ERR_NETWORK_CHANGED.
 * @param resolverRules the addresses of host names: `MAP *.lab.example.com 127.1.2.3`
 */
export function launch(resolverRules?: string): Promise<Browser> {
  const program = process.env.BROWSER_PATH ?? "/usr/bin/chromium";
  const onLinux = { executablePath: withoutNetlink, env: { ...process.env, PROGRAM: program } };
  return chromium.launch({
    ...(process.platform === "linux" ? onLinux : { executablePath: program }),
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      ...(resolverRules ? [`--host-resolver-rules=${resolverRules}`] : []),
    ],
  });
}

/** A user's browser with its own cookies. It trusts the site's certificate authority, as after the README's instructions. */
export async function person(browser: Browser): Promise<{ context: BrowserContext; page: Page }> {
  const context = await browser.newContext({ ignoreHTTPSErrors: true, viewport: { width: 1280, height: 800 } });
  return { context, page: await context.newPage() };
}

/** Saves a screenshot of the page under test-results/. */
export async function screenshot(page: Page, name: string): Promise<void> {
  await mkdir(screenshots, { recursive: true });
  await page.screenshot({ path: `${screenshots}${name}.png` });
}

/** Fills in the page's sign-in form, and sends it. */
export async function signIn(page: Page, address: string, password: string): Promise<void> {
  await page.fill("input[name=login]", address);
  await page.fill("input[name=password]", password);
  await page.click("button[type=submit]");
  await page.waitForLoadState();
}

/** Creates a notebook in JupyterLab, and starts its first cell. */
export async function startInNewNotebook(page: Page, code: string): Promise<void> {
  await page.click(".jp-LauncherCard[data-category=Notebook]");
  await kernelIsIdle(page);
  await page.click(".jp-Notebook .jp-Cell .cm-content");
  await page.keyboard.insertText(code);
  await page.keyboard.press("Shift+Enter");
}

/** Opens a terminal in JupyterLab. Returns a function that types a line into it. */
export async function openTerminal(page: Page): Promise<(line: string) => Promise<void>> {
  await page.locator(".lm-TabBar-addButton:visible").first().click();
  await page.locator(".jp-LauncherCard:visible").filter({ hasText: "Terminal" }).click();
  await page.locator(".jp-Terminal:visible .xterm-helper-textarea").waitFor({ state: "attached" });
  return async (line) => {
    await page.locator(".jp-Terminal:visible").click();
    await page.keyboard.insertText(line);
    await page.keyboard.press("Enter");
  };
}

/** The output lines of the first cell of the open notebook. */
export async function linesOf(page: Page): Promise<string[]> {
  const texts = await page
    .locator(".jp-Notebook .jp-Cell")
    .first()
    .locator(".jp-OutputArea-output pre")
    .allTextContents();
  return texts
    .join("")
    .split("\n")
    .filter((line) => line !== "");
}

/** Creates a notebook in JupyterLab, runs one cell and saves; returns the cell's output. */
export async function runInNewNotebook(page: Page, code: string): Promise<string> {
  await startInNewNotebook(page, code);
  const printed = page.locator(".jp-OutputArea-output pre").first();
  await printed.waitFor();
  await page.keyboard.press("Control+s");
  // The first save of an untitled notebook asks for its name.
  const rename = page.getByRole("button", { name: "Rename and Save" });
  await rename.click();
  await rename.waitFor({ state: "hidden" });
  return (await printed.textContent()) ?? "";
}

/** Waits until the open notebook's kernel has answered over its WebSocket. */
export async function kernelIsIdle(page: Page): Promise<void> {
  // The notebook's own indicator is too early: a cell that is started before the session exists does not run.
  await page.getByText(/^Python 3 \(ipykernel\) \| Idle$/).waitFor();
}

/** The user that Jupyter identifies. Tries again if the browser gave up as in {@link open}. */
export async function whoAmI(page: Page): Promise<{ username: string; display_name: string }> {
  for (let tries = 1; ; tries++)
    try {
      const answer = await page.evaluate(() => fetch("/api/me").then((response) => response.text()));
      return JSON.parse(answer).identity;
    } catch (error) {
      if (tries === 5 || !/Failed to fetch/.test(`${error}`)) throw error;
    }
}

/** Waits until JupyterLab shows its launcher. @param timeout in milliseconds */
export async function labIsReady(page: Page, timeout = 120_000): Promise<void> {
  await page.waitForSelector(".jp-LauncherCard[data-category=Notebook]", { timeout });
}
