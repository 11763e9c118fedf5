/** `npm run boost`: gives the VM of a stack a bigger machine type for some hours, and tells what runs. */

import { setTimeout as pause } from "node:timers/promises";
import type { Boost } from "../components/host/gcpBoost.ts";
import { type Execution, executionOfName, executionsOf, goBack, grow } from "./boost/executions.ts";
import { type Google, googleWith } from "./boost/google.ts";
import { readOptions, type Wanted } from "./boost/options.ts";
import { priceOf, type Rates, ratesOf } from "./boost/prices.ts";
import { lookAt, type MachineType, machineTypeIn, quotaIssue, quotasOf } from "./boost/vm.ts";
import { kernelsOf, menuOf, planOf, problemOf, told } from "./boost/words.ts";
import { agrees } from "./cli/agrees.ts";
import { attempt } from "./cli/command.ts";
import { projectFolder } from "./cli/folders.ts";
import { interrupted } from "./cli/interruption.ts";
import { main } from "./cli/main.ts";
import { PlainError } from "./cli/plainError.ts";
import { type Say, step } from "./cli/step.ts";
import { type StackSite, siteOf } from "./machine/stackSite.ts";
import { stackConfig } from "./pulumi/engine.ts";
import { localStack } from "./pulumi/localStack.ts";
import type { PulumiCli } from "./pulumi/pulumiCli.ts";
import { statusOf } from "./status/statusOf.ts";

/** Types for which the price is told without being asked for. */
const MENU = ["e2-standard-2", "e2-standard-4", "e2-highmem-4", "e2-highmem-8", "e2-highmem-16", "n2-highmem-32"];
/** Milliseconds until the VM must have its new type, and until its site must answer. A small VM's disk is slow. */
const CHANGED_WITHIN = 15 * 60_000;
const ANSWERS_WITHIN = 20 * 60_000;

await main(async () => {
  const { stack = process.env.PULUMI_STACK ?? localStack, action, yes } = readOptions(process.argv.slice(2));
  const site = await siteOf(stack);
  const { boost, cli } = boostOf(site);
  const google = googleWith(await stackConfig(cli, site.env), { ...process.env, ...site.env });
  const [vm, all] = await Promise.all([lookAt(google, boost), executionsOf(google, boost)]);
  const now = { ...(await machineTypeIn(google, boost, vm.machineType)), status: vm.status };
  const running = all.find(({ state }) => state === "runs");
  switch (action.kind) {
    case "tell": {
      const [rates, ...types] = await Promise.all([
        knownRates(google, boost),
        ...MENU.map((name) => machineTypeIn(google, boost, name)),
      ]);
      const last = all.find(({ what }) => what);
      process.stdout.write(`${told(boost, now, last, new Date())}\n\n${menuOf(rates, types)}\n`);
      return 0;
    }
    case "back": {
      if (!running && now.name === boost.machineType && now.status === "RUNNING") {
        process.stdout.write(`${told(boost, now, undefined, new Date())} Nothing was changed.\n`);
        return 0;
      }
      process.stdout.write(`The VM ${boost.instance} goes back from ${now.name} to ${boost.machineType}.\n`);
      if (!(await isAgreed(site, yes, "Go back?"))) return 1;
      await follow(site, google, boost, await goBack(google, boost, running), boost.machineType);
      return 0;
    }
    case "boost": {
      const { wanted } = action;
      if (running)
        throw new PlainError(
          told(boost, now, running, new Date()),
          `To end it first: npm run boost -- -s ${stack} --back`,
        );
      const { next, anHour } = await step("Looking up price and quota", () => checked(google, boost, wanted, now));
      const ends = new Date(Date.now() + wanted.hours * 3_600_000);
      process.stdout.write(`${planOf(boost, { now, next, wanted, anHour, ends })}\n`);
      if (!(await isAgreed(site, yes, "Boost?"))) return 1;
      await follow(site, google, boost, await grow(google, boost, wanted, anHour), wanted.type);
      process.stdout.write(
        `It goes back at about ${ends.toTimeString().slice(0, 5)}. Earlier: npm run boost -- -s ${stack} --back\n`,
      );
      return 0;
    }
  }
});

