import * as pulumi from "@pulumi/pulumi";

/** An error that is shown as its text alone. */
export function plainRefusal(message: string): pulumi.RunError {
  const error = new pulumi.RunError(message);
  // The SDK never shows a RunError's trace, and spends fifteen seconds on colouring it all the same.
  delete error.stack;
  return error;
}
