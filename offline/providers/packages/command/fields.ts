/** The input checks of the real provider's framework, with its messages. */

import { type CheckFailure, type Properties, UNKNOWN } from "../../resource.ts";

/** A Go type by its name in error texts: `string`, `float64`, `[]string`, `map[string]string`. Or a struct. */
export type Field = ScalarType | "[]string" | "[]interface {}" | "map[string]string" | Struct;

type ScalarType = "string" | "float64" | "bool" | `${string}.Logging`;

export interface Struct {
  /** With its Go package: `remote.Connection`. */
  readonly name: string;
  /** In the order of the struct, which is the order of the failures. */
  readonly fields: Readonly<Record<string, Field>>;
  readonly required?: readonly string[];
}

/** The errors in a struct's inputs; unknown values may be anything. */
export function failuresOf({ name, fields, required = [] }: Struct, inputs: Properties): CheckFailure[] {
  const isMissing = (field: string) => inputs[field] === undefined || inputs[field] === null;
  const missing = required
    .filter(isMissing)
    .map((field) => ({ property: field, reason: `Missing required field '${field}' on '${name}'` }));
  const wrong = Object.entries(fields)
    .filter(([field]) => !isMissing(field))
    .flatMap(([field, type]) => wrongValues(name, field, type, inputs[field]));
  const unknown = Object.keys(inputs)
    .filter((field) => !(field in fields))
    .sort()
    .map((field) => ({ property: field, reason: `Unrecognized field '${field}' on '${name}'` }));
  return [...missing, ...wrong, ...unknown];
}

function wrongValues(struct: string, field: string, type: Field, value: unknown): CheckFailure[] {
  if (value === UNKNOWN) return [];
  const mustBe = (expected: string, found = value) => [
    {
      property: field,
      reason: `Field '${field}' on '${struct}' must be a '${expected}'; got '${goType(found)}' instead`,
    },
  ];
  const cannotDecode = (why: string) => [
    { property: field, reason: `An error occurred decoding '${struct.split(".")[1]}.${field}': ${why}` },
  ];
  if (typeof type === "object") {
    if (!isObject(value)) return mustBe(type.name);
    const failures = failuresOf(type, value);
    if (failures.length === 0) return [];
    const each = failures.map(({ property, reason }) => `\n\t${property}: ${reason}`);
    return cannotDecode(`${failures.length} failures decoding:${each.join("")}`);
  }
  if (type.startsWith("[]")) {
    if (!Array.isArray(value)) return mustBe(type);
    const of = type.slice(2);
    return of === "string"
      ? value.flatMap((item, index) => wrongValues(struct, `${field}[${index}]`, "string", item))
      : [];
  }
  if (type === "map[string]string") {
    if (!isObject(value)) return mustBe(type);
    return Object.entries(value).flatMap(([key, item]) =>
      wrongValues(struct, `${field}[${key}] value`, "string", item),
    );
  }
  if (isObject(value))
    return cannotDecode(`Cannot decode Object{} to type ${type}; it isn't a struct, and no custom decoder exists`);
  const expected = type.endsWith(".Logging") ? "string" : type;
  return goType(value) === expected ? [] : mustBe(type);
}

function goType(value: unknown): string {
  if (Array.isArray(value)) return "[]interface {}";
  return { string: "string", number: "float64", boolean: "bool" }[typeof value as string] ?? "map[string]interface {}";
}

function isObject(value: unknown): value is Properties {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
