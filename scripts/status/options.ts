import { parseArgs } from "node:util";
import { PlainError } from "../cli/plainError.ts";

/** What a user wants to see. */
export interface StatusOptions {
  /** The stack; undefined: the one that Pulumi's own variables name, or that of this machine. */
  stack: string | undefined;
  json: boolean;
}

const USAGE = `npm run status -- [-s STACK] [--json]

  --json    prints everything as JSON: npm run --silent status -- -s STACK --json

Exit code 0: all is well. 1: something needs you.`;

/** Reads the arguments of `npm run status`. Throws PlainError. */
export function readOptions(args: string[]): StatusOptions {
  try {
    const { values } = parseArgs({
      args,
      options: { stack: { type: "string", short: "s" }, json: { type: "boolean" } },
    });
    return { stack: values.stack, json: values.json ?? false };
  } catch (error) {
    throw new PlainError((error as Error).message, USAGE);
  }
}
