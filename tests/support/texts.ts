/** Single-line texts that a program between a setting and its reader may misread, one group per line. */
const groups: string[][] = [
  // Numbers, timestamps and words such as true in some version of YAML.
  ["0", "7", "-7", "123456789012345678", "9223372036854775807", "9223372036854775808", "123456789012345678901234"],
  ["0755", "0o755", "0x1F", "0b11", "1_000", "1_0.5", "1e3", "1.5e3", ".5", "5.", "+1", "+491701234567", "-0"],
  ["1.5", "11.8", "1.10", "1.0", "0.00001", "1234567.1", ".inf", "-.NaN", "12:30", "22:22:22"],
  ["2026-08-17", "2026-8-7", "2026-08-17T00:00:00Z", "2026-08-17 12:30:00"],
  ["true", "True", "yes", "Yes", "on", "no", "null", "~", "=", "<<", ""],
  // Starts of other YAML syntax.
  ["#", "a #b", "# x", "a: b", "- a", "[a]", "{a", "*a", "&a", "!a", "%a", "@a", "`a", "|", ">-", "?", ","],
  // Texts that a shell, Compose, nginx, PHP, Go or a template would interpolate, cut off or escape. (\u007b is a brace.)
  ["$", "$$", "$HOME", "$\u007bHOME}", "$$$\u007bHOME:-x}", "`id`", "$(id)", "%s", "%HOME%", "{{7*7}}", "{env.HOME}"],
  ["'", '"', "''", '""', 'it\'s "odd"', "'quoted'", '"quoted"', "\\", "\\\\", "\\n", "\\x41", "a\\", "C:\\Users"],
  ["a;b", "a|b", "a&b", "a=b", "=a", "<b>&amp;</b>", "?a=1&b=2", "/../", '{"a":["b",1.10]}'],
  [" ", " a", "a ", "a\tb", "\ta"],
  // Control sequences of terminals, and characters that some readers take for the end of a line.
  ["\u001b[0m", "\u0001", "\u007f", "\u0080", "\u0085", "a\u000bb", "a\u000cb", "\u2028", "\u2029"],
  // Beyond ASCII: an emoji of several code points, both normal forms, right to left, invisible characters, the ends of the planes.
  [
    "李 🌱",
    "👩‍💻",
    "\u00e9",
    "e\u0301",
    "\u05e9\u05dc\u05d5\u05dd \u202eabc\u202c",
    "a\u200bb",
    "\ufeff",
    "\ufeffa",
    "\u00a0",
  ],
  ["\ud7ff\ue000", "\u{10ffff}"],
];

export const oddTexts: readonly string[] = groups.flat();

/** Names of apps that programs may take for numbers, timestamps or keywords. */
export const oddNames = [
  ...["0b11", "0b-1", "1-0", "1e", "2026-08-17", "null", "true", "yes", "no", "on", "y"],
  ...["people", "constructor", "default", "select", "none", "current-user"],
] as const;

/** Joins texts with blanks into as few pieces as possible, each of at most this many characters. */
export function packed(texts: readonly string[], longest: number): string[] {
  const pieces = [""];
  for (const text of texts) {
    const longer = `${pieces.at(-1)} ${text}`.trim();
    if ([...longer].length <= longest) pieces[pieces.length - 1] = longer;
    else pieces.push(text.trim());
  }
  return pieces;
}

/** A path whose folder names contain everything that a notebooks folder can; the last has every continuation byte of UTF-8. */
export const oddPath: string = [
  ...["-a", " a ", "--", "~"],
  ...packed(
    oddTexts.filter((text) => !/[\p{Cc}/]/u.test(text)),
    60,
  ),
  String.fromCodePoint(...Array.from({ length: 64 }, (_, index) => 0x400 + index)),
].join("/");
