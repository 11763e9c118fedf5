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
      "is told how its site on this machine gets the new name, data included",
      local("old", "jupyter-up-old"),
      /^The stack's site runs as jupyter-up-old and would become jupyter-up-new: /,
      [takenDown, "mv .state/old .state/new", "pulumi up"],
    ],
    [
      "moves no data where only the project has another name",
      local("new", "lab-new"),
      /^The stack's site runs as lab-new and would become jupyter-up-new: /,
      [takenDown, "pulumi up"],
    ],
    [
      "has its data in its place on a machine of one's own",
      ssh("jupyter-up-old"),
      /runs as jupyter-up-old/,
      [takenDown, "pulumi up"],
    ],
    [
      "goes back to its name where a VM would be replaced",
      { [vm]: { name: "jupyter-up-old" } },
      /^The stack's VM and disks are named jupyter-up-old; as jupyter-up-new, Pulumi would replace them all and lose your work\./,
      ["pulumi stack rename old"],
    ],
    [
      "goes back to its project's name, too",
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
    ["a stack that has made nothing", {}],
    ["one with the name that it had", local("new", "jupyter-up-new")],
    ["a VM with the name that it had", { [vm]: { name: "jupyter-up-new" } }],
    ["a state that tells no name", { "command:local:Command::site-setup": {}, [vm]: {} }],
    // StackState by a version that took the stack's name as it was: nothing of it could run.
    ["a site that never ran, as Compose refused its name", local("New", "jupyter-up-New.2")],
  ];
  for (const [what, made] of same)
    it(`is not ${what}`, () => {
      assert.equal(renamedStack(made, now, "host"), undefined);
    });
});
