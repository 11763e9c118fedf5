/** What `local.Command` and `remote.Command` have in common. */

import { randomBytes } from "node:crypto";
import type { Operation, Properties, ResourceType, State } from "../../resource.ts";
import type { Output } from "./output.ts";

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

/** Which streams are shown while the command runs. Default: both. The outputs and error texts have both always. */
export type Logging = "stdout" | "stderr" | "stdoutAndStderr" | "none";

/**
 * A Command whose commands are run by `run`: at create, at every change but that of a trigger, and at delete.
 * Nothing runs in a preview. A command that fails throws, so a failed create is not kept and a failed update keeps the
 * state as it was.
 */
export function commandResource<Inputs extends CommandInputs & Properties>(
  run: (command: string, inputs: Inputs, previous: Output, operation: Operation) => Promise<Output>,
  checks: Pick<ResourceType<Inputs, Output>, "check" | "normalize">,
): ResourceType<Inputs, Output> {
  const ran = async (command: string | undefined, inputs: Inputs, previous: Output, operation: Operation) =>
    command === undefined ? previous : run(command, inputs, previous, operation);

  const outputOf = ({ outputs }: State<Inputs, Output>): Output => ({ stdout: outputs.stdout, stderr: outputs.stderr });

  return {
    ...checks,
    outputs: ["stdout", "stderr"],
    replaceOnChanges: ["triggers"],

    async create(inputs, operation) {
      const outputs = await ran(inputs.create, inputs, { stdout: "", stderr: "" }, operation);
      return { id: operation.name + randomBytes(4).toString("hex"), outputs };
    },

    update: (inputs, state, operation) => ran(inputs.update ?? inputs.create, inputs, outputOf(state), operation),

    // The commands of the state are run, in the surroundings of the state: nobody may know any others by now.
    async delete(state, operation) {
      await ran(state.outputs.delete, state.outputs, outputOf(state), operation);
    },
  };
}

/** What the previous run wrote, as variables for the next one. */
export function previousOutputVariables(inputs: CommandInputs, previous: Output): Record<string, string> {
  if (inputs.addPreviousOutputInEnv === false) return {};
  return {
    ...(previous.stdout !== "" && { PULUMI_COMMAND_STDOUT: previous.stdout }),
    ...(previous.stderr !== "" && { PULUMI_COMMAND_STDERR: previous.stderr }),
  };
}
