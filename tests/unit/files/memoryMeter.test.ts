import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { runInNewContext } from "node:vm";
import { beforeEach, describe, it } from "@jest/globals";

const folder = new URL("../../../files/services/jupyter/labextensions/jupyter-up-memory/", import.meta.url);
const source = readFileSync(new URL("memory.js", folder), "utf8");
const MIB = 2 ** 20;

interface Plugin {
  optional: unknown[];
  activate(app: unknown, statusBar: unknown): void;
}
interface Container {
  init(scope: object): void;
  get(): Promise<() => Plugin | Plugin[]>;
}

describe("The memory in JupyterLab's status bar", () => {
  const token = { name: "status bar" };
  let node: { textContent: string; title: string; style: { color: string } };
  let asked: string[];
  let answer: { ok: boolean; memory: Record<string, number> };
  let page: { hidden: boolean; createElement(): typeof node };
  let container: Container;
  let tick: () => Promise<void>;

  const shared = {
    "@jupyterlab/statusbar": { "4.6.6": { get: async () => () => ({ IStatusBar: token }) } },
    "@lumino/widgets": {
      "2.7.1": {
        get: async () => () => ({
          Widget: class {
            node = { append() {} };
          },
        }),
      },
    },
  };
  async function activate(currentWidget: unknown): Promise<Plugin> {
    container.init(shared);
    const plugin = (await container.get())() as Plugin;
    const app = { shell: { currentWidget }, serviceManager: { serverSettings: { baseUrl: "https://jupyter.test/" } } };
    plugin.activate(app, { registerStatusItem() {} });
    await tick();
    return plugin;
  }

  beforeEach(() => {
    asked = [];
    answer = { ok: true, memory: { kernel: 135 * MIB, used: 420 * MIB, limit: 690 * MIB } };
    node = { textContent: "", title: "", style: { color: "" } };
    page = { hidden: false, createElement: () => node };
    const window: { _JUPYTERLAB?: Record<string, Container> } = {};
    runInNewContext(source, {
      window,
      document: page,
      setInterval: (update: typeof tick) => {
        tick = update;
      },
      fetch: async (url: string) => {
        asked.push(url);
        return { ok: answer.ok, json: async () => answer.memory };
      },
    });
    const found = window._JUPYTERLAB?.["jupyter-up-memory"];
    assert.ok(found);
    container = found;
  });

  it("shows the kernel of the current tab, and all notebooks", async () => {
    const { optional } = await activate({ sessionContext: { session: { kernel: { id: "1-2" } } } });
    assert.equal(optional[0], token);
    assert.ok(asked.every((url) => url === "https://jupyter.test/memory/1-2"));
    assert.equal(node.textContent, "Memory: kernel 135 MiB, all 420 MiB of 690 MiB");
    assert.equal(node.style.color, "");
  });

  it("shows only all notebooks beside a tab without a kernel", async () => {
    answer.memory.kernel = 0;
    await activate(null);
    assert.equal(asked[0], "https://jupyter.test/memory/");
    assert.equal(node.textContent, "Memory: 420 MiB of 690 MiB");
  });

  it("is red from 85 % on, and shows large machines in GiB", async () => {
    answer.memory = { kernel: 0, used: 85 * 2 ** 30, limit: 100 * 2 ** 30 };
    await activate(null);
    assert.equal(node.textContent, "Memory: 85.0 GiB of 100.0 GiB");
    assert.match(node.style.color, /error/);
  });

  it("shows nothing while the server does not answer, and sends no requests from a hidden page", async () => {
    await activate(null);
    answer.ok = false;
    await tick();
    assert.equal(node.textContent, "");
    const before = asked.length;
    page.hidden = true;
    await tick();
    assert.equal(asked.length, before);
  });

  it("adds no plugin to an application without a status bar", async () => {
    container.init({ "@lumino/widgets": shared["@lumino/widgets"] });
    const plugins = (await container.get())() as Plugin[];
    assert.equal(plugins.length, 0);
  });

  it("is loaded from the file that its package names", () => {
    const { jupyterlab } = JSON.parse(readFileSync(new URL("package.json", folder), "utf8"));
    assert.ok(readFileSync(new URL(jupyterlab._build.load, folder)).length > 0);
  });
});
