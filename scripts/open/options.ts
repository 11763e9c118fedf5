import { PlainError } from "../cli/plainError.ts";
import { STACK, valuesOf } from "../cli/valuesOf.ts";
import { localStack } from "../pulumi/localStack.ts";

/** What a user wants to open. */
export interface OpenOptions {
  stack: string;
  /** The port on this machine; undefined: the one of the site's address, or 8443 for a public site. */
  port: number | undefined;
}

const USAGE = `npm run open -- -s STACK [--port PORT]

  --port    the port on this machine, for a site whose names are not below .localhost (8443)

Opens the site of a stack without DNS records on this machine, through SSH, until Ctrl-C.`;

const OPTIONS = { stack: STACK, port: { type: "string" } } as const;

/** Reads the arguments of `npm run open`. Throws PlainError. */
export function readOptions(args: string[]): OpenOptions {
  const { stack = process.env.PULUMI_STACK ?? localStack, port } = valuesOf(args, OPTIONS, USAGE);
  if (port !== undefined && !(/^\d{1,5}$/.test(port) && Number(port) > 0 && Number(port) < 65536))
    throw new PlainError(`--port ${port} is no port: a number from 1 to 65535.`, USAGE);
  return { stack, port: port === undefined ? undefined : Number(port) };
}
