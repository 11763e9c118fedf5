import * as pulumi from "@pulumi/pulumi";
import { explain, layOut } from "./explain.ts";
import type { Target } from "./rule.ts";

/**
 * Makes the program log an explanation beside each provider's error. Call this before the first resource is registered,
 * because it adds an error hook to every resource that is registered later.
 *
 * @param target the machine of the stack's commands
 * @returns whether the engine supports error hooks. Without them, the program runs, but logs no explanations.
 */
export async function explainErrors(target: Target): Promise<boolean> {
  const hook = await registered(new pulumi.ErrorHook("explain", explainer(target)));
  if (hook === undefined) return false;
  // Applied by the SDK itself: a transform of the engine would cost a call for each resource.
  pulumi.runtime.registerStackTransformation(({ props, opts }) => ({
    props,
    opts: { ...opts, hooks: { ...opts.hooks, onError: [...(opts.hooks?.onError ?? []), hook] } },
  }));
  return true;
}

/** The error hook's function. It never makes the engine retry the operation. */
export function explainer(target: Target): pulumi.ErrorHookFunction {
  return async ({ urn, errors: [latest = ""] }) => {
    const words = explain(latest, urn, target);
    // Nothing here may throw: an error in a hook would replace the provider's error.
    if (words !== undefined) await pulumi.log.error(layOut(words), { urn: pulumi.output(urn) } as pulumi.Resource);
    return false;
  };
}

/** The hook, or undefined if the engine or the language host does not know error hooks. */
async function registered(hook: pulumi.ErrorHook): Promise<pulumi.ErrorHook | undefined> {
  try {
    // This property exists in the SDK, but not in its types. Asking the engine whether it supports hooks is not enough:
    // an older language host passes on the engine's "yes", but refuses the registration.
    await (hook as unknown as { __registered: Promise<void> }).__registered;
    return hook;
  } catch {
    return undefined;
  }
}
