import type { Settings } from "../../../settings/resolve.ts";
import type { RebootsManifest } from "../../release/manifest.ts";
import { unitsOf } from "../../release/units.ts";
import type { HostLayout } from "../hostLayout.ts";
import type { TextFiles } from "../service.ts";

/** Folder of the units below the host's folder of files. */
export const SITE_REBOOTS = "site-reboots";

/** Reboots of the machine for updates that need one, made by timers of the host. */
export interface SiteReboots {
  /** Their part of the release's manifest. */
  manifest: Omit<RebootsManifest, "units">;
  /** Units for the host's systemd, by file name: one timer for the quiet hour, and one for the check after a boot. */
  units: TextFiles;
}

/**
 * The reboots of a site's machine; undefined: this program never reboots it.
 * @param name Compose project: prefix of the timers' names.
 */
export function siteReboots(
  name: string,
  { reboots, timezone }: Pick<Settings, "reboots" | "timezone">,
  layout: HostLayout,
): SiteReboots | undefined {
  if (!reboots) return undefined;
  const manifest = { at: reboots.at, timezone };
  const units = (kind: string, about: string, values = {}) =>
    unitsOf({ name, kind, about, templates: kind, beside: import.meta.url, layout, values });
  return {
    manifest,
    units: {
      ...units("reboot", `Reboots the machine of ${name} if updates need it`, manifest),
      ...units("rebooted", `Checks ${name} after a reboot`),
    },
  };
}
