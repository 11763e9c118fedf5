/** One section of the configuration as parsed from YAML. */
export type Tree = Record<string, unknown>;

/** The prefix of a reader's environment variables, and which source wins. */
export interface Sources {
  env: NodeJS.ProcessEnv;
  envPrefix: string;
  winner: "env" | "file";
  /** The section's name in Vouch's messages. */
  title: string;
}

const isTree = (value: unknown): value is Tree =>
  typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Date);

const lowerKeys = (tree: Tree): Tree =>
  Object.fromEntries(
    Object.entries(tree).map(([key, value]) => [key.toLowerCase(), isTree(value) ? lowerKeys(value) : value]),
  );

/** `true` and `"true"` alike, as Go's ParseBool reads text. */
function toBoolean(value: unknown): boolean | undefined {
  if (/^(1|t|true)$/i.test(String(value))) return true;
  if (/^(0|f|false)$/i.test(String(value))) return false;
  return undefined;
}

function toInteger(value: unknown): number | undefined {
  const number = Number(value);
  return value !== "" && Number.isInteger(number) ? number : undefined;
}

/**
 * Reads one section: keys in any case, values from file or environment; an empty value counts as absent. It remembers
 * which keys were read, so that the others can be reported as unknown.
 */
export class ConfigReader {
  /** True once an environment variable has changed a value. */
  usedEnv = false;
  /** Messages about values of the wrong type; such a value is replaced by its default. */
  readonly issues: string[] = [];
  readonly #tree: Tree;
  readonly #sources: Sources;
  readonly #known = new Set<string>();

  constructor(section: unknown, sources: Sources) {
    this.#tree = isTree(section) ? lowerKeys(section) : {};
    this.#sources = sources;
  }

  /** Go's reader takes a number or a boolean as text, but not a timestamp. */
  text = (path: string, preset = ""): string =>
    this.#read(path, preset, (value) => (value instanceof Date ? undefined : String(value)));
  integer = (path: string, preset: number): number => this.#read(path, preset, toInteger);
  boolean = (path: string, preset: boolean): boolean => this.#read(path, preset, toBoolean);

  /** A list, or a comma-separated text. */
  list = (path: string): string[] =>
    this.#read<string[]>(path, [], (value) => (Array.isArray(value) ? value.map(String) : String(value).split(",")));

  /** A value of any shape, exactly as in the file. */
  raw(path: string): unknown {
    this.passOver(path);
    return this.#inFile(path);
  }

  /** Notes keys that Vouch knows and that have no effect here. */
  passOver(...paths: string[]): void {
    for (const path of paths) this.#known.add(path.toLowerCase());
  }

  /** Vouch's own message about keys of the file that were never read; empty if there are none. */
  unknownKeys(): string[] {
    return this.#unknownIn(this.#tree, "", this.#sources.title);
  }

  #unknownIn(tree: Tree, path: string, title: string): string[] {
    const inner: string[] = [];
    const strangers: string[] = [];
    for (const [key, value] of Object.entries(tree)) {
      const here = path + key;
      if (this.#known.has(here)) continue;
      const group = [...this.#known].some((known) => known.startsWith(`${here}.`));
      if (group && isTree(value)) inner.push(...this.#unknownIn(value, `${here}.`, `${title}.${groupName(key)}`));
      else strangers.push(key);
    }
    return strangers.length === 0 ? inner : [...inner, `'${title}' has invalid keys: ${strangers.join(", ")}`];
  }

  #read<T>(path: string, preset: T, convert: (value: unknown) => T | undefined): T {
    this.passOver(path);
    const converted = (value: unknown): T | undefined => {
      if (value === undefined) return undefined;
      const result = convert(value);
      if (result === undefined) {
        this.issues.push(`'${this.#sources.title}.${path}' cannot parse value: ${JSON.stringify(value)}`);
      }
      return result;
    };
    const fromFile = converted(this.#inFile(path));
    const fromEnv = converted(this.#inEnv(path));
    if (fromEnv !== undefined && String(fromEnv) !== String(fromFile ?? preset)) this.usedEnv = true;
    return (this.#sources.winner === "env" ? (fromEnv ?? fromFile) : (fromFile ?? fromEnv)) ?? preset;
  }

  #inFile(path: string): unknown {
    let found: unknown = this.#tree;
    for (const key of path.toLowerCase().split(".")) found = isTree(found) ? found[key] : undefined;
    return found ?? undefined;
  }

  #inEnv(path: string): string | undefined {
    // The one field for which the real Vouch documents another variable than it reads.
    const name = path === "jwt.signing_method" ? "jwt.signingmethod" : path;
    return this.#sources.env[`${this.#sources.envPrefix}_${name.replaceAll(".", "_").toUpperCase()}`];
  }
}

function groupName(key: string): string {
  return key === "jwt" || key === "tls" ? key.toUpperCase() : key.charAt(0).toUpperCase() + key.slice(1);
}
