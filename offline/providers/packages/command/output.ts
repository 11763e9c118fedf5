/** Which streams are shown while the command runs. Default: both. Outputs and error texts always contain both. */
export type Logging = "stdout" | "stderr" | "stdoutAndStderr" | "none";

/** A command's output, each stream without its last newline. */
export type Output = { stdout: string; stderr: string };

/**
 * Collects a command's output and shows it line by line while it runs. The two streams share one line buffer, so
 * partial lines of both may be joined, as in the real provider.
 *
 * One difference is intended: in the real provider, a line of more than 64 KiB hangs the command for ever.
 */
export class OutputCollector {
  readonly #chunks: Record<"stdout" | "stderr" | "both", Buffer[]> = { stdout: [], stderr: [], both: [] };
  readonly #shown: readonly string[];
  readonly #show: (line: string) => void;
  #unfinishedLine = Buffer.alloc(0);

  constructor(logging: Logging | undefined, show: (line: string) => void) {
    const shown = { stdout: ["stdout"], stderr: ["stderr"], stdoutAndStderr: ["stdout", "stderr"], none: [] };
    this.#shown = shown[logging ?? "stdoutAndStderr"];
    this.#show = show;
  }

  write(stream: "stdout" | "stderr", chunk: Buffer): void {
    this.#chunks[stream].push(chunk);
    this.#chunks.both.push(chunk);
    if (this.#shown.includes(stream)) this.#showLines(chunk);
  }

  /** Call when no more output can come: shows a last line that had no newline. */
  end(): void {
    if (this.#unfinishedLine.length > 0) this.#showLines(Buffer.from("\n"));
  }

  get output(): Output {
    return {
      stdout: text(this.#chunks.stdout).replace(/\n$/, ""),
      stderr: text(this.#chunks.stderr).replace(/\n$/, ""),
    };
  }

  /** The error of a failed command: the command and its whole output, whatever `logging` says. */
  failure(reason: string, command: string): Error {
    return new Error(`${reason}: running ${goQuote(command)}:\n${text(this.#chunks.both)}`);
  }

  #showLines(chunk: Buffer): void {
    let rest = Buffer.concat([this.#unfinishedLine, chunk]);
    for (let end = rest.indexOf("\n"); end >= 0; end = rest.indexOf("\n")) {
      this.#show(rest.toString("utf8", 0, end).replace(/\r$/, ""));
      rest = rest.subarray(end + 1);
    }
    this.#unfinishedLine = rest;
  }
}

function text(chunks: readonly Buffer[]): string {
  return Buffer.concat(chunks).toString("utf8");
}

/** Quotes as Go's `%q` does: always on one line. */
export function goQuote(value: string): string {
  const escaped = Array.from(value, (character) => {
    const short = goEscapes[character];
    if (short !== undefined) return short;
    if (/[ \p{L}\p{M}\p{N}\p{P}\p{S}]/u.test(character)) return character;
    const code = character.codePointAt(0) ?? 0;
    const hex = code.toString(16);
    if (code < 0x80) return `\\x${hex.padStart(2, "0")}`;
    return code <= 0xffff ? `\\u${hex.padStart(4, "0")}` : `\\U${hex.padStart(8, "0")}`;
  });
  return `"${escaped.join("")}"`;
}

const goEscapes: Record<string, string> = {
  "\\": "\\\\",
  '"': '\\"',
  "\x07": "\\a",
  "\b": "\\b",
  "\f": "\\f",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "\v": "\\v",
};
