import type { Page } from "playwright-core";
import { linesOf, openTerminal, startInNewNotebook } from "../e2e/support/browser.ts";
import { until } from "../support/until.ts";
import { probe } from "./doorProbe.ts";

/** Milliseconds between two requests to a host name. */
const EVERY = 20;
/** A request without an answer after this time has failed, in milliseconds. */
const PATIENCE = 5000;
/** The cell prints a line this often, in seconds, so many times. */
const LINE_EVERY = 0.05;
const LINES = 400;
/** Seconds after which a cell that prints nothing has lost its kernel. */
const SILENCE = 20;

/** A page that is asked for again and again, as a signed-in person. */
export interface Watched {
  port: number;
  host: string;
  path: string;
  cookie: string;
}

/** What a change of the site did to the people who used it. */
export interface Noticed {
  /** Duration of the change. */
  seconds: number;
  /** The longest time between two good answers, of each host name, in seconds. */
  outages: Record<string, number>;
  asked: number;
  failed: number;
  /** Requests that were sent again, as by browsers; see doorProbe.ts. */
  repeated: number;
  /** Whether the cell printed its last line. */
  kernelStays: boolean;
  /** Lines of the cell that are missing, and that are there more than once. */
  lost: number;
  doubled: number;
  /** WebSockets of the page that were cut: the kernel's and the terminal's. */
  cut: number;
}

/**
 * Watches a site while something is done to it: requests to host names, and a page of JupyterLab whose cell prints numbered lines.
 * @param page JupyterLab with its launcher
 */
export async function watch(watched: Watched[], page: Page, change: () => Promise<void>): Promise<Noticed> {
  let cut = 0;
  page.on("websocket", (socket) => socket.on("close", () => cut++));
  await startInNewNotebook(
    page,
    `import time\nfor n in range(${LINES}): print(n, flush=True); time.sleep(${LINE_EVERY})`,
  );
  await openTerminal(page);
  await page.getByRole("tab", { name: /Untitled/ }).click();
  await until("the first line", async () => (await linesOf(page)).length > 0);
  const probes = watched.map((each) => probe({ address: "127.0.0.1", every: EVERY, patience: PATIENCE, ...each }));
  const began = performance.now();
  await change();
  const seconds = (performance.now() - began) / 1000;
  const lines = await lastLines(page);
  const seen = await Promise.all(probes.map((end) => end()));
  const total = (count: "asked" | "failed" | "repeated") => seen.reduce((sum, each) => sum + each[count], 0);
  return {
    seconds,
    outages: Object.fromEntries(seen.map(({ outage }, index) => [watched[index]?.host ?? "", outage / 1000])),
    asked: total("asked"),
    failed: total("failed"),
    repeated: total("repeated"),
    kernelStays: lines.includes(`${LINES - 1}`),
    lost: LINES - new Set(lines).size,
    doubled: lines.length - new Set(lines).size,
    cut,
  };
}

/** The lines of the cell when it has ended, or prints nothing any more. */
async function lastLines(page: Page): Promise<string[]> {
  let lines: string[] = [];
  let newest = performance.now();
  await until(
    "the end of the cell",
    async () => {
      const now = await linesOf(page);
      if (now.length !== lines.length) newest = performance.now();
      lines = now;
      return lines.includes(`${LINES - 1}`) || performance.now() - newest > SILENCE * 1000;
    },
    300,
  );
  return lines;
}
