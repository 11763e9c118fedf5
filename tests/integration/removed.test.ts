import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { freePort } from "../../offline/support/freePort.ts";
import { type RunningSite, runningSite } from "../support/runningSite.ts";
import { until } from "../support/until.ts";
import { visitor } from "../support/visitor.ts";

const ann = "ann@example.com";
const eve = "Eve@Example.com";

describe("Kernels and terminals of a user who is removed from the allow list", () => {
  let site: RunningSite;
  let httpsPort: number;
  let layout: { httpsPort: number; httpPort: number };

  const released = async (allow: string[]) => {
    const { code, output } = await site.release({ settings: { domain: "lab.example.com", allow }, layout });
    assert.equal(code, 0, output);
    return output;
  };
  const people = new Map([ann, eve, "x@away.example"].map((email) => [email, visitor(() => httpsPort, email)]));
  const personOf = (email: string) => people.get(email) ?? assert.fail(email);
  /** Sends a request to Jupyter through the door, like JupyterLab. */
  async function api(email: string, method: string, path: string) {
    const headers = {
      "sec-fetch-mode": "cors",
      cookie: "_xsrf=x",
      "x-xsrftoken": "x",
    };
    const { status, body } = await personOf(email).visit("jupyter.lab.example.com", path, { method, headers });
    assert.ok(status < 300, `${method} ${path}: ${status} ${body}`);
    return JSON.parse(body);
  }
  /** Requests the front page, which nginx serves itself. */
  const front = async (email: string) =>
    (await personOf(email).visit("lab.example.com", "/", { headers: { "sec-fetch-mode": "cors" } })).status;
  const kernels = async () => (await api(ann, "GET", "/api/kernels")).map(({ id }: { id: string }) => id);
  const terminals = async () => (await api(ann, "GET", "/api/terminals")).map(({ name }: { name: string }) => name);
  /** The number of running processes of each user. */
  async function owners(): Promise<Record<string, number>> {
    const script = "cat /proc/[0-9]*/environ 2>/dev/null | tr '\\0' '\\n' | sed -n 's/^JUPYTER_STARTED_BY=//p'";
    const { output } = await site.exec("jupyter", ["sh", "-c", script]);
    const names = output.split("\n").filter(Boolean);
    return Object.fromEntries([...new Set(names)].map((name) => [name, names.filter((each) => each === name).length]));
  }
  const startAs = (person: string) =>
    site.exec("jupyter", ["sh", "-c", `JUPYTER_STARTED_BY='${person}' setsid sleep 600 >/dev/null 2>&1 &`]);

  beforeAll(async () => {
    site = runningSite(["nginx", "vouch", "jupyter"]);
    layout = { httpsPort: await freePort(), httpPort: await freePort() };
    httpsPort = layout.httpsPort;
    await released([ann, eve, "@away.example"]);
  });
  afterAll(() => site.remove());

  it("end with the release, and no others do", async () => {
    const container = await site.container("jupyter");
    const { id: anns } = await api(ann, "POST", "/api/kernels");
    const { name: annsTerminal } = await api(ann, "POST", "/api/terminals");
    const { id: eves } = await api(eve, "POST", "/api/kernels");
    await api(eve, "POST", "/api/terminals");
    await api("x@away.example", "POST", "/api/kernels");
    assert.equal((await kernels()).length, 3);
    await until("all of them run", async () => Object.keys(await owners()).length === 3);
    assert.ok(anns !== eves);
    await startAs(eve);

    // An active user.
    const seen: number[] = [];
    const stays = setInterval(() => void front(eve).then((status) => seen.push(status)), 200);
    const output = await released([ann]);
    clearInterval(stays);
    assert.ok(seen.includes(200));
    // Not on the list any more, and soon without a session.
    assert.ok([401, 403].includes(await front(eve)));
    await until("the session has ended", async () => (await front(eve)) === 401, 5);
    assert.equal(await front(ann), 200);
    assert.match(
      output,
      /^jupyter says: eve@example\.com is not on the allow list any more\. Ended: 1 kernel\(s\), [2-9] other process\(es\)\.$/im,
    );
    assert.match(
      output,
      /^jupyter says: x@away\.example is not on the allow list any more\. Ended: 1 kernel\(s\), 0 other process\(es\)\.$/m,
    );
    assert.match(
      output,
      /^Removed from the allow list: eve@example\.com @away\.example\. Other programs that they left in jupyter may still run until its container is recreated, which ends all kernels: docker compose --project-name \S+ --file '\S+' up --detach --no-deps --force-recreate jupyter\. /m,
    );
    assert.match(output, /^jupyter: keeps running$/m);
    // Longer than Jupyter takes to restart a dead kernel.
    await sleep(4000);
    assert.deepEqual(Object.keys(await owners()), [ann]);
    assert.deepEqual(await kernels(), [anns]);
    assert.deepEqual(await terminals(), [annsTerminal]);
    assert.equal(await site.container("jupyter"), container);
  });

  it("are not mentioned if nobody was removed", async () => {
    const output = await released([ann, "new@example.com"]);
    assert.doesNotMatch(output, /allow list/);
    assert.equal((await kernels()).length, 1);
  });

  it("are found by GitHub user names in any letter case, and by domains; those without a user are kept", async () => {
    for (const person of ["Ann-Lee", "eve-lee", "BOB@kept.example", "bob@other.example", ""]) await startAs(person);
    const allow = "ann-lee\n@kept.example\nann@example.com\n";
    const { code, output } = await site.exec("jupyter", ["python3", "/usr/local/etc/jupyter-up/end_removed.py"], allow);
    assert.equal(code, 0, output);
    assert.deepEqual(output.trim().split("\n"), [
      "bob@other.example is not on the allow list any more. Ended: 0 kernel(s), 1 other process(es).",
      "eve-lee is not on the allow list any more. Ended: 0 kernel(s), 1 other process(es).",
    ]);
    assert.deepEqual(Object.keys(await owners()).sort(), ["Ann-Lee", "BOB@kept.example", ann].sort());
  });
});
