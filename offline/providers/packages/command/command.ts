/**
 * What `local.Command` and `remote.Command` share. Checked against the real provider 1.2.1 in November 2026: the
 * answers of its Check, Diff, Create, Update and Delete, its error texts, and the effect of Ctrl-C on its child
 * processes.
 */

import { randomBytes } from "node:crypto";
import { diffInputs } from "../../diff.ts";
import type { Change, Operation, Properties, ResourceType, State } from "../../resource.ts";
import type { Field } from "./fields.ts";
import type { Logging, Output } from "./output.ts";

export type CommandInputs = {
  create?: string;
  update?: string;
  delete?: string;
  triggers?: unknown[];
  stdin?: string;
  environment?: Record<string, string>;
  logging?: Logging;
  addPreviousOutputInEnv?: boolean;
};

/** The fields that both share, first in their structs. */
export const commonFields = {
  triggers: "[]interface {}",
  create: "string",
  update: "string",
  delete: "string",
} satisfies Record<string, Field>;

/**
 * A Command whose commands are run by `run`: at create, at every change, and at delete. A changed trigger is also a
 * plain change here; the SDK sets the option that makes it a replacement. Only `triggers` as a whole replaces here.
 * Nothing runs in a preview. A failing command throws, so a failed create is not stored and a failed update leaves the
 * state unchanged.
 */
export function commandResource<Inputs extends CommandInputs & Properties>(
  run: (command: string, inputs: Inputs, previous: Output, operation: Operation) => Promise<Output>,
  checks: Pick<ResourceType<Inputs, Output>, "check" | "checked" | "normalize" | "secrets">,
): ResourceType<Inputs, Output> {
  const ran = async (command: string | undefined, inputs: Inputs, previous: Output, operation: Operation) =>
    command === undefined ? previous : run(command, inputs, previous, operation);

  const { secrets = [] } = checks;

  const outputOf = ({ outputs }: State<Inputs, Output>): Output => ({ stdout: outputs.stdout, stderr: outputs.stderr });

  return {
    ...checks,
    outputs: ["stdout", "stderr"],
    replaceOnChanges: [],
    diff({ inputs: olds }, news) {
      const isPartOfSecret = ({ path }: Change) => secrets.some((secret) => path.startsWith(`${secret}.`));
      const changes = diffInputs(olds, news, []).changes.map((change): Change => {
        // A secret is compared as a whole.
        if (isPartOfSecret(change)) return { ...change, path: change.path.split(".")[0] ?? "", kind: "update" };
        return { ...change, replace: change.path === "triggers" };
      });
      return {
        changes: changes.filter(({ path }, index) => changes.findIndex((each) => each.path === path) === index),
      };
    },
    previewId: newId,

    async create(inputs, operation) {
      const outputs = await ran(inputs.create, inputs, { stdout: "", stderr: "" }, operation);
      return { id: newId(operation), outputs };
    },

    update: (inputs, state, operation) => ran(inputs.update ?? inputs.create, inputs, outputOf(state), operation),

    // Runs the commands of the state with the environment of the state: the program may no longer exist.
    async delete(state, operation) {
      await ran(state.outputs.delete, state.outputs, outputOf(state), operation);
    },
  };
}

const newId = ({ name }: Operation) => name + randomBytes(4).toString("hex");

/** The output of the previous run, as variables for the next one. */
export function previousOutputVariables(inputs: CommandInputs, previous: Output): Record<string, string> {
  if (inputs.addPreviousOutputInEnv === false) return {};
  return {
    ...(previous.stdout !== "" && { PULUMI_COMMAND_STDOUT: previous.stdout }),
    ...(previous.stderr !== "" && { PULUMI_COMMAND_STDERR: previous.stderr }),
  };
}
