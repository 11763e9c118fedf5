import * as pulumi from "@pulumi/pulumi";
import { plainRefusal } from "../../settings/plainRefusal.ts";

/** Outputs of a stack's resources, by type and name: `gcp:compute/disk:Disk::host-data`. */
export type StackState = Record<string, Record<string, unknown>>;

/** The engine's answer: a stack's resources, by URN. */
interface StackResources {
  outputs?: Record<string, { type: string; outputs: Record<string, unknown> }>;
}

/** The key that marks a secret in the engine's messages. */
const SIGNATURE = "4dabf18193072939515e22adb298388d";

/**
 * Outputs of the stack's existing resources; empty before the first `pulumi up`. A rejection that nobody handles does not end the program:
 * an error of the settings may come first.
 */
export function readStackState(): Promise<StackState> {
  const pending = read();
  pending.catch(() => {});
  return pending;
}

async function read(): Promise<StackState> {
  const stackName = [pulumi.getOrganization(), pulumi.getProject(), pulumi.getStack()].join("/");
  const { outputs = {} }: StackResources = await pulumi.runtime
    .invoke("pulumi:pulumi:readStackResourceOutputs", { stackName })
    .catch(refuseUnknownFunction);
  return Object.fromEntries(
    Object.entries(outputs).map(([urn, resource]) => [ending(urn), plain(resource.outputs) as Record<string, unknown>]),
  );
}

/** Pulumi does not document this function. Without it, the program cannot protect the work on a disk, so it stops. */
function refuseUnknownFunction(error: Error): never {
  if (!error.message.includes("unrecognized function name")) throw error;
  throw plainRefusal(
    "Nothing was changed. This version of the Pulumi CLI does not list the stack's resources, so the program cannot protect the work on its disks. Use 3.259.0:\n    curl -fsSL https://get.pulumi.com | sh -s -- --version 3.259.0\n",
  );
}

/**
 * A value of the state without the marks of secrets; undefined if it is unknown. The SDK removes only the outer mark, but
 * providers nest them (the command provider: the keys in `connection`).
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
