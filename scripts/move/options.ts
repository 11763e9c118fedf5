import { PlainError } from "../cli/plainError.ts";
import { valuesOf, YES } from "../cli/valuesOf.ts";

/** What a user wants to move. */
export interface MoveOptions {
  /** The stack of the old site. */
  from: string;
  /** The stack of the new site. */
  to: string;
  /** The move itself, or what ends it: `done` gives the old site up, `undo` the new one. */
  action: "move" | "done" | "undo";
  /** Whether the move begins without a question. */
  yes: boolean;
}

const USAGE = `npm run move -- --from STACK --to STACK [--yes | --done | --undo]

  --from    the stack whose work moves: local for the one of npm start
  --to      the stack that gets it; its site must be new (npm run pulumi -- up -s STACK)
  --yes     does not ask before it begins
  --done    finishes a move: the old site may be taken down
  --undo    opens the old site again; what was done on the new one stays there`;

const OPTIONS = {
  from: { type: "string" },
  to: { type: "string" },
  yes: YES,
  done: { type: "boolean" },
  undo: { type: "boolean" },
} as const;

/** Reads the arguments of `npm run move`. Throws PlainError. */
export function readOptions(args: string[]): MoveOptions {
  const { from, to, yes = false, done, undo } = valuesOf(args, OPTIONS, USAGE);
  if (from === undefined || to === undefined) throw new PlainError("Name both stacks: --from and --to.", USAGE);
  if (from === to) throw new PlainError(`--from and --to are the same stack, ${from}.`, USAGE);
  if (done && undo) throw new PlainError("--done and --undo exclude each other.", USAGE);
  return { from, to, action: done ? "done" : undo ? "undo" : "move", yes };
}
