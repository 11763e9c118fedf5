import { Secret, UnknownValueError } from "@pulumi/policy";

/** Stands for a value that a preview does not know yet. */
export const UNKNOWN = Symbol("unknown");
/** Stands for a value that the state encrypts. */
export const ENCRYPTED = Symbol("encrypted");

/** Inputs of a resource as plain data, with UNKNOWN and ENCRYPTED in place of such values. */
export type Inputs = Record<string, unknown>;

/**
 * Copies the SDK's inputs, which throw an error where a value is unknown. Only those that it gives to a remediation say what is
 * encrypted.
 */
export function plainInputs(given: unknown): unknown {
  if (typeof given !== "object" || given === null) return given;
  const at = (key: string) => {
    if (Object.getOwnPropertyDescriptor(given, key)?.value instanceof Secret) return ENCRYPTED;
    try {
      return plainInputs(Reflect.get(given, key));
    } catch (error) {
      if (error instanceof UnknownValueError) return UNKNOWN;
      throw error;
    }
  };
  if (Array.isArray(given)) return Array.from({ length: given.length }, (_, index) => at(`${index}`));
  return Object.fromEntries(Object.keys(given).map((key) => [key, at(key)]));
}

/** The value at a path such as `bootDisk.initializeParams.labels`: undefined if there is none, UNKNOWN if it is inside an unknown one. */
export function valueAt(inputs: unknown, path: string): unknown {
  let value = inputs;
  for (const key of path.split(".")) {
    if (value === UNKNOWN) return UNKNOWN;
    value = typeof value === "object" && value !== null ? (value as Inputs)[key] : undefined;
  }
  return value ?? undefined;
}

/** The list at a path; empty if there is none, or if it is unknown. */
export function listAt(inputs: unknown, path: string): unknown[] {
  const value = valueAt(inputs, path);
  return Array.isArray(value) ? value : [];
}

/** Whether the value at a path is this one, or may turn out to be. */
export function mayBe(inputs: Inputs, path: string, expected: unknown): boolean {
  const value = valueAt(inputs, path);
  return value === UNKNOWN || value === expected;
}

/** Every text in a value, with its path. */
export function* textsIn(value: unknown, path: string[] = []): Generator<[path: string[], text: string]> {
  if (typeof value === "string") yield [path, value];
  else if (typeof value === "object" && value !== null)
    for (const [key, inner] of Object.entries(value)) yield* textsIn(inner, [...path, key]);
}
