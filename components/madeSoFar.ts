import * as pulumi from "@pulumi/pulumi";

/** What the engine tells of a stack's resources, by URN. */
interface StackResources {
  outputs?: Record<string, { type: string; outputs: Record<string, unknown> }>;
}

/**
 * What this stack has made so far, whatever becomes of it in this run: outputs of its resources, by the ends of their URNs
 * (`gcp:compute/disk:Disk::host-data`). Nothing before the first `pulumi up`.
 */
export async function madeSoFar(): Promise<Record<string, Record<string, unknown>>> {
  const stackName = [pulumi.getOrganization(), pulumi.getProject(), pulumi.getStack()].join("/");
  const { outputs = {} }: StackResources = await pulumi.runtime.invoke("pulumi:pulumi:readStackResourceOutputs", {
    stackName,
  });
  return Object.fromEntries(Object.entries(outputs).map(([urn, made]) => [ending(urn), made.outputs]));
}

/** `urn:pulumi:<stack>::<project>::<types of its parents>$<type>::<name>` → `<type>::<name>` */
function ending(urn: string): string {
  const [, , types = "", ...name] = urn.split("::");
  return [types.split("$").at(-1), ...name].join("::");
}
