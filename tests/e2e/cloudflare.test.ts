import assert from "node:assert/strict";
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import type { Browser, Page } from "playwright-core";
import { inventory } from "../../offline/cloud/inventory.ts";
import { createRecord, deleteRecord } from "../../offline/cloud/records.ts";
import { cutWebSockets } from "../../offline/edge/container.ts";
import { type DnsEntry, entryPath, recordType } from "../../offline/providers/packages/cloudflare/dns.ts";
import { writeRulesets } from "../../offline/providers/packages/cloudflare/rulesets.ts";
import { writeSetting } from "../../offline/providers/packages/cloudflare/zoneSettings.ts";
import { addZone } from "../../offline/providers/packages/cloudflare/zones.ts";
import { attempt } from "../../scripts/cli/command.ts";
import { until } from "../support/until.ts";
import {
  labIsReady,
  launch,
  linesOf,
  openTerminal,
  person,
  signIn,
  startInNewNotebook,
  whoAmI,
} from "./support/browser.ts";
import { CloudStack, onGoogle } from "./support/cloudStack.ts";

const NOTHING = { resources: [], containers: [], networks: [] };
const domain = "lab.example.com";
const name = `jupyter.${domain}`;
const names = [domain, `vouch.${domain}`, `dex.${domain}`, name];

