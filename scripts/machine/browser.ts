import { installPackages } from "../../offline/setup/debian.ts";
import type { DebianRelease } from "../../offline/setup/environment.ts";
import { findExecutable, isExecutable } from "../cli/command.ts";
import { PlainError } from "../cli/plainError.ts";
import type { Say } from "../cli/step.ts";

const names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
const macOsApplications = [
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
];

/**
 * The path of a Chromium or Chrome on this machine: BROWSER_PATH, else an installed one; undefined if there is none.
 */
export function findBrowser(): string | undefined {
  const given = process.env.BROWSER_PATH;
  if (given) return given;
  return names.map((name) => findExecutable(name)).find(Boolean) ?? macOsApplications.find(isExecutable);
}

/** Path of a Firefox on this machine: FIREFOX_PATH, else an installed one. As root on Debian, installs it. Otherwise undefined. */
export async function ensureFirefox(debianRoot: DebianRelease | undefined, say: Say): Promise<string | undefined> {
  const given = process.env.FIREFOX_PATH;
  if (given) return given;
  const find = () => ["firefox-esr", "firefox"].map((name) => findExecutable(name)).find(Boolean);
  if (find() === undefined && debianRoot) await installPackages(["firefox-esr"], say);
  return find() ?? ["/Applications/Firefox.app/Contents/MacOS/firefox"].find(isExecutable);
}

/** Makes sure that there is a browser for the tests, and returns its path. As root on Debian, installs Chromium. */
export async function ensureBrowser(debianRoot: DebianRelease | undefined, say: Say): Promise<string> {
  if (findBrowser() === undefined && debianRoot) await installPackages(["chromium"], say);
  const browser = findBrowser();
  if (browser) return browser;
  throw new PlainError(
    "The end-to-end tests drive a real browser, and neither Chromium nor Chrome is installed.",
    process.platform === "darwin"
      ? "Install one: brew install --cask google-chrome. Then run the tests again."
      : "Install one: sudo apt-get install chromium (or set BROWSER_PATH to the one you have). Then run the tests again.",
  );
}
