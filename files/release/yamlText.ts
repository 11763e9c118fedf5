import { type Document, isScalar, visit } from "yaml";

/** Characters that some YAML reader rejects or takes for the end of a line. */
const UNPRINTABLE = /[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]/g;

/**
 * A YAML document that every reader understands in the same way. Programs read different dialects, in which a plain
 * `2026-11-27` is a timestamp, `1_000` a number and `no` a boolean. So every text is quoted, and every key that begins
 * with a digit.
 */
export function yamlText(document: Document): string {
  visit(document, {
    Pair(_, { key }) {
      if (isScalar(key) && /^\d/.test(String(key.value))) key.type = "QUOTE_DOUBLE";
    },
  });
  return document
    .toString({
      lineWidth: 0,
      nullStr: "",
      flowCollectionPadding: false,
      defaultStringType: "QUOTE_DOUBLE",
      defaultKeyType: "PLAIN",
    })
    .replace(UNPRINTABLE, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
