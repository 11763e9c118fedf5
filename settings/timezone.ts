import { format, text, withFix } from "./issues.ts";
import { nearest } from "./nearest.ts";

/** The default. Containers then keep the time zone of their image. */
export const UTC = "UTC";

const set = (zone: string) => `pulumi config set timezone ${zone}`;

/**
 * Present names of zones that Node knows by a former one. Images have the present names only: Debian and Ubuntu keep former names
 * in another package (tzdata-legacy). https://github.com/eggert/tz/blob/main/backward
 */
const RENAMED: Record<string, string> = {
  "Africa/Asmera": "Africa/Asmara",
  "America/Buenos_Aires": "America/Argentina/Buenos_Aires",
  "America/Catamarca": "America/Argentina/Catamarca",
  "America/Coral_Harbour": "America/Atikokan",
  "America/Cordoba": "America/Argentina/Cordoba",
  "America/Godthab": "America/Nuuk",
  "America/Indianapolis": "America/Indiana/Indianapolis",
  "America/Jujuy": "America/Argentina/Jujuy",
  "America/Louisville": "America/Kentucky/Louisville",
  "America/Mendoza": "America/Argentina/Mendoza",
  "Asia/Calcutta": "Asia/Kolkata",
  "Asia/Katmandu": "Asia/Kathmandu",
  "Asia/Rangoon": "Asia/Yangon",
  "Asia/Saigon": "Asia/Ho_Chi_Minh",
  "Atlantic/Faeroe": "Atlantic/Faroe",
  "Europe/Kiev": "Europe/Kyiv",
  "Pacific/Enderbury": "Pacific/Kanton",
  "Pacific/Ponape": "Pacific/Pohnpei",
  "Pacific/Truk": "Pacific/Chuuk",
};

const present = (zone: string) => RENAMED[zone] ?? zone;

/** The names of all time zones, as the IANA database has them at present. */
export const ZONES: readonly string[] = [...new Set([UTC, ...Intl.supportedValuesOf("timeZone").map(present)])];

/** The time zone that the user probably meant: another name of it, its city, or a similar name. */
function meant(given: string): string | undefined {
  const word = given.trim().replaceAll(" ", "_");
  return [sameAs(word), ofCity(word), nearest(word, [...ZONES])].find((zone) => zone !== undefined);
}

/** `US/Eastern` → `America/New_York`, `europe/berlin` → `Europe/Berlin` */
function sameAs(word: string): string | undefined {
  try {
    const zone = present(new Intl.DateTimeFormat("en", { timeZone: word }).resolvedOptions().timeZone);
    return ZONES.includes(zone) ? zone : undefined;
  } catch {
    return undefined;
  }
}

/** `Berlin` → `Europe/Berlin` */
const ofCity = (word: string) => ZONES.find((zone) => zone.toLowerCase().endsWith(`/${word.toLowerCase()}`));

/** Time zone of kernels, the database, nginx's log and the hour of reboots: a name of the IANA database. */
export const timezone = text("a time zone", set(UTC)).superRefine((given, context) => {
  if (ZONES.includes(given)) return;
  const zone = meant(given);
  const hint = zone ? ` Did you mean ${zone}?` : " Use a name of the IANA database, such as Europe/Berlin.";
  context.addIssue({
    code: "custom",
    message: withFix(`${format(given)} is not a time zone.${hint}`, set(zone ?? UTC)),
  });
});
