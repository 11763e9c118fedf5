import { rmSync } from "node:fs";
import { mkdir, mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { startProxy } from "./proxy.ts";

const screenshots = new URL("../../../test-results/", import.meta.url).pathname;

/** A site that a browser reaches at an address of this machine, although public DNS does not know its names. */
export interface Site {
  domain: string;
  address: string;
}

/**
 * A real browser, without its background traffic, which a closed network would refuse. On Linux it has a network of its own:
 * networks of other tests would interrupt its requests when they come and go.
 */
export async function launch(site?: Site): Promise<Browser> {
  const executable = process.env.BROWSER_PATH ?? "/usr/bin/chromium";
  const args = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
  ];
  if (process.platform !== "linux") {
    const rules = site ? [`--host-resolver-rules=MAP *.${site.domain} ${site.address}`] : [];
    return chromium.launch({ executablePath: executable, args: [...args, ...rules] });
  }
  const folder = await mkdtemp(join(tmpdir(), "browser-"));
  const socket = join(folder, "proxy");
  const proxy = await startProxy(socket, (host) => addressOf(host, site));
  const browser = await chromium.launch({
    executablePath: fileURLToPath(new URL("ownNetwork.sh", import.meta.url)),
    args: [...args, `--proxy-server=127.0.0.1:${PROXY_PORT}`, "--proxy-bypass-list=<-loopback>"],
    env: {
      ...process.env,
      BROWSER: executable,
      NODE: process.execPath,
      PROXY_PORT: `${PROXY_PORT}`,
      PROXY_SOCKET: socket,
    },
  });
  browser.on("disconnected", () => {
    proxy.close();
    rmSync(folder, { recursive: true, force: true });
  });
  return browser;
}

/** In the browser's own network, where every port is free. */
const PROXY_PORT = 3128;

function addressOf(host: string, site: Site | undefined): string {
  if (site && host.endsWith(`.${site.domain}`)) return site.address;
  return host.endsWith(".localhost") ? "127.0.0.1" : host;
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

/** The user that Jupyter identifies. */
export async function whoAmI(page: Page): Promise<{ username: string; display_name: string }> {
  const answer = await page.evaluate(() => fetch("/api/me").then((response) => response.text()));
  return JSON.parse(answer).identity;
}

/** Waits until JupyterLab shows its launcher. */
export async function labIsReady(page: Page): Promise<void> {
  await page.waitForSelector(".jp-LauncherCard[data-category=Notebook]", { timeout: 120_000 });
}