/** What the stack has made for this. Throws PlainError if there is nothing. */
function boostOf({ stack, remote, cli }: StackSite): { boost: Boost; cli: PulumiCli } {
  if (remote?.boost && cli) return { boost: remote.boost, cli };
  throw new PlainError(
    `The stack ${stack} has nothing that changes the machine type of its VM for some hours. It is for target gcp, and off by default. To make it:`,
    `  pulumi config set boost true -s ${stack} && pulumi up -s ${stack}`,
  );
}

/** Looks up the machine type, its price and the quotas. Throws PlainError if Google would refuse it. */
async function checked(google: Google, boost: Boost, wanted: Wanted, now: MachineType) {
  if (wanted.type === now.name) throw new PlainError(`The VM is of type ${now.name} already. Nothing was changed.`);
  const [next, quotas, rates] = await Promise.all([
    machineTypeIn(google, boost, wanted.type),
    quotasOf(google, boost),
    knownRates(google, boost),
  ]);
  const issue = quotaIssue(quotas, { ...next, spot: wanted.spot }, now);
  if (issue) throw new PlainError(`${issue}`, "Nothing was changed.");
  return { next, anHour: rates && priceOf(rates, next, wanted.spot) };
}

/** Prices are told if Google's list can be read. Its API may be off in the project. */
async function knownRates(google: Google, { zone }: Boost): Promise<Rates | undefined> {
  try {
    return await ratesOf(google, zone);
  } catch (error) {
    if (error instanceof PlainError) return undefined;
    throw error;
  }
}

/** Says who works, and asks. */
async function isAgreed(site: StackSite, yes: boolean, question: string): Promise<boolean> {
  const kernels = kernelsOf(await activityOf(site));
  if (kernels) process.stdout.write(`${kernels}\n`);
  if (yes || (await agrees(question, "Add --yes to go on without a question."))) return true;
  process.stdout.write("Nothing was changed.\n");
  return false;
}

/** Who works; "unknown" if the site does not tell. The VM may be off. */
async function activityOf(site: StackSite) {
  try {
    return (await statusOf(site, 60_000)).activity;
  } catch (error) {
    if (error instanceof PlainError) return "unknown";
    throw error;
  }
}

/** Shows what the workflow does until the site answers on the new machine. Throws PlainError if it fails. */
async function follow(site: StackSite, google: Google, boost: Boost, { name }: Execution, type: string): Promise<void> {
  await step(`The VM changes to ${type}`, async (say) => {
    const ends = performance.now() + CHANGED_WITHIN;
    for (;;) {
      const [execution, vm] = await Promise.all([executionOfName(google, name), lookAt(google, boost)]);
      if (execution.state === "failed") throw new PlainError(problemOf(boost, execution, vm.status === "RUNNING"));
      if (vm.machineType === type && vm.status === "RUNNING") return;
      if (performance.now() > ends) throw tooLong(site, `Its state is ${vm.status}, its type ${vm.machineType}.`);
      say(`${vm.machineType}: ${vm.status.toLowerCase()}`);
      await waiting(3000);
    }
  });
  await step("The site answers", (say) => answers(site, say));
}

async function answers(site: StackSite, say: Say): Promise<void> {
  const ends = performance.now() + ANSWERS_WITHIN;
  for (;;) {
    const check = ["-c", site.program.line(["check"])];
    const { code, stdout, stderr } = await attempt("sh", check, {
      cwd: projectFolder,
      env: site.env,
      timeout: 120_000,
    });
    if (code === 0) return;
    const said = `${stdout}${stderr}`.trim().split("\n").at(-1) ?? "";
    if (performance.now() > ends) throw tooLong(site, said);
    say(said);
    await waiting(3000);
  }
}

/** Ctrl-C ends this program only. */
async function waiting(milliseconds: number): Promise<void> {
  await pause(milliseconds, undefined, { signal: interrupted }).catch(() => {});
  interrupted.throwIfAborted();
}

const tooLong = ({ stack }: StackSite, said: string) =>
  new PlainError(
    `It takes longer than expected. ${said}`,
    `See what it does: npm run boost -- -s ${stack}, npm run status -- -s ${stack}`,
  );
