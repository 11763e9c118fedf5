import { PlainError } from "../cli/plainError.ts";

const DAY = 24 * 3600 * 1000;
const UNITS: Record<string, number> = { minute: 60_000, hour: 3_600_000, day: DAY, week: 7 * DAY };

/**
 * The moment that a text names, for states before it: `yesterday 18:00`, `3 hours ago`, `2026-11-28 07:15` in this machine's time
 * zone, or the name of a state in the folder History (`2026-11-28 07.15`), which is in UTC. A day without a time means its end.
 * @param now the present moment.
 */
export function momentOf(text: string, now: Date): Date {
  const said = text.trim().toLowerCase();
  const moment = ago(said, now) ?? onDay(said, now) ?? inHistory(said) ?? written(text.trim());
  if (moment && !Number.isNaN(moment.getTime())) return moment;
  throw new PlainError(
    `--at "${text}" is no time that is understood.`,
    'Write it like one of these: --at "yesterday 18:00", --at "3 hours ago", --at "2026-11-28 07:15".',
  );
}

function ago(said: string, now: Date): Date | undefined {
  if (said === "now") return now;
  const [, count, unit = ""] = /^(\d{1,4}) (minute|hour|day|week)s? ago$/.exec(said) ?? [];
  return count === undefined ? undefined : new Date(now.getTime() - Number(count) * (UNITS[unit] ?? 0));
}

/** `today`, `yesterday` or a date, with or without a time. */
function onDay(said: string, now: Date): Date | undefined {
  const found = /^(today|yesterday|\d{4}-\d\d-\d\d)(?:[ t](\d{1,2}):(\d\d)(?::(\d\d))?)?$/.exec(said);
  if (!found) return undefined;
  const [, day = "", hour = "23", minute = "59", second = found[2] === undefined ? "59" : "0"] = found;
  const [year, month, date] = day.includes("-")
    ? (day.split("-").map(Number) as [number, number, number])
    : [now.getFullYear(), now.getMonth() + 1, now.getDate() - (day === "yesterday" ? 1 : 0)];
  const moment = new Date(year, month - 1, date, Number(hour), Number(minute), Number(second));
  // JavaScript takes the 31st of November, and 25 o'clock, for the next day.
  const isReal =
    Number(hour) < 24 && (!day.includes("-") || (moment.getDate() === date && moment.getMonth() === month - 1));
  return isReal ? moment : new Date(Number.NaN);
}

function inHistory(said: string): Date | undefined {
  const [, day, hour, minute, second = "00"] = /^(\d{4}-\d\d-\d\d) (\d\d)\.(\d\d)(?:\.(\d\d))?$/.exec(said) ?? [];
  return day === undefined ? undefined : new Date(`${day}T${hour}:${minute}:${second}Z`);
}

/** A time with its zone: `2026-11-28T07:15:00Z`. */
function written(text: string): Date | undefined {
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?(\.\d+)?(Z|[+-]\d\d:\d\d)$/i.test(text) ? new Date(text) : undefined;
}

/** The form that the host's program takes: UTC, without fractions. */
export const inUtc = (moment: Date): string => moment.toISOString().slice(0, 19);
