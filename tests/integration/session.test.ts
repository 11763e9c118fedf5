import assert from "node:assert/strict";
import type { OutgoingHttpHeaders } from "node:http";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { freePort } from "../../offline/support/freePort.ts";
import { run } from "../support/command.ts";
import { type RunningSite, runningSite } from "../support/runningSite.ts";
import { until } from "../support/until.ts";
import { answerOf, ask, cookiesOf, navigation, type Question, redirectOf, visitor } from "../support/visitor.ts";

const domain = "lab.example.com";
const passwordHashes = { "ann@example.com": `$2b$10$${"x".repeat(53)}` };

describe("A session", () => {
  let site: RunningSite;
  let port = 0;
  const settings = {
    domain,
    allow: ["ann@example.com", "bob@example.com", "@example.org"],
    signIn: { users: [{ email: "ann@example.com", name: "Ann Lee" }] },
    apps: [
      { image: "docker.io/traefik/whoami:v1.11.0", port: 80, websocket: true, name: "whoami" },
      {
        image: "docker.io/traefik/whoami:v1.11.0",
        port: 80,
        websocket: true,
        name: "narrow",
        allow: ["ann@example.com"],
      },
    ],
  };
  const changes = async () => ({
    settings,
    layout: { httpsPort: port, httpPort: await freePort() },
    secrets: { passwordHashes },
  });
  const person = (email: string, claims = {}) => visitor(() => port, email, domain, claims);
  const visit = (label: string, path: string, headers: OutgoingHttpHeaders = {}, question: Question = {}) =>
    ask(port, label ? `${label}.${domain}` : domain, path, { ...question, headers });
  const open = (label: string, path: string, cookie = "") => visit(label, path, { ...navigation, cookie });
  const whoami = `whoami.${domain}`;

  beforeAll(async () => {
    site = runningSite(["nginx", "vouch", "dex", "whoami", "narrow"]);
    port = await freePort();
    const { code, output } = await site.release(await changes());
    assert.equal(code, 0, output);
    await until("Vouch answers", async () => (await open("vouch", "/signed-out")).status === 200, 15);
  });
  afterAll(() => site?.remove());

  it("begins at the gate, and is taken over by each name", async () => {
    const ann = person("ann@example.com");
    const cookie = await ann.at(whoami);
    assert.match(cookie, /^__Host-session=[0-9]{13}\./);
    const answer = await visit("whoami", "/", { cookie });
    assert.equal(answer.status, 200, answer.body);
    assert.match(answer.body, /X-Auth-User: ann@example.com/);
  });
});
