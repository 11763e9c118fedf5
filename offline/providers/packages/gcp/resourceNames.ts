/** Names of resources: the provider checks some, and the API refuses the rest. */

import { randomBytes } from "node:crypto";
import { type CheckFailure, UNKNOWN } from "../../resource.ts";
import { invalid } from "./apiErrors.ts";
import { lastPart, locationIssue, type Place } from "./scope.ts";

export const madeUpName = (name: string) => `${name.toLowerCase()}-${randomBytes(4).toString("hex").slice(1)}`;

const nameForm = "(?:[a-z](?:[-a-z0-9]{0,61}[a-z0-9])?)";

/** For kinds whose names the provider checks itself, before any request. */
export function checkName(name: string | undefined): CheckFailure[] {
  if (name === undefined || name === UNKNOWN || new RegExp(`^${nameForm}$`).test(name)) return [];
  return [{ property: "name", reason: `"name" ("${name}") doesn't match regexp "^${nameForm}$"` }];
}

/** @param form what the kind's names look like. Default: as at Compute Engine. */
export function refuseName(name: string, place: Place, form = nameForm): void {
  const issue = locationIssue(place);
  if (issue !== undefined) throw new Error(invalid(issue));
  if (new RegExp(`^${form}$`).test(lastPart(name))) return;
  throw new Error(invalid(`Invalid value for field 'resource.name': '${name}'. Must be a match of regex '${form}'`));
}

export const snakeCase = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
