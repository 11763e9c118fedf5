import { type Properties, type ResourceType, UNKNOWN } from "../../resource.ts";

/** What every random resource takes: values whose change asks for a new one. */
export type Keepers = { keepers?: Record<string, string> };

/** A resource that is made once; every change of its inputs makes a new one. */
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
