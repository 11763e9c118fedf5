import { isReserved } from "../catalog.ts";
import { LABEL } from "../domain.ts";
import { format, setThis, withFix } from "../issues.ts";

const LONGEST = 32;

/** Why an app cannot have a name; undefined when it can. */
export function whatIsWrongWithName(name: unknown): string | undefined {
  if (typeof name !== "string" || !LABEL.test(name))
    return "is no name an app can have: small letters, digits and inner hyphens, because it stands in front of the domain";
  // `<service>-check` is the name of the container that checks a service's files.
  if (isReserved(name) || name.endsWith("-check")) return "is a name of the site's own";
  if (name.length > LONGEST) return `is longer than ${LONGEST} characters`;
  return undefined;
}

/** The message for a name that an app cannot have, with the closest one that it can. */
export function nameIssue(name: unknown): string {
  const wrong = whatIsWrongWithName(name) ?? "is no name";
  const asLabel = String(name)
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "")
    .slice(0, LONGEST);
  const meant = typeof name === "string" && whatIsWrongWithName(asLabel) === undefined ? asLabel : "myapp";
  return withFix(`${format(name)} ${wrong}.`, setThis(meant));
}
