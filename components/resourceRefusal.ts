import * as pulumi from "@pulumi/pulumi";

/** An error that the engine shows at a resource, as its text alone. */
export function resourceRefusal(message: string, resource: pulumi.Resource): pulumi.ResourceError {
  const error = new pulumi.ResourceError(message, resource, true);
  // As in plainRefusal(): the SDK colours the trace, which takes seconds, and then shows none of it.
  delete error.stack;
  return error;
}
