import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { runInNewContext } from "node:vm";
import { afterAll, afterEach, beforeEach, describe, it } from "@jest/globals";

const file = "../../../files/services/jupyter/labextensions/jupyter-up-sign-in/signIn.js";
const source = readFileSync(new URL(file, import.meta.url), "utf8");
const origin = "https://jupyter.test";

/** The few properties of an HTML element that the plugin uses. */
class Element {
  remove() {}
  append() {}
  setAttribute() {}
  showModal() {}
  contains() {
    return false;
  }
}

describe("The plugin for signing in again", () => {
  const channel = new BroadcastChannel("jupyter-up-sign-in");
  /** Methods, paths and bodies that the server received. */
  let received: [method: string, body: string, token: string | null][];
  let hasSession: boolean;
  let signIn: string;
  let shown: number;
  let reconnected: string[];
  let send: (path: string, init?: RequestInit) => Promise<Response>;
  const channels: { close(): void }[] = [];

  beforeEach(() => {
    received = [];
    hasSession = false;
    signIn = `${origin}/sso-signed-in`;
    shown = 0;
    // Another test's requests may still end.
    const connected: string[] = [];
    reconnected = connected;
    const serverSettings = {
      baseUrl: `${origin}/`,
      fetch: async (request: Request) => {
        received.push([request.method, await request.text(), request.headers.get("X-XSRFToken")]);
        return hasSession ? new Response("done") : Response.json({ message: "over", signIn }, { status: 401 });
      },
    };
    const connection = (name: string, connectionStatus: string) => ({
      connectionStatus,
      reconnect: async () => connected.push(name),
    });
    const widgets = [
      { sessionContext: { session: { kernel: connection("kernel", "connecting") } }, content: {} },
      { content: { session: connection("terminal", "disconnected") } },
      { content: { session: connection("connected", "connected") } },
      {},
    ];
    const window: Record<string, unknown> = { addEventListener() {}, removeEventListener() {} };
    runInNewContext(source, {
      window,
      document: {
        cookie: "other=1; _xsrf=new",
        activeElement: null,
        head: new Element(),
        body: new Element(),
        addEventListener() {},
        removeEventListener() {},
        createElement: (name: string) => {
          if (name === "dialog") shown++;
          return new Element();
        },
      },
      location: { origin },
      BroadcastChannel: class extends BroadcastChannel {
        constructor(name: string) {
          super(name);
          channels.push(this);
        }
      },
      ...{ Request, setTimeout, fetch: async () => new Response() },
    });
    const containers = window._JUPYTERLAB as Record<string, { get(): Promise<() => { activate(app: object): void }> }>;
    const shell = { widgets: (area: string) => (area === "main" ? widgets : []) };
    return containers["jupyter-up-sign-in"]?.get().then((plugin) => {
      plugin().activate({ shell, serviceManager: { serverSettings } });
      send = (path, init) => (serverSettings.fetch as typeof fetch)(`${origin}${path}`, init);
    });
  });
  afterEach(() => {
    for (const each of channels.splice(0)) each.close();
  });

  afterAll(() => channel.close());

  async function signedIn(): Promise<void> {
    await sleep(50);
    hasSession = true;
    channel.postMessage("signed in");
  }

  it("sends a request again, byte for byte, with Jupyter's current token", async () => {
    const body = '{"content": "äöü 🧀 \\u0000 \\r\\n"}';
    const answer = send("/api/contents/a.ipynb", { method: "PUT", body, headers: { "X-XSRFToken": "old" } });
    await signedIn();
    assert.equal(await (await answer).text(), "done");
    assert.deepEqual(received, [
      ["PUT", body, "old"],
      ["PUT", body, "new"],
    ]);
  });

  it("asks once for many requests, and connects what is not connected", async () => {
    const answers = ["/api/kernels", "/api/sessions", "/api/terminals"].map((path) => send(path));
    await signedIn();
    for (const answer of await Promise.all(answers)) assert.equal(answer.status, 200);
    await sleep(50);
    assert.equal(shown, 1);
    assert.deepEqual(reconnected, ["kernel", "terminal"]);
  });

  it("asks again when the next session is over", async () => {
    const first = send("/api/kernels");
    await signedIn();
    await first;
    hasSession = false;
    const second = send("/api/kernels");
    await signedIn();
    assert.equal((await second).status, 200);
    assert.equal(shown, 2);
  });

  it("passes on an answer of another kind, and leads to no other site", async () => {
    hasSession = true;
    assert.equal(await (await send("/api/kernels")).text(), "done");
    hasSession = false;
    for (const other of ["https://evil.test/", "https://jupyter.test.evil.test/", "javascript:alert()", ""]) {
      signIn = other;
      assert.equal((await send("/api/kernels")).status, 401);
    }
    assert.equal(shown, 0);
  });
});
