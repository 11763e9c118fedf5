import { type Properties, type ResourceType, UNKNOWN } from "../../resource.ts";

/** Input of every random resource: values whose change replaces it. */
export type Keepers = { keepers?: Record<string, string> };

/** A resource that never changes: every change of its inputs replaces it. */
export function immutableResource<Inputs extends Properties & Keepers, Outputs extends Properties>(
  type: Pick<ResourceType<Inputs, Outputs>, "outputs" | "create" | "check" | "normalize"> & {
    inputs: readonly (keyof Inputs & string)[];
  },
): ResourceType<Inputs, Outputs> {
  const { inputs, ...rest } = type;
  return { ...rest, replaceOnChanges: [...inputs, "keepers"] };
}

export function isKnown<T>(value: T | typeof UNKNOWN | undefined): value is T {
  return value !== undefined && value !== UNKNOWN;
}
