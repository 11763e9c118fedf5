import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { runInNewContext } from "node:vm";
import { beforeEach, describe, it } from "@jest/globals";

const source = new URL("../../../files/services/jupyter/labextensions/jupyter-up/resend.js", import.meta.url);

/** A WebSocket without a server. Like a browser's, it has the handler behind an accessor. */
class Socket {
  #onmessage: ((event: { data: unknown }) => void) | null = null;
  readonly url: string;
  readonly protocols: string[];
  readonly sent: unknown[] = [];

  constructor(url: string, protocols: string[]) {
    this.url = url;
    this.protocols = protocols;
  }

  send(data: unknown): void {
    this.sent.push(data);
  }

  get onmessage() {
    return this.#onmessage;
  }

  set onmessage(handler) {
    this.#onmessage = handler;
  }
}

/** A message in Jupyter's binary protocol. */
function message(id: string): ArrayBuffer {
  const parts = ["iopub", JSON.stringify({ msg_id: id, username: "zoë" }), "{}", "{}", "{}"].map((part) =>
    Buffer.from(part),
  );
  const head = 8 * (parts.length + 2);
  const offsets = [head];
  for (const part of parts) offsets.push((offsets.at(-1) ?? 0) + part.length);
  const numbers = Buffer.alloc(head);
  for (const [at, value] of [offsets.length, ...offsets].entries()) numbers.writeBigUInt64LE(BigInt(value), 8 * at);
  return Uint8Array.from(Buffer.concat([numbers, ...parts])).buffer;
}

describe("JupyterLab's page", () => {
  let WebSocket: typeof Socket;
  let received: unknown[];
  const kernel = "wss://jupyter.example.com/api/kernels/1-2/channels?session_id=";

  const socket = (url: string) => {
    const made = new WebSocket(url, ["v1.kernel.websocket.jupyter.org"]);
    made.onmessage = ({ data }) => received.push(data);
    return made;
  };

  beforeEach(async () => {
    received = [];
    const window: { _JUPYTERLAB?: Record<string, { init(): void; get(): Promise<() => Plugin> }> } = {};
    interface Plugin {
      autoStart: boolean;
      activate(app: unknown): void;
    }
    runInNewContext(readFileSync(source, "utf8"), { window, TextDecoder, Uint8Array });
    // The same calls as JupyterLab's loader. It takes a CommonJS module, one without `__esModule`, for the plugin itself.
    const container = window._JUPYTERLAB?.["jupyter-up"];
    container?.init();
    const plugin = (await container?.get())?.();
    assert.ok(plugin && !("__esModule" in plugin));
    const serverSettings = { WebSocket: Socket };
    plugin?.activate({ serviceManager: { serverSettings } });
    assert.equal(plugin?.autoStart, true);
    WebSocket = serverSettings.WebSocket;
  });

  it("asks for messages again on the WebSockets of kernels, and on no others", () => {
    assert.equal(socket(`${kernel}a`).url, `${kernel}a&resend=1`);
    assert.deepEqual(socket(`${kernel}a`).protocols, ["v1.kernel.websocket.jupyter.org"]);
    for (const other of ["wss://x/terminals/websocket/1", "wss://x/api/events/subscribe"])
      assert.equal(socket(other).url, other);
  });

  it("passes a message on once, although the server sends it again on the session's next connection", () => {
    const [first, second] = [message("1"), message("2")];
    socket(`${kernel}a`).onmessage?.({ data: first });
    const next = socket(`${kernel}a`);
    for (const data of [first, second, second]) next.onmessage?.({ data });
    assert.deepEqual(received, [first, second]);
  });

  it("sends the server's question back, which confirms the messages before it", () => {
    const one = socket(`${kernel}a`);
    one.onmessage?.({ data: '{"confirm": 7}' });
    assert.deepEqual([one.sent, received], [['{"confirm": 7}'], []]);
  });

  it("passes a message on to each session of a kernel", () => {
    const data = message("1");
    for (const session of ["a", "b"]) socket(`${kernel}${session}`).onmessage?.({ data });
    assert.deepEqual(received, [data, data]);
  });

  it("reads messages of Jupyter's older protocol, which are text", () => {
    const data = JSON.stringify({ header: { msg_id: "1" } });
    for (const each of [data, data]) socket(`${kernel}a`).onmessage?.({ data: each });
    assert.deepEqual(received, [data]);
  });

  it("passes everything on from other WebSockets", () => {
    const terminal = socket("wss://x/terminals/websocket/1");
    for (const data of ["a", "a"]) terminal.onmessage?.({ data });
    assert.deepEqual(received, ["a", "a"]);
  });

  it("remembers more messages than the server sends again, and not all", () => {
    const of = (text: string) => Number(/MOST_MESSAGES, .*= ([\d_]+)/.exec(text)?.[1]?.replaceAll("_", ""));
    const sentAgain = of(
      readFileSync(new URL("../../../files/services/jupyter/jupyter_up/connections.py", import.meta.url), "utf8"),
    );
    assert.ok(sentAgain > 0);
    const one = socket(`${kernel}a`);
    const text = (id: number) => JSON.stringify({ header: { msg_id: `${id}` } });
    for (let id = 0; id <= sentAgain; id++) one.onmessage?.({ data: text(id) });
    received = [];
    one.onmessage?.({ data: text(0) });
    assert.deepEqual(received, []);
    for (let id = sentAgain; id < 30_000; id++) one.onmessage?.({ data: text(id) });
    received = [];
    one.onmessage?.({ data: text(0) });
    assert.deepEqual(received, [text(0)]);
  });
});
