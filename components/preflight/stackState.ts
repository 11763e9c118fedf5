import * as pulumi from "@pulumi/pulumi";
import { plainRefusal } from "../../settings/plainRefusal.ts";

/** Outputs of a stack's resources, by the ends of their URNs: `gcp:compute/disk:Disk::host-data`. */
export type Made = Record<string, Record<string, unknown>>;

/** What the engine tells of a stack's resources, by URN. */
interface StackResources {
  outputs?: Record<string, { type: string; outputs: Record<string, unknown> }>;
}

/** The key that a secret has in the engine's messages instead of its value. */
const SIGNATURE = "4dabf18193072939515e22adb298388d";

/** Outputs of the resources that this stack has before this run; empty before the first `pulumi up`. */
export async function madeSoFar(): Promise<Made> {
  const stackName = [pulumi.getOrganization(), pulumi.getProject(), pulumi.getStack()].join("/");
  const { outputs = {} }: StackResources = await pulumi.runtime
    .invoke("pulumi:pulumi:readStackResourceOutputs", { stackName })
    .catch(refuseUnknownFunction);
  return Object.fromEntries(
    Object.entries(outputs).map(([urn, made]) => [ending(urn), plain(made.outputs) as Record<string, unknown>]),
  );
}

/** Pulumi's documentation does not name this function. Without it, work on a disk could not be seen, so nothing may go on. */
function refuseUnknownFunction(error: Error): never {
  if (!error.message.includes("unrecognized function name")) throw error;
  throw plainRefusal(
    "Nothing was changed. This version of the Pulumi CLI does not tell what the stack has made so far, and the work on its disks has to be kept. 3.259.0 does:\n    curl -fsSL https://get.pulumi.com | sh -s -- --version 3.259.0\n",
  );
}

/**
 * A value of the state without what marks it as secret. The SDK takes off the outer mark only, and providers mark a secret inside
 * of another one (the command provider: the keys in `connection`). What is not known is undefined.
 */
export function plain(value: unknown): unknown {
  if (pulumi.isUnknown(value)) return undefined;
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  if (SIGNATURE in value) return plain((value as { value?: unknown }).value);
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, plain(inner)]));
}

/** `urn:pulumi:<stack>::<project>::<types of its parents>$<type>::<name>` → `<type>::<name>` */
function ending(urn: string): string {
  const [, , types = "", ...name] = urn.split("::");
  return [types.split("$").at(-1), ...name].join("::");
}
