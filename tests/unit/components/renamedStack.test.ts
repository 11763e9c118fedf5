import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import { keysOf } from "../../../components/host/gcpVm.ts";
import { renamedStack } from "../../../components/preflight/renamedStack.ts";
import type { StackState } from "../../../components/preflight/stackState.ts";

const { vm } = keysOf("host");
const local = (folder: string, project: string): StackState => ({
  "command:local:Command::site-setup": {
    delete: `exec 3<&0; "$@" sh -c ''\\''/home/ann/lab/.state/${folder}/site/bin/site-apply'\\'' down ${project}' <&3 & wait $!`,
  },
});
const ssh = (project: string): StackState => ({
  "command:remote:Command::site-setup": {
    delete: `sudo -n sh -c ''\\''/opt/jupyter-up/bin/site-apply'\\'' down ${project}'`,
  },
});
const now = { project: "jupyter-up", stack: "new" };
const takenDown = `pulumi destroy --target '**SiteRelease**' --yes`;

describe("A stack that was renamed", () => {
  const rows: [what: string, made: StackState, words: RegExp, commands: string[]][] = [
    [
      "gets the commands that rename its site on this machine and move its data",
      local("old", "jupyter-up-old"),
      /^The stack's site runs as jupyter-up-old and would become jupyter-up-new: /,
      [takenDown, "mv .state/old .state/new", "pulumi up"],
    ],
    [
      "moves no data if only the project was renamed",
      local("new", "lab-new"),
      /^The stack's site runs as lab-new and would become jupyter-up-new: /,
      [takenDown, "pulumi up"],
    ],
    [
      "moves no data on the user's own machine",
      ssh("jupyter-up-old"),
      /runs as jupyter-up-old/,
      [takenDown, "pulumi up"],
    ],
    [
      "must get its former name back if its VM would be replaced",
      { [vm]: { name: "jupyter-up-old" } },
      /^The stack's VM and disks are named jupyter-up-old; as jupyter-up-new, Pulumi would replace them all and lose your work\./,
      ["pulumi stack rename old"],
    ],
    [
      "must get its project's former name back if its VM would be replaced",
      { [vm]: { name: "lab-new" } },
      /named lab-new; .* Rename the stack or the project back:$/m,
      ["pulumi stack rename organization/PROJECT/STACK"],
    ],
  ];
  for (const [what, made, words, commands] of rows)
    it(what, () => {
      const [first, ...rest] = renamedStack(made, now, "host")?.split("\n") ?? [];
      assert.match(first ?? "", words);
      assert.deepEqual(
        rest,
        commands.map((command) => `    ${command}`),
      );
    });

  const same: [what: string, made: StackState][] = [
    ["a stack without resources", {}],
    ["a local stack with an unchanged name", local("new", "jupyter-up-new")],
    ["a VM with an unchanged name", { [vm]: { name: "jupyter-up-new" } }],
    ["a state without a name", { "command:local:Command::site-setup": {}, [vm]: {} }],
    // The state of a version that used the stack's name unchanged: its site could not run.
    ["a site that never ran because Compose refused its name", local("New", "jupyter-up-New.2")],
  ];
  for (const [what, made] of same)
    it(`is not ${what}`, () => {
      assert.equal(renamedStack(made, now, "host"), undefined);
    });
});
