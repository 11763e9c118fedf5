import type { Browser, Page } from "playwright-core";
import ssh2 from "ssh2";
import { containerOf, removeMachine } from "../../offline/cloud/machines.ts";
import { PlainError } from "../../scripts/cli/plainError.ts";
import type { Say } from "../../scripts/cli/step.ts";
import { labIsReady, launch, linesOf, person, signIn, startInNewNotebook } from "../e2e/support/browser.ts";
import { CloudStack } from "../e2e/support/cloudStack.ts";
import { type GroupMemory, MemoryGroup } from "../support/groupMemory.ts";
import { stackConfig } from "../support/projectFile.ts";
import { serviceOf, siteWith } from "../support/site.ts";
import { until } from "../support/until.ts";
import { type Latencies, probe } from "./doorProbe.ts";
import { rounded } from "./figures.ts";
import { pushOtherImage } from "./otherImage.ts";
import type { Result } from "./result.ts";
import { MACHINE, type SmallMachine, smallMachine } from "./smallMachine.ts";

const domain = "lab.example.com";
const jupyter = `jupyter.${domain}`;
const HOURS = 3 * 3600;
/** Milliseconds between two requests to the front page, and between two to Jupyter. */
const EVERY = { [domain]: 200, [jupyter]: 1000 };
/** A request without an answer after this time has failed, in milliseconds. */
const PATIENCE = 15_000;
const OTHER_TAG = "2026-08-31";

/** A kernel that has loaded pandas, has read a table, and prints lines until it ends. */
const READING = `import os, time
import pandas as pd
table = pd.DataFrame({"a": range(100_000)})
table["b"] = table.a * 2
print(len(pd.read_sql("select * from phpdemo.pairings", os.environ["DATABASE_URL"])), "rows", flush=True)
for n in range(10_000): print(n, flush=True); time.sleep(2)`;
const TAKING = "taken = []\nwhile True: taken.append(bytearray(b'x') * (8 << 20))";

/** What unattended-upgrades would do with new versions of these, Docker's engine among them. */
const UPGRADE =
  "apt-get -q update && DEBIAN_FRONTEND=noninteractive apt-get -q -y install --reinstall docker.io docker-cli openssl perl-base";

/** What a step took, and what people noticed of it. */
interface Step {
  seconds: number;
  most: GroupMemory;
  killed: string[];
  /** By host name; none before anybody has signed in. */
  seen: Record<string, Latencies>;
}

/**
 * The whole site on a machine with 1 GB of memory and the disk and CPU time that a free VM has when its bursts are used up: the first
 * `pulumi up`, a kernel, and an upgrade beside it. It takes more than an hour.
 */
export async function smallCosts(imageMirror: string | undefined, say: Say): Promise<Result[]> {
  if (imageMirror === undefined) return [];
  const { reference } = serviceOf(siteWith({ settings: { imageMirror } }), "jupyter").image;
  say("another image of Jupyter");
  await pushOtherImage(reference, reference.replace(/[^:]*$/, OTHER_TAG));
  const apps = stackConfig("local")["jupyter-up:apps"];
  const stack = await CloudStack.make({ target: "ssh", database: true, apps, imageMirror });
  stack.clone.patience = HOURS * 1000;
  let machine: SmallMachine | undefined;
  let browser: Browser | undefined;
  try {
    say("the machine boots");
    const ann = ssh2.utils.generateKeyPairSync("ed25519");
    machine = await smallMachine(stack, ann.public);
    const { host, hostKey } = machine;
    const group = await MemoryGroup.of(containerOf(stack.cloud, MACHINE));
    await stack.write({ ssh: { user: "ann", privateKey: ann.private, host, hostKey } });
    browser = await launch(`MAP *.${domain} ${host},MAP ${domain} ${host}`);
    const { context, page } = await person(browser);
    context.setDefaultTimeout(HOURS * 1000);
    const rows: Result[] = [];
    const step = async (name: string, work: () => Promise<unknown>, { kills = 0 } = {}) => {
      say(name);
      const cookies: Record<string, string> = {};
      for (const each of [domain, jupyter])
        cookies[each] = (await context.cookies(`https://${each}`))
          .map(({ name, value }) => `${name}=${value}`)
          .join("; ");
      const done = await measured(host, group, cookies, work);
      rows.push(...rowsOf(name, done, kills));
      // A later step may fail, and then the results have no row of this one.
      say(`${name}: ${done.seconds.toFixed(0)} s`);
      return done;
    };
    const up = async (changes = {}) => {
      const { code, text, seconds } = await stack.up(changes);
      if (code !== 0) throw new PlainError("pulumi up failed on the small machine.", text);
      const parts = Object.entries(seconds).filter(([, value]) => value > 1);
      return parts.map(([part, value]) => ({ what: `  of which ${part}`, value, unit: "s", aim: "" }));
    };

    let parts: Result[] = [];
    await step("the first pulumi up", async () => {
      parts = await up();
    });
    rows.push(...parts);
    const first = "the first page of JupyterLab, with its sign-in";
    let tries = 0;
    const password = await stack.output("password");
    await step(first, async () => {
      do {
        tries++;
        await page.goto(`https://${jupyter}/lab?reset`);
        if (await page.locator("input[name=login]").isVisible()) await signIn(page, "you@example.com", password);
      } while (!(await opens(page)));
    });
    rows.push({ what: `1 GB and a slow disk, ${first}: tries`, value: tries, unit: "", aim: "1" });
    const front = await context.newPage();
    await front.goto(`https://${domain}/`);
    await front.close();
    await step("a kernel that loads pandas and reads a table", async () => {
      await startInNewNotebook(page, READING);
      await until("a table", async () => (await linesOf(page)).some((line) => / rows$/.test(line)), HOURS);
    });
    await step("an upgrade of packages, and Docker's engine, beside the kernel", () => stack.on(MACHINE, UPGRADE));
    await printsOn(page);
    await step("another image of Jupyter, while a kernel runs", () => up({ imageTag: OTHER_TAG }));
    await page.close();
    const taking = await context.newPage();
    await step("JupyterLab's page after that", async () => {
      await taking.goto(`https://${jupyter}/lab?reset`);
      await labIsReady(taking, HOURS * 1000);
    });
    const outOfMemory = "a kernel that takes all memory";
    const { killed } = await step(
      outOfMemory,
      async () => {
        await startInNewNotebook(taking, TAKING);
        await taking.getByText("The kernel ended because there is no memory left").first().waitFor();
      },
      { kills: 1 },
    );
    say(`${outOfMemory}: killed ${killed.join(", ")}`);
    return rows;
  } finally {
    await browser?.close();
    if (machine) {
      await removeMachine(stack.cloud, MACHINE);
      await machine.disk.remove();
    }
    await stack.remove();
  }
}

