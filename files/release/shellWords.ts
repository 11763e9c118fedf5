/** Quotes a text as one word of a POSIX shell. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/**
 * Command line that installs its standard input as a program. The old program stays intact until the new one is
 * complete. Only its user can change it, whatever the umask.
 * @param lastLine the last line of the program: a truncated program does not have it. Default: any line.
 */
export function install(script: string, lastLine?: string): string {
  const folder = quoted(script.replace(/\/[^/]*$/, ""));
  const program = quoted(script);
  const isWhole =
    lastLine === undefined ? `test -s ${program}.new` : `test "$(tail -n 1 ${program}.new)" = ${quoted(lastLine)}`;
  return `umask go-w && mkdir -p ${folder} && cat > ${program}.new && ${isWhole} && chmod 755 ${program}.new && mv ${program}.new ${program}`;
}
