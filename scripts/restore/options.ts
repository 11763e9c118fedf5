import { STACK, valuesOf, YES } from "../cli/valuesOf.ts";
import { inUtc, momentOf } from "./moment.ts";

/** What a user wants to have back. */
export interface RestoreOptions {
  /** The stack; undefined: the one that Pulumi's own variables name, or that of this machine. */
  stack: string | undefined;
  /** Arguments of the host's program. */
  words: string[];
  /** Whether changes are made without a question. */
  yes: boolean;
}

const USAGE = `npm run restore -- [-s STACK] [--at TIME] [--path PATH] [--into FOLDER] [--from SITE] [--yes]

  --at      a state of this time or before: "yesterday 18:00", "3 hours ago", "2026-11-28 07:15"; the newest one without it
  --path    notebooks/a.ipynb, notebooks/reports, home/.bashrc, databases/NAME, apps/NAME; everything without it
  --into    a new folder beside the notebooks; without it, what is there is overwritten (the history keeps it)
  --from    the site whose backup it is, jupyter-up-dev; the stack's own one without it
  --yes     does not ask before it changes anything`;

const OPTIONS = {
  stack: STACK,
  at: { type: "string" },
  path: { type: "string" },
  into: { type: "string" },
  from: { type: "string" },
  yes: YES,
} as const;

/** Reads the arguments of `npm run restore`. Throws PlainError. */
export function readOptions(args: string[], now: Date): RestoreOptions {
  const { stack, at, path, into, from, yes = false } = valuesOf(args, OPTIONS, USAGE);
  const words = [
    // Always a time, so that what is restored is what was shown.
    ...["--at", inUtc(at === undefined ? now : momentOf(at, now))],
    ...(path === undefined ? [] : [`--path=${path}`]),
    ...(into === undefined ? [] : [`--into=${into}`]),
    ...(from === undefined ? [] : [`--from=${from}`]),
  ];
  return { stack, words, yes };
}
