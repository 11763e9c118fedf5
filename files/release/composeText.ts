import { Document, isScalar, type Pair, type Scalar, visit, type YAMLMap } from "yaml";
import { yamlText } from "./yamlText.ts";

/** Maximum length of a list on one line. A longer list has one item per line. */
const SHORT = 72;

/**
 * Renders compose.yaml as a person would write it: a sentence above each service, a blank line between them, short
 * lists on one line, no anchors.
 * @param networks by name; an internal one has no route to the outside.
 * @param about sentence by service name.
 * @param volumes by name.
 */
export function composeText(
  name: string,
  services: Record<string, unknown>,
  networks: Record<string, { internal: true } | null>,
  about: Record<string, string>,
  volumes: Record<string, unknown> = {},
): string {
  const file = new Document(
    { name, services, networks, ...(Object.keys(volumes).length > 0 ? { volumes } : {}) },
    { aliasDuplicateObjects: false },
  );
  file.commentBefore =
    " The site, as `pulumi up` released it. Each release overwrites this file: change the stack's settings instead.";
  const definitions = file.get("services") as YAMLMap & { items: Pair<Scalar<string>>[] };
  for (const { key } of definitions.items) {
    key.spaceBefore = true;
    if (about[key.value]) key.commentBefore = ` ${about[key.value]}`;
  }
  visit(file, {
    Seq(_, list) {
      list.flow = list.items.every(isScalar) && list.items.join(", ").length < SHORT;
    },
  });
  // Compose would expand a dollar sign.
  return yamlText(file).replace(/^ +$/gm, "").replaceAll("$", "$$$$");
}
