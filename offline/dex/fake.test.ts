/** Tests that hold only for the fake, not for the real Dex. */

import assert from "node:assert/strict";
import { test } from "@jest/globals";
import { freePort } from "../support/freePort.ts";
import { DexProcess, goodConfig } from "./testing/dexProcess.ts";

const skip = process.env.DEX_BINARY !== undefined;

const beyond: [setting: string, change: object][] = [
  ["storage.type: sqlite3", { storage: { type: "sqlite3" } }],
  ["connectors", { connectors: [{ type: "github", id: "github", name: "GitHub", config: {} }] }],
  ["oauth2.skipApprovalScreen: false", { oauth2: {} }],
  ["grpc.addr", { grpc: { addr: "127.0.0.1:5557" } }],
];

for (const [setting, change] of beyond) {
  (skip ? test.skip : test)(`The fake Dex refuses to start with ${setting}`, async () => {
    const port = await freePort();
    const dex = await DexProcess.spawn({ ...goodConfig(port, "https://dex.lab.test"), ...change }, port);
    assert.equal(await dex.ended(), 2);
    assert.ok(dex.output.includes(`the fake Dex does not know ${setting}`), dex.output);
    await dex.stop();
  });
}

(skip ? test.skip : test)("The fake Dex says on every page what it is", async () => {
  const dex = await DexProcess.start();
  for (const path of ["/", "/auth/local"]) {
    assert.match(await (await fetch(dex.url + path)).text(), /fake Dex/, path);
  }
  await dex.stop();
});
