type Level = "INFO" | "WARN" | "ERROR";

/** Writes a line to standard error in Dex's text format. */
export function log(level: Level, message: string, fields: Record<string, string> = {}): void {
  const pairs = Object.entries(fields).map(([key, value]) => ` ${key}=${quoted(value)}`);
  console.error(`time=${new Date().toISOString()} level=${level} msg=${quoted(message)}${pairs.join("")}`);
}

const quoted = (text: string): string => (/^[\w@.:/-]+$/.test(text) ? text : JSON.stringify(text));
