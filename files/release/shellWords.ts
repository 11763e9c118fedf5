/** A text as one word of a POSIX shell. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/**
 * Command line that puts its standard input in place as a program; the old one stays whole until the new one is. Only its user may
 * change it, whatever umask there is.
 * @param lastLine of the program, without which it was cut off on its way. Default: any.
 */
export function install(script: string, lastLine?: string): string {
  const folder = quoted(script.replace(/\/[^/]*$/, ""));
  const program = quoted(script);
  const isWhole =
    lastLine === undefined ? `test -s ${program}.new` : `test "$(tail -n 1 ${program}.new)" = ${quoted(lastLine)}`;
  return `umask go-w && mkdir -p ${folder} && cat > ${program}.new && ${isWhole} && chmod 755 ${program}.new && mv ${program}.new ${program}`;
}
