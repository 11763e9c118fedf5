import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import * as pulumi from "@pulumi/pulumi";
import * as state from "@pulumi/pulumi/runtime/state.js";
import { run } from "../../support/command.ts";

/** Parts of the SDK's state that its types lack. */
interface State {
  withLocalStorage(program: () => Promise<void>): Promise<void>;
  getStore(): { settings: { engine: Engine } };
}

/** The engine's service for messages, whose type has no declarations. */
interface Engine {
  log(request: { getMessage(): string }, answer: () => void): void;
}

/** The messages that the engine gets from a program with one resource and one message for people. */
async function messagesOfProgram(): Promise<string[]> {
  const messages: string[] = [];
  const engine: Engine = {
    log: (request, answer) => {
      messages.push(request.getMessage());
      answer();
    },
  };
  // The store of a program that the Automation API runs. Mocks have no engine.
  const { withLocalStorage, getStore } = state as unknown as State;
  await withLocalStorage(async () => {
    await pulumi.runtime.setMocks({ newResource: ({ inputs }) => ({ id: "1", state: inputs }), call: () => ({}) });
    getStore().settings.engine = engine;
    new pulumi.ComponentResource("jupyter-up:index:Test", "test");
    await pulumi.log.info("for people");
    await pulumi.runtime.disconnect();
  });
  return messages;
}

describe("The program's start", () => {
  it("switches the SDK's debug messages off, and no others", async () => {
    assert.ok((await messagesOfProgram()).some((message) => message.startsWith("Registering resource: ")));
    await import("../../../components/startup.ts");
    assert.deepEqual(await messagesOfProgram(), ["for people"]);
  });

  it("keeps Node from loading large packages that the program does not use", async () => {
    const script = `
      import("./components/startup.ts").then(() => {
        const loaded = Object.keys(require.cache).map((file) => file.replace(/.*node_modules[/]/, ""));
        console.log(loaded.filter((file) => /^(@pulumi[/]pulumi[/]index.js|typescript[/]|@npmcli[/])/.test(file)).join());
      });`;
    const { code, output } = await run(process.execPath, ["-e", script]);
    assert.deepEqual({ code, output }, { code: 0, output: "@pulumi/pulumi/index.js\n" });
  });
});
