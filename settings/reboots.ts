import { format, text, withFix } from "./issues.ts";

/** Reboots of the site's machine. False: the program never reboots it. */
export type Reboots =
  | {
      /** Time of day in the setting `timezone`, `04:00`. */
      at: string;
    }
  | false;

/** The value of `reboots` for none. */
export const OFF = "off";
/** The hour on a VM of the stack. */
export const QUIET_HOUR = "04:00";
const SET_HOUR = `pulumi config set reboots ${QUIET_HOUR}`;

/** The value that the user probably meant: `4:00` → `04:00`. */
function meant(given: string): string {
  if (/^(false|no|none|never)$/i.test(given.trim())) return OFF;
  const [, hour = "", minute = "00"] = /^(\d{1,2})(?:[:.h](\d\d))?$/.exec(given.trim()) ?? [];
  const time = `${hour.padStart(2, "0")}:${minute}`;
  return isTime(time) ? time : QUIET_HOUR;
}

const isTime = (given: string) => /^([01]\d|2[0-3]):[0-5]\d$/.test(given);

/** When the machine reboots if updates need that and nobody works: a time of day, or off. Empty: depends on the target. */
export const reboots = text("a time of day, or off", SET_HOUR)
  .trim()
  .superRefine((given, context) => {
    if (given === "" || given === OFF || isTime(given)) return;
    const sentence = `${format(given)} is not a time of day from 00:00 to 23:59, and not off.`;
    context.addIssue({ code: "custom", message: withFix(sentence, `pulumi config set reboots ${meant(given)}`) });
  });

/** The reboots for the settings, which passed the rules. A machine that the stack did not create reboots only if they say so. */
export function rebootsOf(given: string, target: string): Reboots {
  if (given === OFF || (given === "" && target !== "gcp")) return false;
  return { at: given || QUIET_HOUR };
}
