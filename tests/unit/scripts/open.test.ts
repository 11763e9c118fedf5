import assert from "node:assert/strict";
import { createServer } from "node:net";
import { describe, it } from "@jest/globals";
import { isPortFree } from "../../../scripts/cli/ports.ts";
import { commandFor, forwardFor, instructions } from "../../../scripts/open/forward.ts";
import { readOptions } from "../../../scripts/open/options.ts";

const remote = {
  ssh: "ssh -p 2222 ann@203.0.113.7",
  url: "https://jupyter.lab.localhost:8443",
  user: "you@example.com",
  certificateAuthority: "PEM",
};

describe("The forward of npm run open", () => {
  it("has the port of the site's addresses on both machines, for names below .localhost", () => {
    const forward = forwardFor("vm", remote.url, undefined);
    assert.deepEqual(forward, { here: 8443, there: 8443, isFound: true });
    assert.deepEqual(forwardFor("vm", remote.url, 8443), forward);
    assert.match(
      commandFor(remote.ssh, forward),
      /^ssh -p 2222 ann@203\.0\.113\.7 -N .*-L 127\.0\.0\.1:8443:127\.0\.0\.1:8443$/,
    );
    assert.throws(
      () => forwardFor("vm", remote.url, 9000),
      /part of the site's addresses.*pulumi config set port 9000 -s vm && pulumi up -s vm/s,
    );
  });

  it("leads to port 443 for other names, from a port of this machine that needs no root", () => {
    const url = "https://jupyter.lab.example.com";
    assert.deepEqual(forwardFor("vm", url, undefined), { here: 8443, there: 443, isFound: false });
    assert.deepEqual(forwardFor("vm", url, 9000), { here: 9000, there: 443, isFound: false });
  });

  it("is explained: where to go, with which password, and how browsers find other names", () => {
    const shown = instructions("vm", remote, forwardFor("vm", remote.url, undefined));
    assert.match(shown, /^ {2}Open: {9}https:\/\/jupyter\.lab\.localhost:8443$/m);
    assert.match(shown, /^ {2}Sign in as: {3}you@example\.com$/m);
    assert.doesNotMatch(shown, /resolver/);
    const url = "https://jupyter.lab.example.com";
    const other = instructions("vm", { ...remote, url, user: undefined }, forwardFor("vm", url, 9000));
    assert.ok(
      other.includes('"MAP *.lab.example.com 127.0.0.1:9000, MAP lab.example.com 127.0.0.1:9000" https://jupyter'),
    );
    assert.doesNotMatch(other, /Open:|Sign in as/);
  });

  it("is asked for with options", () => {
    assert.deepEqual(readOptions(["-s", "vm", "--port", "9000"]), { stack: "vm", port: 9000 });
    for (const port of ["0", "65536", "x"]) assert.throws(() => readOptions(["--port", port]), /is no port/);
  });

  it("needs a free port", async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as { port: number };
    assert.equal(await isPortFree(port), false);
    await new Promise((resolve) => server.close(resolve));
    assert.equal(await isPortFree(port), true);
  });
});
