import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { clientCertificate } from "../../offline/support/certificate.ts";
import { freePort } from "../../offline/support/freePort.ts";
import { run } from "../support/command.ts";
import { type RunningSite, runningSite } from "../support/runningSite.ts";

const name = "jupyter.lab.example.com";
/** The source address of this machine's requests, as containers see it. */
const fromHere = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"];

describe("nginx behind Cloudflare", () => {
  const folder = mkdtempSync(join(tmpdir(), "edge-"));
  const own = clientCertificate();
  const others = clientCertificate();
  let site: RunningSite;
  let ports: { httpsPort: number; httpPort: number };

  /** The status for a client with or without a certificate, and with a header that names its address. */
  async function status(
    shown?: ReturnType<typeof clientCertificate>,
    { address = "198.51.100.9", host = name, path = "/lab", more = [] as string[] } = {},
  ): Promise<string> {
    const certificate = join(folder, "client.pem");
    if (shown) writeFileSync(certificate, shown.clientCertificate + shown.clientKey, { mode: 0o600 });
    const { output } = await run("curl", [
      ...["--silent", "--insecure", "--max-time", "10", "--output", "/dev/null", "--write-out", "%{http_code}"],
      ...["--header", `CF-Connecting-IP: ${address}`, "--resolve", `${host}:${ports.httpsPort}:127.0.0.1`, ...more],
      ...(shown ? ["--cert", certificate] : []),
      `https://${host}:${ports.httpsPort}${path}`,
    ]);
    return output;
  }

  /** The client address that nginx has logged last. */
  async function lastVisitor(): Promise<string | undefined> {
    const { output } = await run("docker", ["logs", await site.container("nginx")]);
    return output
      .split("\n")
      .filter((line) => line.includes(` ${name} GET /lab `))
      .at(-1)
      ?.split(" ")[0];
  }

  const release = (ipv4: string[]) => site.release({ edge: { ipv4, ipv6: [] }, layout: ports, secrets: own });

  beforeAll(async () => {
    ports = { httpsPort: await freePort(), httpPort: await freePort() };
    site = runningSite(["nginx", "vouch"]);
    const { code, output } = await release(fromHere);
    assert.equal(code, 0, output);
  });
  afterAll(async () => {
    await site?.remove();
    rmSync(folder, { recursive: true });
  });

  it("passes the smoke test with a client certificate", async () => {
    const door = ["wget", "-q", "-O", "-", "http://127.0.0.1:8081/door"];
    assert.deepEqual(await site.exec("nginx", door), { code: 0, output: "the door asks who is there\n" });
  });

  it("answers a client with the certificate", async () => {
    assert.equal(await status(own), "401");
  });

  it("refuses a client without a certificate, or with one of another authority of the same name", async () => {
    assert.equal(await status(), "400");
    assert.equal(await status(others), "400");
  });

  it("identifies the real client address", async () => {
    await status(own);
    assert.equal(await lastVisitor(), "198.51.100.9");
  });

  describe("counts as one client, for the limit of password attempts,", () => {
    const tried = (address: string) =>
      status(own, { address, host: "dex.lab.example.com", path: "/auth/local/login", more: ["--data", "password=x"] });
    const rows: [what: string, addresses: string[], other: string][] = [
      ["an IPv6 /64, zeros left out", ["2001:db8::1", "2001:db8::2:3", "2001:db8::a:b:c:d"], "2001:db8:0:1::1"],
      ["an IPv6 /64", ["2001:db8:1:2::1", "2001:db8:1:2:a:b:c:d", "2001:db8:1:2:ffff::"], "2001:db8:1:3::1"],
    ];
    for (const [what, addresses, other] of rows)
      it(what, async () => {
        const answers: string[] = [];
        for (let attempt = 0; attempt < 12; attempt++)
          answers.push(await tried(addresses[attempt % addresses.length] ?? ""));
        assert.deepEqual([...new Set(answers.slice(0, 10))], ["502"], "Dex is not there");
        assert.ok(answers.includes("429"), answers.join(" "));
        assert.equal(await tried(other), "502");
      });
    it("and also limits all clients together", async () => {
      const answers: string[] = [];
      for (let client = 0; client < 60; client++) answers.push(await tried(`203.0.113.${client}`));
      assert.ok(answers.includes("429"), answers.join(" "));
      assert.ok(answers.includes("502"), answers.join(" "));
    });
  });

  it("trusts the header with the client's address only from Cloudflare's ranges", async () => {
    const { code, output } = await release(["173.245.48.0/20"]);
    assert.equal(code, 0, output);
    assert.equal(await status(own), "401");
    assert.notEqual(await lastVisitor(), "198.51.100.9");
  });
});
