import * as pulumi from "@pulumi/pulumi";

/** An error that Pulumi shows as its text, without a stack trace. */
export function plainRefusal(message: string): pulumi.RunError {
  const error = new pulumi.RunError(message);
  // The SDK never shows a RunError's trace, but still spends fifteen seconds on colouring it.
  delete error.stack;
  return error;
}
