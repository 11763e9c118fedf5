import { machineType } from "../../settings/target/gcp.ts";
import { PlainError } from "../cli/plainError.ts";
import { STACK, valuesOf, YES } from "../cli/valuesOf.ts";

/** A machine type, and for how long. */
export interface Wanted {
  /** `n2-highmem-16` */
  type: string;
  hours: number;
  /** A spot VM costs less, and Google stops it when it needs the machine. */
  spot: boolean;
}

/** What a user wants of `npm run boost`. */
export interface BoostOptions {
  /** The stack; undefined: the one that Pulumi's own variables name, or that of this machine. */
  stack: string | undefined;
  /** What to do: change the machine type, go back now, or only tell what runs. */
  action: { kind: "boost"; wanted: Wanted } | { kind: "back" } | { kind: "tell" };
  yes: boolean;
}

const LONGEST = 24;

const USAGE = `npm run boost -- [-s STACK] [--type TYPE --hours HOURS [--spot] | --back] [--yes]

  --type     the machine type for the VM, such as n2-highmem-16
  --hours    after how many hours the VM goes back by itself: 0.5 to ${LONGEST}
  --spot     cheaper, but Google can take the machine back at any time; the VM then goes back to its usual type
  --back     goes back now
  --yes      asks no question

Without --type and --back, it tells what runs, and what other types cost.`;

const OPTIONS = {
  stack: STACK,
  type: { type: "string" },
  hours: { type: "string" },
  spot: { type: "boolean" },
  back: { type: "boolean" },
  yes: YES,
} as const;

/** Reads the arguments of `npm run boost`. Throws PlainError. */
export function readOptions(args: string[]): BoostOptions {
  const { stack, yes = false, back = false, type, hours, spot = false } = valuesOf(args, OPTIONS, USAGE);
  const common = { stack, yes };
  const isBoost = type !== undefined || hours !== undefined || spot;
  if (back && isBoost) throw new PlainError("--back cannot be used with --type, --hours or --spot.", USAGE);
  if (back) return { ...common, action: { kind: "back" } };
  if (!isBoost) return { ...common, action: { kind: "tell" } };
  if (type === undefined) throw new PlainError("--type is missing: the machine type for the VM.", USAGE);
  if (hours === undefined) throw new PlainError("--hours is missing: after how many hours the VM goes back.", USAGE);
  return { ...common, action: { kind: "boost", wanted: { type: typeOf(type), hours: hoursOf(hours), spot } } };
}

function typeOf(given: string): string {
  const checked = machineType.safeParse(given);
  if (checked.success) return checked.data;
  // The message ends with a command that sets the machine type, which is another one.
  const [sentence = ""] = checked.error.issues[0]?.message.split("\n") ?? [];
  throw new PlainError(`--type: ${sentence}`, USAGE);
}

function hoursOf(given: string): number {
  const hours = Number(given);
  if (/^\d+(\.\d+)?$/.test(given) && hours >= 0.5 && hours <= LONGEST) return hours;
  throw new PlainError(
    `--hours ${given} is not a number from 0.5 to ${LONGEST}.`,
    "For longer, change the setting: pulumi config set machineType TYPE && pulumi up",
  );
}
