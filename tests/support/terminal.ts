import { spawn } from "node:child_process";
import xterm from "@xterm/headless";
import { quoted } from "../../files/release/shellWords.ts";

/** Options of a command on a terminal. */
export interface TerminalOptions {
  /** The width in characters; 0 for a terminal that does not know its width. */
  columns: number;
  cwd?: string;
  /** The whole environment. Default: this process's. */
  env?: NodeJS.ProcessEnv;
  /** Keys to type once the output so far matches `when`, such as Ctrl-C ("\u0003"). */
  type?: { when: RegExp; keys: string };
}

/** The state of the terminal after a command. */
export interface Seen {
  code: number;
  /** The final text, with the part that scrolled off. A line that the terminal wrapped is one line, as when it is copied. */
  text: string;
  /** All bytes written, with control sequences. */
  written: string;
  /** Whether the cursor is visible. A shell does not show a hidden cursor again. */
  cursorIsVisible: boolean;
}

const rows = 24;
/** The width of a terminal that reports no width. */
const unknownWidth = 100;

/** Runs a command on its own pseudo-terminal, made by `script`, and returns the screen of a terminal emulator. */
export async function onTerminal(command: string[], options: TerminalOptions): Promise<Seen> {
  const { columns, cwd, env = process.env, type } = options;
  const line = `stty cols ${columns} rows ${rows}; exec ${command.map(quoted).join(" ")}`;
  const args = process.platform === "linux" ? ["-qec", line, "/dev/null"] : ["-q", "/dev/null", "sh", "-c", line];
  const child = spawn("script", args, { cwd, env: { TERM: "xterm-256color", ...env, COLUMNS: undefined } });
  let written = "";
  let typed = false;
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    written += chunk;
    if (!type || typed || !type.when.test(written)) return;
    typed = true;
    child.stdin.write(type.keys);
  });
  // The input may be closed already, if the command has ended.
  child.stdin.on("error", () => {});
  const code = await new Promise<number>((resolve, reject) => {
    child.once("error", reject).once("close", (exitCode) => resolve(exitCode ?? 1));
  });
  child.stdin.end();
  return {
    code,
    text: await screenText(written, columns || unknownWidth),
    written,
    cursorIsVisible: isVisible(written),
  };
}

async function screenText(written: string, columns: number): Promise<string> {
  const terminal = new xterm.Terminal({ cols: columns, rows, scrollback: 100_000, allowProposedApi: true });
  await new Promise<void>((resolve) => terminal.write(written, resolve));
  const buffer = terminal.buffer.active;
  let text = "";
  for (let row = 0; row < buffer.length; row++) {
    const line = buffer.getLine(row);
    // Blanks at the end of a wrapped line belong to its text.
    const wraps = buffer.getLine(row + 1)?.isWrapped === true;
    text += (line?.translateToString(!wraps) ?? "") + (wraps ? "" : "\n");
  }
  terminal.dispose();
  return text.trimEnd();
}

function isVisible(written: string): boolean {
  return written.lastIndexOf("\u001b[?25l") <= written.lastIndexOf("\u001b[?25h");
}
