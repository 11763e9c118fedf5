/**
 * Replays every case of contract.json, which was recorded from the real Vouch Proxy 0.45.1, against the fake. With
 * VOUCH_BINARY=/path/to/vouch-proxy, the same cases run against that program.
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, test } from "@jest/globals";
import { type ConfigName, contractConfigs, jwtSecret } from "./testing/configs.ts";
import { FakeProvider } from "./testing/fakeProvider.ts";
import { expected, fill } from "./testing/placeholders.ts";
import { makeToken } from "./testing/tokens.ts";
import { type Answer, VouchProcess } from "./testing/vouchProcess.ts";

interface Case {
  name: string;
  given: { method: string; path: string; headers: Record<string, string>; cookie?: string; config?: ConfigName };
  expect: {
    status: number;
    location?: string;
    headers?: Record<string, string | string[] | null>;
    bodyContains?: string;
    storedUrl?: string;
    processDies?: boolean;
  };
}

const cases = JSON.parse(readFileSync(new URL("contract.json", import.meta.url), "utf8")) as Case[];
const provider = new FakeProvider();
const running = new Map<ConfigName, VouchProcess>();

beforeAll(async () => {
  await provider.start();
  for (const [name, config] of Object.entries(contractConfigs(provider))) {
    running.set(name as ConfigName, await VouchProcess.start(config));
  }
});

afterAll(async () => {
  for (const vouch of running.values()) await vouch.stop();
  await provider.stop();
});

/** An unfinished sign-in: the session cookie's value and the state. */
async function beginSignIn(vouch: VouchProcess, config: ConfigName) {
  const prefix = config === "sso" ? "/sso" : "";
  const wanted = config === "sso" ? "http://jupyter.lab.test/x" : "http://app.lab.test/x";
  return sessionOf(await vouch.get(`${prefix}/login?url=${wanted}`, { Host: "auth.lab.test" }));
}

function sessionOf({ headers }: Answer) {
  const cookie = headers["set-cookie"]?.find((line) => line.startsWith("VouchSession=")) ?? "";
  const [, session = "", path = "", state = ""] = /^VouchSession=([^;]+); Path=(.*\/auth\/(\w+)\/);/.exec(cookie) ?? [];
  assert.ok(session, `no session cookie among ${headers["set-cookie"]}`);
  return { session, path, state };
}

/** Values for the placeholders of one case: the same placeholder has the same value throughout it. */
function placeholders(vouch: VouchProcess, config: ConfigName) {
  const known = new Map<string, string>();
  const signIn = async () => {
    const { session, state } = await beginSignIn(vouch, config);
    known.set("session", session).set("state", state);
  };
  const token = async (name: string) => {
    const value = makeToken(name, jwtSecret);
    const prefix = config === "sso" ? "/sso" : "";
    const headers = { Host: "app.lab.test", Cookie: `VouchCookie=${value}` };
    if (name === "cachedCookie") await vouch.get(`${prefix}/validate`, headers);
    if (name === "loggedOutCookie") await vouch.get(`${prefix}/logout`, headers);
    return value;
  };
  const code = async (name: string, email = "alice@example.org") => {
    const value = provider.code(email);
    if (name === "usedCode") {
      const { session, state } = await beginSignIn(vouch, config);
      await vouch.get(`/auth/${state}/?code=${value}&state=${state}`, { Cookie: `VouchSession=${session}` });
    }
    return value;
  };
  return {
    /** The value of a placeholder in what is sent. */
    async toSend(text: string): Promise<string | undefined> {
      const repeated = /^(.)\*(\d+)$/.exec(text);
      if (repeated) return repeated[1]?.repeat(Number(repeated[2]));
      const [name = "", modifier] = text.split(":");
      if (!known.has(name)) {
        if (name === "session" || name === "state") await signIn();
        else if (name === "goodCode" || name === "usedCode") known.set(name, await code(name, modifier));
        else known.set(name, await token(name));
      }
      const value = known.get(name);
      if (modifier === "head") return value?.slice(0, 100);
      return modifier === "tail" ? value?.slice(100) : value;
    },
    /** The value of a placeholder in what is expected; undefined for one that stands for a shape. */
    toExpect(name: string): string | undefined {
      const { oauth } = contractConfigs(provider)[config] as { oauth: Record<string, string> };
      if (name === "idpAuthUrl") return oauth.auth_url;
      if (name === "clientId") return oauth.client_id;
      if (name === "callbackUrl:encoded") return encodeURIComponent(oauth.callback_url ?? "");
      return known.get(name);
    },
  };
}

/** Completes the sign-in that the answer began and returns the final URL. */
async function storedUrl(vouch: VouchProcess, answer: Answer): Promise<string | undefined> {
  const { session, path, state } = sessionOf(answer);
  const query = `code=${provider.code("alice@example.org")}&state=${state}`;
  return (await vouch.get(`${path}?${query}`, { Cookie: `VouchSession=${session}` })).headers.location;
}

for (const { name, given, expect } of cases) {
  test(`Vouch keeps its contract: ${name}`, async () => {
    const config = given.config ?? "root";
    const vouch = expect.processDies
      ? await VouchProcess.start(contractConfigs(provider)[config])
      : (running.get(config) as VouchProcess);
    const values = placeholders(vouch, config);
    const headers: Record<string, string> = {};
    for (const [key, value] of Object.entries(given.headers)) headers[key] = await fill(value, values.toSend);
    if (given.cookie !== undefined) headers.Cookie = await fill(given.cookie, values.toSend);

    const answer = await vouch.ask({ method: given.method, path: await fill(given.path, values.toSend), headers });

    assert.equal(answer.status, expect.status, answer.body);
    const shape = async (text: string, whole = true) => expected(await fill(text, values.toExpect), whole);
    if (expect.location !== undefined) assert.match(answer.headers.location ?? "", await shape(expect.location));
    for (const [key, value] of Object.entries(expect.headers ?? {})) {
      const got = answer.headers[key.toLowerCase()];
      if (value === null) assert.equal(got, undefined, `${key} should not be there`);
      else if (typeof value === "string") assert.match(String(got), await shape(value));
      else {
        const lines = [got ?? []].flat();
        assert.equal(lines.length, value.length, `${key}: ${lines.join("\n")}`);
        for (const [at, line] of value.entries()) assert.match(lines[at] ?? "", await shape(line));
      }
    }
    if (expect.bodyContains !== undefined) assert.match(answer.body, await shape(expect.bodyContains, false));
    if (expect.storedUrl !== undefined) assert.equal(await storedUrl(vouch, answer), expect.storedUrl);
    if (expect.processDies) {
      assert.equal(await vouch.ended(), 2);
      await vouch.stop();
    }
  });
}
