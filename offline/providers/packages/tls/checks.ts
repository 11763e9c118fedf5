import { type CheckFailure, UNKNOWN } from "../../resource.ts";

/** Refuses a known value that is not one of the allowed ones. */
export function isOneOf(property: string, value: string | undefined, allowed: readonly string[]): CheckFailure[] {
  if (value === undefined || value === UNKNOWN || allowed.includes(value)) return [];
  const list = allowed.map((name) => `"${name}"`).join(" ");
  return [{ property, reason: `Attribute ${property} value must be one of: [${list}], got: "${value}"` }];
}

/** Refuses a known number that is too small. */
export function isAtLeast(property: string, value: number | string | undefined, minimum: number): CheckFailure[] {
  if (typeof value !== "number" || value >= minimum) return [];
  return [{ property, reason: `Attribute ${property} value must be at least ${minimum}, got: ${value}` }];
}
