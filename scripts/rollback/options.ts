import { PlainError } from "../cli/plainError.ts";
import { STACK, valuesOf, YES } from "../cli/valuesOf.ts";

/** What a user wants of the earlier releases. */
export interface RollbackOptions {
  /** The stack; undefined: the one that Pulumi's own variables name, or that of this machine. */
  stack: string | undefined;
  /** ID of the release to run again; undefined: the one before the running release. */
  to: string | undefined;
  /** Whether the releases are only listed. */
  list: boolean;
  /** Whether changes are made without a question. */
  yes: boolean;
}

const USAGE = `npm run rollback -- [-s STACK] [--to ID | --list] [--yes]

  --to      the release to run again; the one before the running release without it
  --list    shows the releases that are still on the machine
  --yes     does not ask before it changes anything`;

const OPTIONS = {
  stack: STACK,
  to: { type: "string" },
  list: { type: "boolean" },
  yes: YES,
} as const;

/** Reads the arguments of `npm run rollback`. Throws PlainError. */
export function readOptions(args: string[]): RollbackOptions {
  const { stack, to, list = false, yes = false } = valuesOf(args, OPTIONS, USAGE);
  if (list && to !== undefined) throw new PlainError("--list and --to exclude each other.", USAGE);
  if (to !== undefined && !/^\w+$/.test(to)) throw new PlainError(`--to ${to} is no ID of a release.`, USAGE);
  return { stack, to, list, yes };
}
