/**
 * Makes values of two JavaScript realms comparable. jest runs a test file in its own realm (a `vm` context), but Node's own
 * modules create their arrays, objects and errors in another realm.
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

/** Makes `instanceof` of the realm's error classes accept errors of Node's realm. */
export function shareErrors(realm: typeof globalThis): void {
  for (const name of errors) {
    const [own, nodes] = [Reflect.get(realm, name), Reflect.get(globalThis, name)];
    // Classes that extend `own` inherit this method.
    const value = function (this: unknown, error: unknown) {
      return isInstance.call(this, error) || (this === own && isInstance.call(nodes, error));
    };
    Object.defineProperty(own, Symbol.hasInstance, { value });
  }
}

const isInstance = Function.prototype[Symbol.hasInstance];

/** Makes `assert.deepEqual` and similar functions compare plain arrays and objects of both realms by their content. */
export function compareAcrossRealms(): void {
  for (const name of ["deepEqual", "deepStrictEqual", "notDeepEqual", "notDeepStrictEqual"] as const) {
    const compare = assert[name] as (actual: unknown, expected: unknown, message?: string | Error) => void;
    assert[name] = function inRealm(actual: unknown, expected: unknown, message?: string | Error): void {
      try {
        compare(copyOf(actual), copyOf(expected), message);
      } catch (error) {
        // The stack trace of a failure starts at the line of the test.
        if (types.isNativeError(error)) Error.captureStackTrace(error, inRealm);
        throw error;
      }
    };
  }
}

/** Copies a value: plain arrays and objects are recreated in this realm, and everything else is unchanged. */
function copyOf(value: unknown, copies = new Map<unknown, unknown>()): unknown {
  if (copies.has(value)) return copies.get(value);
  if (!isPlain(value)) return value;
  const copy = Array.isArray(value) ? [] : {};
  copies.set(value, copy);
  for (const key of Reflect.ownKeys(value)) Reflect.set(copy, key, copyOf(Reflect.get(value, key), copies));
  return copy;
}

/** Whether a value is an array or a plain object, in any realm. */
function isPlain(value: unknown): value is object {
  if (typeof value !== "object" || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  const root = Array.isArray(value) ? prototype && Object.getPrototypeOf(prototype) : prototype;
  return root !== null && Object.getPrototypeOf(root) === null && Object.hasOwn(root, "isPrototypeOf");
}
