import { Document, isScalar, visit } from "yaml";

/** A long list is one item a line, a short one fits on one. */
const SHORT = 72;

/**
 * A compose.yaml as one would write it by hand: a sentence over each service, a blank line between them, short lists on
 * one line, nothing abbreviated by anchors.
 * @param about sentence by service name.
 */
export function composeText(
  name: string,
  services: Record<string, unknown>,
  networks: string[],
  about: Record<string, string>,
): string {
  const file = new Document(
    { name, services, networks: Object.fromEntries(networks.map((network) => [network, null])) },
    { aliasDuplicateObjects: false },
  );
  file.commentBefore =
    " The site, as `pulumi up` released it. Written anew at each release: change the stack's settings instead.";
  visit(file, {
    Pair(_, pair, path) {
      // The document, its mapping, the pair "services", the mapping in it.
      if (path.length !== 4 || !isScalar(pair.key)) return;
      const sentence = about[String(pair.key.value)];
      if (!sentence) return;
      pair.key.commentBefore = ` ${sentence}`;
      pair.key.spaceBefore = true;
    },
    Seq(_, list) {
      list.flow = list.items.every(isScalar) && list.items.join(", ").length < SHORT;
    },
  });
  // A dollar would be filled in by Compose.
  return file
    .toString({ lineWidth: 0, nullStr: "", flowCollectionPadding: false })
    .replace(/^ +$/gm, "")
    .replaceAll("$", "$$$$");
}
