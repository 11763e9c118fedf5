import { allowEntry, whatIsWrongAt } from "./allow.ts";
import { format, setThis, withFix } from "./issues.ts";
import type { Key } from "./keys.ts";
import { appsOf, type CrossFieldIssue, listOf, objectsOf, type Partly } from "./partly.ts";

type Path = CrossFieldIssue["path"];

/** Rules about the people on the allow lists, and about the keys of their programs. */

/** Checks every allow list and the person of each key against the sign-in provider. */
export function peopleIssues({ signIn, allow, apps, keys }: Partly): CrossFieldIssue[] {
  const provider = signIn?.provider ?? "dex";
  const example = provider === "github" ? "ann-lee" : "ann@example.com";
  const entriesOf = (path: Path, list: unknown) =>
    listOf(list).map((entry, index): [Path, unknown] => [[...path, index], entry]);
  const entries = [
    ...entriesOf(["allow"], allow),
    ...appsOf(apps).flatMap(([index, app]) => entriesOf(["apps", index, "allow"], app.allow)),
    ...objectsOf<Key>(keys).map(([index, key]): [Path, unknown] => [["keys", index, "for"], key.for]),
  ];
  return entries.flatMap(([path, entry]): CrossFieldIssue[] => {
    const wrong = typeof entry === "string" ? whatIsWrongAt(provider, entry.trim().toLowerCase()) : undefined;
    return wrong ? [{ path, message: withFix(`${format(entry)} ${wrong}.`, setThis(example)) }] : [];
  });
}

/** Checks that the person of each key may enter the host name of the key. */
export function keyIssues({ keys, allow, apps }: Partly): CrossFieldIssue[] {
  return objectsOf<Key>(keys).flatMap(([index, { for: person, at }]): CrossFieldIssue[] => {
    if (typeof at !== "string") return [];
    const app = appsOf(apps).find(([, { name }]) => name === at);
    if (at !== "jupyter" && !app) return [{ path: ["keys", index, "at"], message: unknownPlace(at, apps) }];
    if (typeof person !== "string" || !allowEntry.safeParse(person).success) return [];
    const path = ["keys", index, "for"];
    const add = (list: string, length: number) => `pulumi config set --path '${list}[${length}]' ${person}`;
    if (Array.isArray(allow) && !isOn(allow, person)) {
      const sentence = `${format(person)} is not on the allow list, so the key would open nothing. Remove the key, or add the person:`;
      return [{ path, message: withFix(sentence, add("allow", allow.length)) }];
    }
    if (!Array.isArray(app?.[1].allow) || isOn(app[1].allow, person)) return [];
    const sentence = `${format(person)} is not on the list of the app ${at}, so the key would open nothing. Remove the key, or add the person:`;
    return [{ path, message: withFix(sentence, add(`apps[${app[0]}].allow`, app[1].allow.length)) }];
  });
}

function unknownPlace(at: string, apps: unknown): string {
  const known = ["jupyter", ...appsOf(apps).flatMap(([, { name }]) => (typeof name === "string" ? [name] : []))];
  return withFix(`${format(at)} is neither jupyter nor an app. There are: ${known.join(", ")}.`, setThis("jupyter"));
}

/** Whether a list contains a person, or the domain of the person's address. */
function isOn(list: unknown[], person: string): boolean {
  const name = normal(person);
  const domain = name.slice(name.lastIndexOf("@"));
  return list.map(normal).some((entry) => entry === name || (name.includes("@") && entry === domain));
}

/** An entry as the schema normalizes it, also if the schema has refused another one. */
const normal = (entry: unknown) => String(entry).trim().toLowerCase();
