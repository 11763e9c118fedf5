/** The programs that sign people in are down, with the real nginx and Jupyter. */
import assert from "node:assert/strict";
import { statSync, utimesSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { selfSigned } from "../../offline/support/certificate.ts";
import { freePort } from "../../offline/support/freePort.ts";
import { run, start } from "../support/command.ts";
import { type RunningSite, runningSite } from "../support/runningSite.ts";
import { sessionIn } from "../support/sealed.ts";
import { hostNames, siteWith } from "../support/site.ts";
import { until } from "../support/until.ts";
import { ask, navigation, visitor } from "../support/visitor.ts";

const domain = "lab.example.com";
const ann = "ann@example.com";
/** Seconds for which Vouch and Dex are down. JUPYTER_UP_OUTAGE_SECONDS=600 waits for the whole ten minutes. */
const SECONDS = Number(process.env.JUPYTER_UP_OUTAGE_SECONDS ?? 24);
/** Minutes without use that pass at once, so many times. */
const [UNUSED, TIMES] = [5.5, 4];
const settings = {
  domain,
  allow: [ann],
  session: { idle: "6m" },
  apps: ["whoami", "other"].map((name) => ({ name, image: "docker.io/traefik/whoami:v1.11.0", port: 80 })),
};

describe("While Vouch and Dex are down", () => {
  let site: RunningSite;
  let port: number;
  let down: string[];
  const certificate = selfSigned(hostNames(siteWith({ settings })));

  beforeAll(async () => {
    port = await freePort();
    site = runningSite(["nginx", "vouch", "dex", "jupyter", "whoami", "other"]);
    const layout = { httpsPort: port, httpPort: await freePort() };
    const passwordHashes = { [ann]: `$2b$10$${"x".repeat(53)}` };
    const { code, output } = await site.release({ settings, layout, secrets: { ...certificate, passwordHashes } });
    assert.equal(code, 0, output);
    down = [await site.container("vouch"), await site.container("dex")];
  });
  afterAll(() => site?.remove());

  /*
   * nginx asks Vouch only when a session begins, so what could depend on the length of an outage is: times in sessions (last use, cookie), and
   * what nginx does again and again (DNS lookups every 2 s, connections that were idle for 10 s, checks of WebSockets twice a second).
   * The second happens many times in these seconds. The first passes faster here: the note of the last use is set back, four times by
   * 5.5 minutes of the 6 that a session lasts without use. So 22 minutes pass for the session, which goes on by being used.
   */
  it(
    "people with a session notice nothing for ten minutes: pages, apps, kernels, and a kernel that prints",
    async () => {
      const visitorAnn = visitor(() => port, ann, domain);
      const pages = new Map([
        ["jupyter", "/api/me"],
        ["whoami", "/"],
        ["", "/"],
      ]);
      const host = (label: string) => (label ? `${label}.${domain}` : domain);
      for (const label of pages.keys()) await visitorAnn.at(host(label));
      const cookie = await visitorAnn.at(host("jupyter"));
      const { id } = sessionIn(cookie);
      const lastUse = `${site.host.layout.data}/sessions/open/${id}`;
      const minutesAgo = () => (Date.now() - statSync(lastUse).mtimeMs) / 60_000;

      const authority = `${site.host.folder}/ca.pem`;
      writeFileSync(authority, certificate.certificate);
      const counting = start(process.execPath, ["tests/support/countInKernel.program.ts"], {
        env: {
          ADDRESS: `https://jupyter.${domain}:${port}/`,
          COOKIE: cookie,
          SECONDS: String(SECONDS),
          NODE_EXTRA_CA_CERTS: authority,
        },
      });
      await Promise.race([until("a number", () => /^begun$/m.test(counting.said())), counting.ended]);

      await run("docker", ["stop", "--time", "0", ...down]);
      const answers: string[] = [];
      let slowest = 0;
      try {
        const began = Date.now();
        for (let turn = 1; turn <= TIMES; turn++) {
          const then = Date.now() / 1000 - UNUSED * 60;
          utimesSync(lastUse, then, then);
          const end = began + (turn / TIMES) * SECONDS * 1000;
          const isNoted = () => minutesAgo() < 1 + SECONDS / 60;
          // A cookie that was checked counts for up to ten seconds, which are one use.
          while (Date.now() < end || (!isNoted() && Date.now() < end + 12_000)) {
            for (const [label, path] of pages) {
              const sent = Date.now();
              const headers = { ...navigation, cookie: await visitorAnn.at(host(label)) };
              answers.push(`${label}: ${(await ask(port, host(label), path, { headers })).status}`);
              slowest = Math.max(slowest, Date.now() - sent);
            }
            await sleep(50);
          }
          assert.ok(isNoted(), "the use is noted");
          // An app that the person opens for the first time.
          pages.set("other", "/");
        }
      } finally {
        await run("docker", ["start", ...down]);
      }

      assert.deepEqual([...new Set(answers)].sort(), [...pages.keys()].map((label) => `${label}: 200`).sort());
      assert.ok(answers.length > 4 * SECONDS, `${answers.length} answers`);
      assert.ok(slowest < 5000, `${slowest} ms`);
      const { code, output } = await counting.ended;
      assert.equal(code, 0, output);
      assert.deepEqual(JSON.parse(output.trim().split("\n").at(-1) ?? ""), {
        ...{ end: "ok", isWhole: true, cuts: [], another: ["another\n", "ok"] },
      });
    },
    (SECONDS + 300) * 1000,
  );
});
