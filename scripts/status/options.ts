import { STACK, valuesOf } from "../cli/valuesOf.ts";

/** What a user wants to see. */
export interface StatusOptions {
  /** The stack; undefined: the one that Pulumi's own variables name, or that of this machine. */
  stack: string | undefined;
  json: boolean;
}

const USAGE = `npm run status -- [-s STACK] [--json]

  --json    prints everything as JSON: npm run --silent status -- -s STACK --json

Exit code 0: all is well. 1: something needs you.`;

const OPTIONS = { stack: STACK, json: { type: "boolean" } } as const;

/** Reads the arguments of `npm run status`. Throws PlainError. */
export function readOptions(args: string[]): StatusOptions {
  const { stack, json = false } = valuesOf(args, OPTIONS, USAGE);
  return { stack, json };
}