/** Whether JupyterLab opens. A page of the site may come in its place, which tells a person to try again. */
async function opens(page: Page): Promise<boolean> {
  const wrong = page.getByRole("link", { name: "Try again" }).waitFor();
  const refused = page.getByText("Invalid Email Address and password").waitFor();
  // They never come if JupyterLab opens, and then end with the page.
  for (const each of [wrong, refused]) each.catch(() => {});
  return Promise.race([
    labIsReady(page, HOURS * 1000).then(() => true),
    wrong.then(() => false),
    refused.then(() => {
      throw new PlainError("The sign-in on the small machine was refused.");
    }),
  ]);
}

/** Does some work, while people ask for pages, if they have signed in. */
async function measured(
  address: string,
  group: MemoryGroup,
  cookies: Record<string, string>,
  work: () => Promise<unknown>,
): Promise<Step> {
  const most = group.now();
  const timer = setInterval(() => {
    const { memory, swap } = group.now();
    most.memory = Math.max(most.memory, memory);
    most.swap = Math.max(most.swap, swap);
  }, 1000);
  const killedBefore = (await group.killed()).length;
  const probes = Object.entries(EVERY).flatMap(([host, every]) => {
    const path = host === domain ? "/" : "/api/me";
    const cookie = cookies[host];
    return cookie
      ? [[host, probe({ address, port: 443, host, path, cookie, every, patience: PATIENCE })] as const]
      : [];
  });
  const began = performance.now();
  try {
    await work();
  } finally {
    clearInterval(timer);
  }
  const seconds = (performance.now() - began) / 1000;
  const seen = await Promise.all(probes.map(async ([host, end]) => [host, await end()] as const));
  const killed = (await group.killed()).slice(killedBefore);
  return { seconds, most, killed, seen: Object.fromEntries(seen) };
}

/** Makes sure that the kernel goes on, and that no line is lost. */
async function printsOn(page: Page): Promise<void> {
  const before = (await linesOf(page)).length;
  await until("a further line of the kernel", async () => (await linesOf(page)).length > before + 2, 120);
  const [, ...numbers] = await linesOf(page);
  const wrong = numbers.findIndex((line, index) => line !== `${index}`);
  if (wrong !== -1) throw new PlainError(`Line ${wrong} of the kernel is ${numbers[wrong]}.`);
}

function rowsOf(name: string, { seconds, most, killed, seen }: Step, kills: number): Result[] {
  const row = (what: string, value: number, unit: string, aim = "") => ({
    what: `1 GB and a slow disk, ${name}: ${what}`,
    value: rounded(value),
    unit,
    aim,
  });
  const { [domain]: door, [jupyter]: lab } = seen;
  return [
    row("time", seconds, "s"),
    row("memory of all processes, the most", most.memory, "MiB"),
    row("swap, the most", most.swap, "MiB"),
    row("processes killed", killed.length, "", `${kills}`),
    ...(door
      ? [
          row("the door's p50", door.p50, "ms"),
          row("the door's p99", door.p99, "ms", "2000 ms or less"),
          row("the door's longest", door.longest, "ms"),
          row("failed requests", door.failed, `of ${door.asked}`, "0"),
        ]
      : []),
    ...(lab ? [row("longest time without an answer of Jupyter", lab.outage / 1000, "s")] : []),
  ];
}
