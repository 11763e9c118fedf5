import * as pulumi from "@pulumi/pulumi";

/** An error that the engine shows at a resource, without a stack trace. */
export function resourceRefusal(message: string, resource: pulumi.Resource): pulumi.ResourceError {
  const error = new pulumi.ResourceError(message, resource, true);
  // As in plainRefusal(): the SDK spends seconds on colouring the trace and never shows it.
  delete error.stack;
  return error;
}
