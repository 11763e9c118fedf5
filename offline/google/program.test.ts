import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import { parse } from "yaml";
import { workflowSource } from "../../components/host/gcpBoost.ts";
import { type Outside, type Program, runProgram, WorkflowError } from "./program.ts";

const values = { project: "p", zone: "us-central1-a", instance: "lab", machineType: "e2-micro" };

/** A VM that a program changes, and what was done to it, with the time in seconds. */
class Vm implements Outside {
  status = "RUNNING";
  machineType = "e2-micro";
  readonly done: string[] = [];
  /** How often the next starts fail. */
  noMachines = 0;
  /** When Google stops it. */
  stopsAt = Number.POSITIVE_INFINITY;
  private time = 0;

  now = () => this.time;
  async sleep(seconds: number) {
    this.time += seconds;
    if (this.time < this.stopsAt) return;
    this.status = "TERMINATED";
    this.stopsAt = Number.POSITIVE_INFINITY;
  }
  async call(name: string, args: Record<string, unknown>) {
    const verb = name.replace("googleapis.compute.v1.instances.", "");
    if (verb === "get") return { status: this.status, machineType: this.machineType };
    const body = (args.body ?? {}) as { machineType?: string; maxRunDuration?: unknown };
    this.done.push(`${this.time} ${verb}${body.machineType ? ` ${body.machineType.split("/").at(-1)}` : ""}`);
    if (verb === "stop") this.status = "TERMINATED";
    if (verb === "setMachineType") this.machineType = body.machineType?.split("/").at(-1) ?? "";
    if (verb === "start" && this.noMachines-- > 0) throw new WorkflowError({ message: "no machine" });
    if (verb === "start") this.status = "RUNNING";
    return {};
  }
}

const run = (vm: Vm, argument: unknown) => runProgram(parse(workflowSource(values)) as Program, argument, vm);
const bigger = { machineType: "n2-highmem-16", scheduling: {}, seconds: 7200 };
const change = (time: number, type: string) => [
  `${time} setMachineType ${type}`,
  `${time} setScheduling`,
  `${time} start`,
];

describe("The program that changes a VM's machine type", () => {
  it("gives it the bigger type, and after the time the usual one", async () => {
    const vm = new Vm();
    assert.equal(await run(vm, bigger), "e2-micro");
    assert.deepEqual(vm.done, ["0 stop", ...change(0, "n2-highmem-16"), "7200 stop", ...change(7200, "e2-micro")]);
    assert.equal(vm.status, "RUNNING");
  });

  it("goes back within a minute when Google has stopped the VM", async () => {
    const vm = new Vm();
    vm.stopsAt = 1000;
    await run(vm, bigger);
    assert.deepEqual(vm.done.slice(4), change(1020, "e2-micro"));
  });

  it("gives the usual type back, and fails, when the zone has no bigger machine", async () => {
    const vm = new Vm();
    vm.noMachines = 1;
    await assert.rejects(run(vm, bigger), /no machine/);
    assert.deepEqual([vm.status, vm.machineType], ["RUNNING", "e2-micro"]);
  });

  it("tries for an hour and a half to start the usual type", async () => {
    const vm = new Vm();
    vm.noMachines = 12;
    await run(vm, { back: true });
    assert.equal(vm.status, "RUNNING");
    assert.ok(vm.now() > 80 * 60 && vm.now() < 100 * 60, `${vm.now()} s`);
  });

  it("goes back at once when it is told to", async () => {
    const vm = new Vm();
    vm.machineType = "n2-highmem-16";
    await run(vm, { back: true });
    assert.deepEqual(vm.done, ["0 stop", ...change(0, "e2-micro")]);
  });
});

describe("The fake of Workflows", () => {
  const outside: Outside = { now: () => 0, sleep: async () => {}, call: async () => undefined };

  it("refuses steps that it does not know, names that are not defined, and calls without their arguments", async () => {
    const refused = (steps: unknown[], expected: RegExp) =>
      assert.rejects(
        runProgram({ main: { steps }, own: { params: ["a"], steps: [] } } as Program, {}, outside),
        expected,
      );
    await refused([{ all: { for: {} } }], /does not know the step for/);
    await refused(
      [{ all: { return: `\${nobody.a}` } }],
      /evaluating expression \$\{nobody\.a\}: nobody is not defined/,
    );
    await refused([{ all: { call: "own", args: {} } }], /The call of own lacks a/);
  });
});
