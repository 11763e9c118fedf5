import { z } from "zod";
import { format, kindOf, REMOVE_THIS, withFix, withoutProto } from "../issues.ts";

/** Limit of Linux for `NAME=value` and the null byte after it, in bytes (MAX_ARG_STRLEN). */
const LONGEST_VARIABLE = 1 << 17;

function whatIsWrongWithVariable(name: string, value: string): string | undefined {
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name))
    return `${format(name)} is not a variable name: letters, digits and _, not starting with a digit.`;
  const bytes = Buffer.byteLength(`${name}=${value}`) + 1;
  return bytes > LONGEST_VARIABLE
    ? `the variable is ${bytes} bytes long with its name; the maximum of Linux is ${LONGEST_VARIABLE}.`
    : undefined;
}

/** Environment variables by name: `LOG_LEVEL`. */
export function variables(what: string) {
  const value = z.preprocess(
    // Without the stack's file (see asWritten), only integers have one known spelling.
    (value) => (Number.isSafeInteger(value) || typeof value === "boolean" ? String(value) : value),
    z
      .string({ error: (issue) => withFix(`expected a text, found ${kindOf(issue.input)}.`, REMOVE_THIS) })
      .refine((text) => !/[\n\r\0]/.test(text), {
        error: withFix("a variable cannot have a value of more than one line.", REMOVE_THIS),
      })
      .refine((text) => text.isWellFormed(), {
        error: withFix("a variable cannot contain half of a UTF-16 pair.", REMOVE_THIS),
      }),
  );
  const named = z
    .record(z.string(), value, {
      error: (issue) => withFix(`expected ${what} by their names, found ${kindOf(issue.input)}.`, REMOVE_THIS),
    })
    .superRefine((given, context) => {
      for (const [name, value] of Object.entries(given)) {
        const wrong = whatIsWrongWithVariable(name, value);
        if (wrong) context.addIssue({ code: "custom", path: [name], message: withFix(wrong, REMOVE_THIS) });
      }
    });
  return z.preprocess(withoutProto, named).default({});
}
