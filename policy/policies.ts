import type { ResourceValidationArgs, ResourceValidationPolicy, StackValidationPolicy } from "@pulumi/policy";
import { type Inputs, plainInputs } from "./inputs.ts";

/** A resource as a rule sees it. */
export interface Resource {
  urn: string;
  type: string;
  name: string;
  inputs: Inputs;
  /** Inputs of its provider; empty for a resource of the default provider or without one. */
  provider: Inputs;
  /** Whether Pulumi refuses to delete it. */
  protect: boolean;
  /** Paths of inputs whose changes Pulumi ignores. */
  ignoreChanges: string[];
}

interface RuleText {
  /** `shielded-vm`: what a preview names. */
  name: string;
  /** What holds, in one sentence. */
  description: string;
  /** Whether a preview only warns. Default: it fails. */
  advisory?: boolean;
}

/** A rule for single resources. */
export interface ResourceRule extends RuleText {
  /** Types that it applies to. */
  types: RegExp;
  /** Whether the rule needs to know which inputs are encrypted. Their values are then hidden from it. */
  hidesEncrypted?: boolean;
  /** What is wrong, and how to fix it; empty if nothing is. */
  check(resource: Resource): string[];
}

/** A rule between the resources of a stack. */
export interface StackRule extends RuleText {
  /** What is wrong, by URN of the resource. */
  check(resources: Resource[]): { urn: string; message: string }[];
}

/** A rule as the SDK takes it. */
export function resourcePolicy(rule: ResourceRule): ResourceValidationPolicy {
  const { name, description, types } = rule;
  const problems = (args: ResourceValidationArgs) => (types.test(args.type) ? rule.check(asResource(args)) : []);
  if (!rule.hidesEncrypted)
    return {
      name,
      description,
      ...(rule.advisory ? { enforcementLevel: "advisory" } : {}),
      validateResource(args, report) {
        for (const problem of problems(args)) report(problem);
      },
    };
  // Only a remediation is told what is encrypted, and only a validation can report. The engine calls both, in this order.
  const found = new Map<string, string[]>();
  return {
    name,
    description,
    enforcementLevel: "remediate",
    remediateResource(args) {
      found.set(args.urn, problems(args));
    },
    validateResource({ urn }, report) {
      for (const problem of found.get(urn) ?? []) report(problem);
      found.delete(urn);
    },
  };
}

/** A rule for a whole stack as the SDK takes it. */
export function stackPolicy({ name, description, check }: StackRule): StackValidationPolicy {
  return {
    name,
    description,
    validateStack({ resources }, report) {
      for (const { urn, message } of check(resources.map(asResource))) report(message, urn);
    },
  };
}

type Given = Pick<ResourceValidationArgs, "urn" | "type" | "name" | "props" | "provider" | "opts">;

function asResource({ urn, type, name, props, provider, opts }: Given): Resource {
  return {
    urn,
    type,
    name,
    inputs: plainInputs(props) as Inputs,
    provider: provider ? (plainInputs(provider.props) as Inputs) : {},
    protect: opts.protect,
    ignoreChanges: opts.ignoreChanges,
  };
}
