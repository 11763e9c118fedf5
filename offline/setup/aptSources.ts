/**
 * Reads and rewrites the package sources of a Debian machine, so that packages of another release come from the mirror
 * that the machine already uses. Pure: texts in, texts out.
 */

/** One entry of /etc/apt/sources.list, or one stanza of a file in /etc/apt/sources.list.d. */
export interface AptSource {
  types: string[];
  uris: string[];
  suites: string[];
  components: string[];
  /** All other options (Signed-By, Architectures, Trusted...), by their names in the deb822 form. */
  options: Record<string, string>;
}

// The one-line form has other names for some of the options.
const optionNames: Record<string, string> = {
  "signed-by": "Signed-By",
  arch: "Architectures",
  lang: "Languages",
  target: "Targets",
  trusted: "Trusted",
  "check-valid-until": "Check-Valid-Until",
};

/** The sources in a file. @param path decides the form: deb822 for *.sources, one line an entry for everything else */
export function parseAptSources(path: string, text: string): AptSource[] {
  return path.endsWith(".sources") ? parseStanzas(text) : parseLines(text);
}

function parseStanzas(text: string): AptSource[] {
  const withoutComments = text.replace(/^#.*\n?/gm, "");
  return withoutComments.split(/\n\s*\n/).flatMap((stanza) => {
    const fields = new Map<string, string>();
    // A line that begins with a blank continues the field above it (for example an armoured key in Signed-By).
    for (const field of stanza.split(/\n(?![ \t])/)) {
      const colon = field.indexOf(":");
      if (colon > 0) fields.set(field.slice(0, colon).trim().toLowerCase(), field.slice(colon + 1).trim());
    }
    const words = (name: string) => (fields.get(name) ?? "").split(/\s+/).filter((word) => word !== "");
    if (words("uris").length === 0 || fields.get("enabled")?.toLowerCase() === "no") return [];
    const known = new Set(["types", "uris", "suites", "components", "enabled"]);
    const options = Object.fromEntries(
      [...fields].filter(([name]) => !known.has(name)).map(([name, value]) => [optionNames[name] ?? name, value]),
    );
    return [
      {
        types: words("types"),
        uris: words("uris"),
        suites: words("suites"),
        components: words("components"),
        options,
      },
    ];
  });
}

function parseLines(text: string): AptSource[] {
  return text.split("\n").flatMap((line) => {
    const match = /^\s*(deb|deb-src)\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)\s*([^#]*)/.exec(line);
    if (!match) return [];
    const [, type = "", bracket = "", uri = "", suite = "", components = ""] = match;
    const options = Object.fromEntries(
      bracket
        .split(/\s+/)
        .filter((option) => option.includes("="))
        .map((option) => {
          const [name = "", value = ""] = option.split("=", 2);
          return [optionNames[name] ?? name, value.replaceAll(",", " ")];
        }),
    );
    return [
      { types: [type], uris: [uri], suites: [suite], components: components.split(/\s+/).filter(Boolean), options },
    ];
  });
}

/**
 * The machine's sources of Debian itself, rewritten for another release. Third-party sources are left out: their suites
 * are not Debian's, and their packages are not needed.
 *
 * @param machine the codename of the release the machine runs, such as "bookworm"
 * @param wanted the codename of the wanted release, such as "trixie"
 */
export function sourcesOfRelease(sources: AptSource[], machine: string, wanted: string): AptSource[] {
  const suite = new RegExp(`^(?:${machine}|stable|oldstable)(-updates|-security)?$`);
  return sources.flatMap((source) => {
    const suites = source.suites.flatMap((name) => {
      const match = suite.exec(name);
      return match ? [`${wanted}${match[1] ?? ""}`] : [];
    });
    const ofDebian = source.types.includes("deb") && source.components.includes("main") && suites.length > 0;
    return ofDebian ? [{ ...source, types: ["deb"], suites, components: ["main"] }] : [];
  });
}

/** The sources in the deb822 form, as the content of a *.sources file. */
export function formatAptSources(sources: AptSource[]): string {
  return sources
    .map(({ types, uris, suites, components, options }) =>
      [
        `Types: ${types.join(" ")}`,
        `URIs: ${uris.join(" ")}`,
        `Suites: ${suites.join(" ")}`,
        `Components: ${components.join(" ")}`,
        ...Object.entries(options).map(([name, value]) => `${name}: ${value}`),
        "",
      ].join("\n"),
    )
    .join("\n");
}
