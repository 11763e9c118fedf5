const levels = ["debug", "info", "warn", "error", "dpanic", "panic", "fatal"] as const;

type Level = (typeof levels)[number];

/** Writes one JSON line per message to standard output, like Vouch's own logger. Shows every level until one is set. */
export class Log {
  #least = 0;

  /** Shows only messages of this level and above. Throws for a level that Vouch does not know. */
  setLevel(level: string): void {
    const at = levels.indexOf(level.toLowerCase() as Level);
    if (at < 0) throw new Error(`unrecognized level: "${level}"`);
    this.info(`setting LogLevel to ${level}`);
    this.#least = at;
  }

  debug = (message: string) => this.#write("debug", message);
  info = (message: string, fields?: object) => this.#write("info", message, fields);
  warn = (message: string) => this.#write("warn", message);
  error = (message: string) => this.#write("error", message);

  #write(level: Level, msg: string, fields?: object): void {
    if (levels.indexOf(level) < this.#least) return;
    process.stdout.write(`${JSON.stringify({ level, ts: Date.now() / 1000, msg, ...fields })}\n`);
  }
}
