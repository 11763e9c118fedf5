import { declaredSettings } from "../../settings/declared.ts";

/**
 * Generates the table of settings in docs/configuration.md from Pulumi.yaml, so that names, types, defaults and
 * descriptions exist only once.
 */

/** Marks the generated part of the page. */
const BEGIN = "<!-- Generated from Pulumi.yaml by `npm run docs`: do not edit. -->";
const END = "<!-- End of the generated part. -->";

/** The page with an updated table of the settings in Pulumi.yaml. Throws if the page does not have both marks. */
export function withSettingsTable(page: string, projectFile: string): string {
  const begin = page.indexOf(BEGIN);
  const end = page.indexOf(END);
  if (begin === -1 || end < begin) throw new Error(`docs/configuration.md needs these two lines: ${BEGIN} and ${END}`);
  return `${page.slice(0, begin)}${BEGIN}\n\n${settingsTable(projectFile)}\n${page.slice(end)}`;
}

function settingsTable(projectFile: string): string {
  const settings = Object.entries(declaredSettings(projectFile));
  const rows = settings.map(([key, { type, default: value, description }]) =>
    row(`\`${key}\``, typeName(type), defaultText(value), escaped(description)),
  );
  return [row("setting", "type", "default", "what it is"), row("---", "---", "---", "---"), ...rows, ""].join("\n");
}

const row = (...cells: string[]) => `| ${cells.join(" | ")} |`.replaceAll("|  |", "| |");

/** Pulumi's type names in YAML's words. */
const typeName = (type: string) => ({ array: "list", string: "text", integer: "number" })[type] ?? type;

function defaultText(value: unknown): string {
  if (Array.isArray(value) || typeof value !== "object" || value === null) return `${value}` && `\`${value}\``;
  return Object.entries(value)
    .map(([key, part]) => `\`${key}: ${part}\``)
    .join(", ");
}

/** Markdown of a description: escapes angle brackets, and turns page names into links. */
function escaped(description: string): string {
  return description
    .replaceAll("|", "\\|")
    .replaceAll("<", "&lt;")
    .replace(/docs\/configuration\.md#([a-z-]+)/g, "[$1](#$1)")
    .replace(/docs\/([a-z-]+\.md)/g, "[$1]($1)");
}