/** Each test continues with the site of the test before it. */
describe("a site behind Cloudflare", () => {
  let stack: CloudStack;
  let zoneId: string;
  let address: string;
  let browser: Browser | undefined;
  let page: Page;

  /** The address that public DNS returns for the name. */
  const found = async (): Promise<string> =>
    JSON.parse(await readFile(join(stack.cloud.folder, "zone.json"), "utf8"))[name];

  /** The status and first line of the response to a browser at an address of this machine. */
  async function answer(at: string, ...options: string[]): Promise<string> {
    const { stdout, stderr } = await attempt("curl", [
      ...["--silent", "--show-error", "--max-time", "10", "--write-out", "\n%{http_code}"],
      ...["--header", "Sec-Fetch-Mode: navigate", "--resolve", `${name}:443:${at}`, ...options],
      `https://${name}/lab`,
    ]);
    return stdout.trim() + stderr;
  }

  /** A DNS record created before the stack. */
  async function elsewhere(id: string, type: string, content: string): Promise<void> {
    const time = new Date().toISOString();
    const entry: DnsEntry = {
      id,
      zoneId,
      name,
      type,
      content,
      ttl: 300,
      proxied: false,
      createdOn: time,
      modifiedOn: time,
    };
    await createRecord(stack.cloud, { path: entryPath(zoneId, id), type: recordType, uses: [], properties: entry });
  }

  beforeAll(async () => {
    stack = await CloudStack.make({
      ...onGoogle,
      domain,
      dns: "cloudflare",
    });
    ({ id: zoneId } = await addZone(stack.cloud, domain));
  });
  afterAll(async () => {
    await browser?.close();
    await stack?.destroy();
    await stack?.remove();
  });

  it("is refused with readable messages, before anything is created, while its host names cannot resolve to it", async () => {
    const faults = join(stack.cloud.folder, "faults.json");
    await writeFile(faults, JSON.stringify([{ request: "GET *dns_records*", fault: "no permission" }]));
    assert.match((await stack.pulumi("preview")).text, /cloudflare:apiToken: .* with the permissions .*DNS: Edit/);
    await writeFile(faults, "[]");

    await writeSetting(stack.cloud, zoneId, "ssl", "flexible");
    assert.match(
      (await stack.pulumi("preview")).text,
      /Nothing was changed\. The SSL mode of the zone .* is "flexible"/,
    );
    await writeSetting(stack.cloud, zoneId, "ssl", "strict");

    // All settings of the zone that would harm the site, at once.
    await writeSetting(stack.cloud, zoneId, "websockets", "off");
    await writeSetting(stack.cloud, zoneId, "rocket_loader", "on");
    await writeRulesets(stack.cloud, zoneId, [
      {
        id: "c".repeat(32),
        name: "default",
        kind: "zone",
        phase: "http_request_cache_settings",
        rules: [
          {
            action: "set_cache_settings",
            description: "Keep all",
            enabled: true,
            expression: "true",
            actionParameters: { cache: true, edgeTtl: { mode: "override_origin", default: 3600 } },
          },
        ],
      },
    ]);
    const { text: previewed } = await stack.pulumi("preview");
    assert.match(previewed, /Nothing was changed\. The setting WebSockets of the zone .* is "off"/);
    assert.match(previewed, /The cache rule "Keep all" of the zone .* applies to the site/);
    assert.match(previewed, /warning: The setting Rocket Loader of the zone .* is "on"/);
    await writeSetting(stack.cloud, zoneId, "websockets", "on");
    await writeSetting(stack.cloud, zoneId, "rocket_loader", "off");
    // From here on, the token lacks the permission to read rules, like a token made by the README.
    await rm(join(stack.cloud.folder, "rulesets.json"));

    await elsewhere("a".repeat(32), "A", "198.51.100.1");
    await elsewhere("b".repeat(32), "AAAA", "2001:db8::1");
    const { code, text } = await stack.up();
    assert.equal(code, 1);
    assert.match(
      text,
      new RegExp(`${name} \\(A\\) leads to 198\\.51\\.100\\.1:\n *pulumi import .* ${zoneId}/a{32}\n`),
    );
    assert.match(text, new RegExp(`${name} \\(AAAA\\) leads to 2001:db8::1: delete it`));
    const { containers } = await inventory(stack.cloud);
    assert.deepEqual(containers, []);

    // The command of the message.
    await deleteRecord(stack.cloud, entryPath(zoneId, "b".repeat(32)));
    const [, line = ""] = /pulumi (import .*)/.exec(text) ?? [];
    const imported = await stack.pulumi(...line.split(" "), "--yes");
    assert.equal(imported.code, 0, imported.text);
  });

  it("runs after one `pulumi up`, with a DNS record for every host name, one of them imported", async () => {
    const { code, text, plan } = await stack.up();
    assert.equal(code, 0, text);
    const { [`dns-${name}`]: taken, ...others } = plan;
    assert.equal(taken, "update");
    assert.deepEqual([...new Set(Object.values(others))], ["create"]);
    for (const each of names) assert.ok(plan[`dns-${each}`], each);
    address = await stack.output("address");
    assert.deepEqual((await stack.up()).plan, {});
  });

  it("allows a user to sign in, at its host name in the zone", async () => {
    const edge = await found();
    assert.notEqual(edge, address);
    assert.match(await answer(edge, "--cacert", join(stack.cloud.folder, "public-ca.pem")), /302$/);
    browser = await launch(`MAP *.${domain} ${edge}`);
    ({ page } = await person(browser));
    await page.goto(`https://${name}/lab?reset`);
    await signIn(page, "you@example.com", await stack.output("password"));
    assert.equal((await whoAmI(page)).username, "you@example.com");
  });

  it("shows all output of a notebook once and in order, although Cloudflare cuts every WebSocket meanwhile", async () => {
    await labIsReady(page);
    await startInNewNotebook(page, "import time\nfor n in range(1000): print(n, flush=True); time.sleep(0.01)");
    for (const cutAfter of [199, 499, 799]) {
      await until(`line ${cutAfter}`, async () => (await linesOf(page)).includes(`${cutAfter}`));
      await cutWebSockets(stack.cloud);
    }
    await until("the last line", async () => (await linesOf(page)).includes("999"));
    assert.deepEqual(
      await linesOf(page),
      Array.from({ length: 1000 }, (_, n) => `${n}`),
    );
  });

  it("takes typing in a terminal again within 10 s after Cloudflare has cut every WebSocket", async () => {
    const type = await openTerminal(page);
    const wrote = (file: string) => page.evaluate(async (path) => (await fetch(path)).ok, `/api/contents/${file}`);
    await until("a terminal", async () => {
      await type("touch ~/work/before");
      return wrote("before");
    });
    await cutWebSockets(stack.cloud);
    await type("touch ~/work/after");
    await until("what was typed", () => wrote("after"), 10);
  });

  it("answers only Cloudflare: not at its address, and not from Cloudflare's addresses without the certificate", async () => {
    assert.match(await answer(address, "--insecure"), /^000curl: .*(reset|SSL_ERROR_SYSCALL|Failed to connect)/i);
    const fromTheEdge = ["--insecure", "--interface", await found()];
    assert.match(await answer(address, ...fromTheEdge), /No required SSL certificate was sent[\s\S]*400$/);
  });

  const everyName = (deed: string, part: string) => Object.fromEntries(names.map((each) => [`${part}-${each}`, deed]));
  const around = {
    "host-web-firewall": "update",
    ...everyName("update", "dns"),
    "site-secrets": "update",
    "site-release": "update",
  };
  const pulls = (deed: string) =>
    Object.fromEntries(
      ["authority-key", "authority-certificate", "key", "request", "signed", "certificate", "in-use", ...names].map(
        (part) => [`pulls-${part}`, deed],
      ),
    );

  it("changes to proxied: false without being recreated", async () => {
    const { code, text, plan } = await stack.up({ proxied: false, tls: "private-ca" });
    assert.equal(code, 0, text);
    const { certificates, others } = apart(plan);
    assert.deepEqual(others, { ...around, ...pulls("delete") });
    assert.ok(certificates.includes("certificate-leaf") && certificates.includes("certificate-signed"));
    assert.equal(await found(), address);
    assert.match(await answer(address, "--insecure"), /302$/);
  });

  it("changes back to proxied: true", async () => {
    const { code, text, plan } = await stack.up({ proxied: true, tls: "cloudflare-origin" });
    assert.equal(code, 0, text);
    assert.deepEqual(apart(plan).others, { ...around, ...pulls("create") });
    assert.match(await answer(await found(), "--cacert", join(stack.cloud.folder, "public-ca.pem")), /302$/);
    assert.match(await answer(address, "--insecure"), /^000/);
  });

  it("changes to a domain in another zone: names and certificates are replaced, machine and work stay", async () => {
    const other = "lab.example.org";
    await addZone(stack.cloud, other);
    const { code, text, plan } = await stack.up({ domain: other });
    assert.equal(code, 0, text);
    const { others } = apart(plan);
    const labels = names.map((each) => each.slice(0, -domain.length));
    const renewed = (part: string) =>
      Object.fromEntries(
        labels.flatMap((label) => [
          [`${part}-${label}${domain}`, "delete"],
          [`${part}-${label}${other}`, "create"],
        ]),
      );
    assert.deepEqual(others, {
      ...renewed("dns"),
      ...renewed("pulls"),
      "pulls-certificate": "replace",
      "pulls-in-use": "replace",
      "site-secrets": "update",
      "site-release": "update",
    });
    assert.equal(await stack.output("address"), address);
    assert.equal(await stack.output("url"), `https://jupyter.${other}`);
    assert.equal(await found(), undefined);
    assert.deepEqual((await stack.up()).plan, {});
  });

  it("leaves nothing at Cloudflare or elsewhere when destroyed", async () => {
    const { code, text } = await stack.destroy();
    assert.equal(code, 0, text);
    assert.deepEqual(await inventory(stack.cloud), NOTHING);
    assert.equal(await found(), undefined);
  });
});

/** The parts of the site's certificate, which have the same names with any signer. */
function apart(plan: Record<string, string>): { certificates: string[]; others: Record<string, string> } {
  const isCertificate = ([part]: [string, string]) => part.startsWith("certificate-");
  return {
    certificates: Object.entries(plan)
      .filter(isCertificate)
      .map(([part]) => part),
    others: Object.fromEntries(Object.entries(plan).filter((each) => !isCertificate(each))),
  };
}
