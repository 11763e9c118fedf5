import { type Browser, launch } from "puppeteer-core";

/**
 * Firefox as Debian packages it, by WebDriver BiDi. Playwright can drive only a Firefox that was built for it.
 * @param hosts host names that are on this machine
 */
export function launchFirefox(hosts: string[]): Promise<Browser> {
  return launch({
    browser: "firefox",
    executablePath: process.env.FIREFOX_PATH ?? "/usr/bin/firefox-esr",
    acceptInsecureCerts: true,
    defaultViewport: { width: 1280, height: 800 },
    extraPrefsFirefox: {
      "network.dns.localDomains": hosts.join(","),
      "network.dns.disableIPv6": true,
      // A window that a page opens is one of its own, as puppeteer expects.
      "dom.disable_open_during_load": false,
    },
  });
}
