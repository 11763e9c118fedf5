import { UTC } from "../../settings/timezone.ts";

/** Variables that set a container's time zone. None for UTC: the image's own stays, and no container of an older stack changes. */
export const clockOf = (timezone: string): Record<string, string> => (timezone === UTC ? {} : { TZ: timezone });

/** Variables as a part of a Compose definition; nothing if there are none. */
export const environmentOf = (environment: Record<string, string>) =>
  Object.keys(environment).length > 0 ? { environment } : {};
