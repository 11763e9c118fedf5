import { Document, isScalar, type Pair, type Scalar, visit, type YAMLMap } from "yaml";
import { yamlText } from "./yamlText.ts";

/** A long list is one item a line, a short one fits on one. */
const SHORT = 72;

/**
 * A compose.yaml as one would write it by hand: a sentence over each service, a blank line between them, short lists on
 * one line, nothing abbreviated by anchors.
 * @param networks by name; an internal one leads nowhere else.
 * @param about sentence by service name.
 */
export function composeText(
  name: string,
  services: Record<string, unknown>,
  networks: Record<string, { internal: true } | null>,
  about: Record<string, string>,
): string {
  const file = new Document({ name, services, networks }, { aliasDuplicateObjects: false });
  file.commentBefore =
    " The site, as `pulumi up` released it. Written anew at each release: change the stack's settings instead.";
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
  // A dollar would be filled in by Compose.
  return yamlText(file).replace(/^ +$/gm, "").replaceAll("$", "$$$$");
}
