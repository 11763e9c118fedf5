/**
 * jest runs a test file in a realm of its own (a `vm` context): the arrays, objects and errors that Node's own modules make
 * are of another one. Here they are made to count as the same.
 */

import assert from "node:assert/strict";
import { types } from "node:util";

const errors = [
  "Error",
  "AggregateError",
  "EvalError",
  "RangeError",
  "ReferenceError",
  "SyntaxError",
  "TypeError",
  "URIError",
];

/** Makes the realm's error classes take Node's errors for instances of theirs. */
export function shareErrors(realm: typeof globalThis): void {
  for (const name of errors) {
    const [own, nodes] = [Reflect.get(realm, name), Reflect.get(globalThis, name)];
    // Classes that extend `own` inherit this.
    const value = function (this: unknown, error: unknown) {
      return isInstance.call(this, error) || (this === own && isInstance.call(nodes, error));
    };
    Object.defineProperty(own, Symbol.hasInstance, { value });
  }
}

const isInstance = Function.prototype[Symbol.hasInstance];

/** Makes `assert.deepEqual` and the like compare plain arrays and objects of both realms by what is in them. */
export function compareAcrossRealms(): void {
  for (const name of ["deepEqual", "deepStrictEqual", "notDeepEqual", "notDeepStrictEqual"] as const) {
    const compare = assert[name] as (actual: unknown, expected: unknown, message?: string | Error) => void;
    assert[name] = function inRealm(actual: unknown, expected: unknown, message?: string | Error): void {
      try {
        compare(copyOf(actual), copyOf(expected), message);
      } catch (error) {
        // The failure is where the test calls this.
        if (types.isNativeError(error)) Error.captureStackTrace(error, inRealm);
        throw error;
      }
    };
  }
}

/** The value with its plain arrays and objects made again in this realm; all else is as it was. */
function copyOf(value: unknown, copies = new Map<unknown, unknown>()): unknown {
  if (copies.has(value)) return copies.get(value);
  if (!isPlain(value)) return value;
  const copy = Array.isArray(value) ? [] : {};
  copies.set(value, copy);
  for (const key of Reflect.ownKeys(value)) Reflect.set(copy, key, copyOf(Reflect.get(value, key), copies));
  return copy;
}

/** Whether this is an array or an object without a class of its own, in any realm. */
function isPlain(value: unknown): value is object {
  if (typeof value !== "object" || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  const root = Array.isArray(value) ? prototype && Object.getPrototypeOf(prototype) : prototype;
  return root !== null && Object.getPrototypeOf(root) === null && Object.hasOwn(root, "isPrototypeOf");
}
