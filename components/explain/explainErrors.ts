import * as pulumi from "@pulumi/pulumi";
import { explain, layOut, type Target } from "./explain.ts";

/**
 * Makes the program explain what providers refuse: the explanation is logged beside the engine's error. Call it before
 * the first resource is registered: it binds an error hook to every resource after it.
 *
 * @param target where the stack's commands go
 * @returns whether there are error hooks. Without them, the program runs as before, and logs no explanations.
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

/** The error hook's function. It never asks for another attempt. */
export function explainer(target: Target): pulumi.ErrorHookFunction {
  return async ({ urn, errors: [latest = ""] }) => {
    const words = explain(latest, urn, target);
    // An error in a hook would replace the provider's.
    if (words !== undefined) await pulumi.log.error(layOut(words), { urn: pulumi.output(urn) } as pulumi.Resource);
    return false;
  };
}

/** The hook, or undefined if the engine or the language host does not know error hooks. */
async function registered(hook: pulumi.ErrorHook): Promise<pulumi.ErrorHook | undefined> {
  try {
    // The SDK has it, and hides it from its types. To ask the engine for the feature is not enough: an older language
    // host passes on the engine's "yes", and refuses the registration.
    await (hook as unknown as { __registered: Promise<void> }).__registered;
    return hook;
  } catch {
    return undefined;
  }
}
