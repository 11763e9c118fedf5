/** A text as one word of a POSIX shell. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/**
 * Command line that puts its standard input in place as a program; the old one stays whole until the new one is. Only its user may
 * change it, whatever umask there is.
 */
export function install(script: string): string {
  const folder = quoted(script.replace(/\/[^/]*$/, ""));
  const program = quoted(script);
  return `umask go-w && mkdir -p ${folder} && cat > ${program}.new && test -s ${program}.new && chmod 755 ${program}.new && mv ${program}.new ${program}`;
}
