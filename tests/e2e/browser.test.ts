import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import type { Browser } from "playwright-core";
import { launch, person } from "./support/browser.ts";
import { docker } from "./support/docker.ts";

describe("the browser of these tests", () => {
  const server = createServer();
  const network = `jupyter-up-browser-${process.pid}`;
  let browser: Browser;

  beforeAll(async () => {
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    browser = await launch();
  });
  afterAll(async () => {
    await browser?.close();
    server.close();
    await docker("network", "rm", network);
  });

  it("waits for an answer although a network of the machine is created meanwhile", async () => {
    const { page } = await person(browser);
    assert.equal(await page.evaluate("navigator.onLine"), true);
    const { port } = server.address() as AddressInfo;
    const outcome = page.goto(`https://127.0.0.1:${port}/`).catch(String);
    const [connection] = (await once(server, "connection")) as [Socket];
    await docker("network", "create", network);
    // Chromium repeats the request once.
    server.on("connection", (again) => again.destroy());
    connection.destroy();
    assert.match(String(await outcome), /ERR_CONNECTION_(CLOSED|RESET)/);
  });
});
