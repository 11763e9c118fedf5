import { unpack } from "./unpack.ts";

/** A block of nginx's configuration, with its includes replaced by their content. */
export interface Block {
  /** The words before the brace: `["location", "@allow"]`; empty for the whole configuration. */
  words: string[];
  /** The directives, each as its words. */
  directives: string[][];
  blocks: Block[];
  parent?: Block;
}

/** Parses nginx's configuration in a release as nginx does. */
export function nginxConfigOf(release: string): Block {
  const files = Object.entries(unpack(release).files).flatMap(([path, { content }]) => {
    const [, name] = /^nginx\/[^/]+\/(.+)$/.exec(path) ?? [];
    return name === undefined ? [] : [{ name, content }];
  });
  const contentsOf = (pattern: string) => {
    const [, name] = /^\/site\/current\/(.+)$/.exec(pattern) ?? [];
    if (name === undefined) return [];
    const isMeant = (each: string) => (name.endsWith("/*.conf") ? each.startsWith(name.slice(0, -6)) : each === name);
    return files.filter((each) => isMeant(each.name)).map(({ content }) => content);
  };
  const whole: Block = { words: [], directives: [], blocks: [] };
  for (const content of contentsOf("/site/current/nginx.conf")) read(content, whole, contentsOf);
  return whole;
}

function read(text: string, into: Block, contentsOf: (pattern: string) => string[]): void {
  let block = into;
  let words: string[] = [];
  for (const [token, double, single] of text.matchAll(
    /#[^\n]*|"((?:\\.|[^"\\])*)"|'((?:\\.|[^'\\])*)'|[{};]|(?:\$\{\w+\}|[^\s{};"'])+/g,
  )) {
    if (token.startsWith("#")) continue;
    if (token === ";") {
      const [name, pattern = ""] = words;
      // Maps include tables, whose lines are not directives.
      if (name !== "include") block.directives.push(words);
      else if (pattern.endsWith(".conf")) for (const content of contentsOf(pattern)) read(content, block, contentsOf);
      words = [];
    } else if (token === "{") {
      const inner: Block = { words, directives: [], blocks: [], parent: block };
      block.blocks.push(inner);
      block = inner;
      words = [];
    } else if (token === "}") {
      if (!block.parent || block === into) throw new Error("a block is closed that was not opened");
      block = block.parent;
    } else words.push(double ?? single ?? token);
  }
  if (block !== into || words.length > 0) throw new Error(`not closed: ${block.words.join(" ")} ${words.join(" ")}`);
}

/** A block and all below it. */
export const below = (block: Block): Block[] => [block, ...block.blocks.flatMap(below)];

/** The directives of this name in effect in a block: its own, or else all of those of the block around it. */
export function inEffect({ directives, parent }: Block, name: string): string[][] {
  const own = directives.filter(([each]) => each === name).map(([, ...values]) => values);
  if (own.length > 0 || !parent) return own;
  return inEffect(parent, name);
}

/** The position of a block, for messages of a failed assertion. */
export const placeOf = ({ words, parent }: Block): string =>
  parent ? `${placeOf(parent)} ${words.join(" ")}`.trim() : "";
