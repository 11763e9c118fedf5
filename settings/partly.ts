import type { CheckedApp } from "./apps/app.ts";
import { withFix } from "./issues.ts";
import type { Given } from "./schema.ts";

/** What rules across settings read and report. */

export interface CrossFieldIssue {
  /** Path of the setting that the issue is reported for. */
  path: (string | number)[];
  message: string;
}

/** Settings in which an invalid one is missing or has another type. */
export type Partly = Partial<Given>;

/** A list; empty if the setting is invalid. */
export const listOf = <Item = unknown>(value: unknown): Item[] => (Array.isArray(value) ? value : []);

/** The entries of a list that are objects, with their position on it. */
export const objectsOf = <Item>(list: unknown): [number, Partial<Item>][] =>
  listOf<Partial<Item> | null>(list).flatMap((item, index): [number, Partial<Item>][] =>
    typeof item === "object" && item !== null ? [[index, item]] : [],
  );

/** The apps that are objects, with their position on the list. */
export const appsOf = (apps: unknown) => objectsOf<CheckedApp>(apps);

/** One issue or none. `key` is as Pulumi writes a path: `ssh.host`, `apps[0].name`. */
export function when(wrong: boolean, key: string, [sentence, fix]: [sentence: string, fix: string]): CrossFieldIssue[] {
  const path = [...key.matchAll(/[A-Za-z]+|\d+/g)].map(([part]) => (/\d/.test(part) ? Number(part) : part));
  return wrong ? [{ path, message: withFix(sentence, fix) }] : [];
}
