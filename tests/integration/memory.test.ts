import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { freePort } from "../../offline/support/freePort.ts";
import { run } from "../support/command.ts";
import { type RunningSite, runningSite } from "../support/runningSite.ts";
import { visitor } from "../support/visitor.ts";

const OUT_OF_MEMORY = readFileSync(new URL("../support/outOfMemory.py", import.meta.url), "utf8");
const ann = "ann@example.com";

/** The messages to a kernel's notebook, and whether another kernel still lives. */
interface End {
  /** The message's type, the ID of its request, and its text. */
  sent: [string, string, string][];
  seconds: number;
  other: string;
}

describe("A kernel that takes all memory", () => {
  let site: RunningSite;
  let layout: { httpsPort: number; httpPort: number; machine: string };

  async function endOf(code: string): Promise<End> {
    const { code: status, output } = await site.exec("jupyter", ["python3", "-c", OUT_OF_MEMORY, code]);
    assert.equal(status, 0, output);
    return JSON.parse(output);
  }
  const person = visitor(() => layout.httpsPort, ann);
  /** The duration of a request for a page behind the door, in milliseconds. */
  async function milliseconds(host: string, path: string): Promise<number> {
    const began = Date.now();
    const { status } = await person.visit(host, path);
    assert.equal(status, 200);
    return Date.now() - began;
  }

  beforeAll(async () => {
    site = runningSite(["nginx", "vouch", "jupyter"]);
    layout = { httpsPort: await freePort(), httpPort: await freePort(), machine: "e2-micro" };
    const { code, output } = await site.release({ settings: { domain: "lab.example.com", allow: [ann] }, layout });
    assert.equal(code, 0, output);
    // The memory that an e2-micro leaves for notebooks.
    const limit = ["--memory", "516m", "--memory-swap", "516m"];
    const limited = await run("docker", ["update", ...limit, await site.container("jupyter")]);
    assert.equal(limited.code, 0, limited.output);
  });
  afterAll(() => site.remove());

  it("is killed within 30 s with the reason in its cell, while everything else answers", async () => {
    const taken = endOf("taken = []\nwhile True: taken.append(bytearray(b'x') * (8 << 20))");
    let ended = false;
    const end = taken.finally(() => {
      ended = true;
    });
    const slowest = { front: 0, jupyter: 0 };
    // Not /api/status, with which Jupyter answers 500 while a kernel is about to start.
    while (!ended) {
      slowest.front = Math.max(slowest.front, await milliseconds("lab.example.com", "/"));
      slowest.jupyter = Math.max(slowest.jupyter, await milliseconds("jupyter.lab.example.com", "/api/me"));
      await sleep(100);
    }
    const { sent, seconds, other } = await end;
    assert.ok(seconds < 30, `${seconds}`);
    assert.ok(slowest.front < 2000 && slowest.jupyter < 2000, JSON.stringify(slowest));
    assert.equal(other, "42\n");

    const [text = "", ...more] = sent.filter(([kind]) => kind === "stream").map(([, , text]) => text);
    assert.deepEqual(more, []);
    assert.match(
      text,
      /^The kernel ended because there is no memory left: it used (\d+) MiB of the 516 MiB that all notebooks have together\./,
    );
    const [, used] = /it used (\d+) MiB/.exec(text) ?? [];
    assert.ok(Number(used) > 200 && Number(used) < 516, text);
    assert.match(text, /^Other kernels, terminals and the server use \d+ MiB\.$/m);
    assert.match(text, /pulumi config set machineType e2-small && pulumi up/);
    // JupyterLab forgets which cell waits for output once it learns of the restart.
    const kinds = sent.map(([kind, request, text]) => (kind === "stream" ? `${kind} ${request}` : text));
    assert.deepEqual(kinds.slice(-2), ["stream taking", "restarting"]);
  });

  it("does not report missing memory when it was killed for another reason", async () => {
    const { sent, other } = await endOf("import os; os.kill(os.getpid(), 9)");
    assert.deepEqual(
      sent.filter(([kind]) => kind === "stream"),
      [],
    );
    assert.equal(other, "42\n");
  });

  it("has a meter: bytes of the kernel with its processes, of all notebooks, and their limit", async () => {
    const script = `
import json, sys
exec(sys.stdin.read().split("ending, other")[0])
# A child process counts, too.
code = """
import os, time
if os.fork() == 0:
    large = bytearray(b'x') * (100 << 20)
    open('/tmp/is-large', 'w').close()
    time.sleep(600)
while not os.path.exists('/tmp/is-large'): time.sleep(0.05)
print(1)
"""
large, small = Notebook(), Notebook()
large.run("large", code)
small.run("small", "print(1)")
def meter(kernel):
    return json.loads(urllib.request.urlopen(urllib.request.Request(f"http://127.0.0.1:8888/memory/{kernel}", headers=headers)).read())
answers = [meter(kernel) for kernel in (large.kernel, small.kernel, "")]
for each in (large, small):
    ask("DELETE", f"kernels/{each.kernel}")
print(json.dumps(answers))
`;
    const { code, output } = await site.exec("jupyter", ["python3", "-c", script], OUT_OF_MEMORY);
    assert.equal(code, 0, output);
    const [large, small, none] = JSON.parse(output);
    const MIB = 2 ** 20;
    assert.equal(large.limit, 516 * MIB);
    assert.ok(small.kernel > 10 * MIB && large.kernel > small.kernel + 95 * MIB, output);
    assert.ok(large.kernel < large.used && large.used <= large.limit, output);
    assert.equal(none.kernel, 0);
    // Requests that nginx did not pass on get no numbers.
    const direct = await site.exec("jupyter", [
      "curl",
      "-s",
      "-o",
      "/dev/null",
      "-w",
      "%{http_code}",
      "http://127.0.0.1:8888/memory/",
    ]);
    assert.match(direct.output, /^(302|403)$/);
  });

  it("is killed before the server, even if the server is larger, and so is a terminal", async () => {
    const scores = "for p in /proc/[0-9]*; do tr '\\0' ' ' <$p/cmdline; cat $p/oom_score_adj; done";
    const script = `
import json, pathlib, subprocess, urllib.request
secret = pathlib.Path("/run/secrets/jupyter/door-secret").read_text().strip()
headers = {"X-Door-Secret": secret, "X-Auth-User": "ann@example.com", "Cookie": "_xsrf=00", "X-XSRFToken": "00"}
for what in ("kernels", "terminals"):
    urllib.request.urlopen(urllib.request.Request(f"http://127.0.0.1:8888/api/{what}", data=b"{}", headers=headers))
`;
    const started = await site.exec("jupyter", ["python3", "-c", script]);
    assert.equal(started.code, 0, started.output);
    const { output } = await site.exec("jupyter", ["sh", "-c", scores]);
    const score = (command: RegExp) =>
      output
        .split("\n")
        .find((line) => command.test(line))
        ?.split(" ")
        .at(-1);
    assert.equal(score(/ipykernel_launcher/), "1000", output);
    assert.equal(score(/^(\/bin\/)?bash /), "1000", output);
    assert.equal(score(/jupyter-?lab/), "500", output);
  });
});
