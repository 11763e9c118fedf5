import { z } from "zod";
import { notAnObject, whole } from "./history.ts";
import { format, oneOf, setThis, withFix } from "./issues.ts";
import { duration } from "./session.ts";

/** Who uses which Jupyter: all people the same one, or each person a server of their own. */
export type People =
  | { kind: "shared" }
  | {
      kind: "own";
      /** The most memory of a server, in MiB. */
      memoryMiB: number;
      /** Seconds without work after which a server ends. */
      idle: number;
      /** The most servers at the same time. */
      most: number;
    };

export const people = oneOf("people", "way to use Jupyter", ["shared", "own"]);

const LEAST_MIB = 256;
const MIB: Record<string, number> = { m: 1, g: 1024 };

/** An amount of memory such as 512m or 2g. In MiB. */
const wrongMemory = {
  error: (issue: { input?: unknown }) =>
    withFix(
      `${format(issue.input)} is not an amount of memory from ${LEAST_MIB}m on, such as 512m or 2g.`,
      setThis("1g"),
    ),
};
const memory = z
  .string(wrongMemory)
  .refine((text) => mibOf(text) >= LEAST_MIB, wrongMemory)
  .transform(mibOf)
  .prefault("1g");

/** MiB of an amount of memory; NaN for any other text. */
function mibOf(text: string): number {
  const [, number, unit] = /^([0-9]{1,5})([mg])$/.exec(text) ?? [];
  return number && unit ? Number(number) * (MIB[unit] ?? Number.NaN) : Number.NaN;
}

/** Limits of the servers with `people: own`. Each server has a network, and Docker's engine has about 30 networks by default. */
export const servers = z
  .strictObject(
    { memory, idle: duration("10m", "365d", "2h"), most: whole("number of servers from 1 to 12", 1, 12, 6) },
    notAnObject("servers"),
  )
  .prefault({});

/** The setting `people` with its limits. */
export function peopleOf(kind: "shared" | "own", limits: z.infer<typeof servers>): People {
  if (kind === "shared") return { kind };
  return { kind, memoryMiB: limits.memory, idle: limits.idle, most: limits.most };
}
