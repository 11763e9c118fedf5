/** Labels of resources, with those of the provider's configuration. */

import { isDeepStrictEqual } from "node:util";
import { diffInputs } from "../../diff.ts";
import type { Change, Operation, Properties, State } from "../../resource.ts";
import type { CommonInputs } from "./kindTypes.ts";

/** The labels as the provider shows them, including its own. */
export function labelOutputs({ labels = {} }: CommonInputs, { config }: Operation) {
  const all = { ...defaultLabels(config), ...labels };
  return { effectiveLabels: { ...all, "goog-pulumi-provisioned": "true" }, pulumiLabels: all };
}

export const labelNames: readonly string[] = ["effectiveLabels", "pulumiLabels", "labelFingerprint"];

/** What the provider's default labels change at a resource whose own labels stay: an update that no input shows. */
export function defaultLabelChanges(
  { inputs: before, outputs }: State<CommonInputs, Properties>,
  inputs: CommonInputs,
  operation: Operation,
): Change[] {
  if (!("pulumiLabels" in outputs) || !isDeepStrictEqual(before.labels, inputs.labels)) return [];
  const { pulumiLabels } = labelOutputs(inputs, operation);
  const { changes } = diffInputs({ pulumiLabels: outputs.pulumiLabels }, { pulumiLabels }, []);
  return changes.map((change) => ({ ...change, inputDiff: false }));
}

/** Configuration that is not text reaches a provider as JSON. */
function defaultLabels({ defaultLabels: given }: Properties): Record<string, string> {
  if (typeof given === "string" && given !== "") return JSON.parse(given);
  return (given as Record<string, string>) ?? {};
}
