import type { HostLayout } from "../site/hostLayout.ts";
import type { TextFiles } from "../site/service.ts";
import { renderTemplate } from "./template.ts";

/** A timer of the host, which runs site-apply. */
export interface Timer {
  /** Compose project: prefix of the units' names. */
  name: string;
  /** Last word of the units' names. */
  kind: string;
  /** What it does, for readers of the units. */
  about: string;
  /** Templates of both units: `renew` for renew.service and renew.timer, in the folder of this module. */
  templates: string;
  /** import.meta.url of the module with the templates. */
  beside: string;
  layout: HostLayout;
  /** More values for the timer. */
  values?: Record<string, string>;
}

/** A timer and its service, by file name. */
export function unitsOf({ name, kind, about, templates, beside, layout, values = {} }: Timer): TextFiles {
  // A percent sign starts a systemd specifier unless it is doubled.
  const program = JSON.stringify(`${layout.root}/bin/site-apply`).replaceAll("%", "%%");
  return {
    [`${name}-${kind}.service`]: renderTemplate(new URL(`${templates}.service`, beside), { about, program }),
    [`${name}-${kind}.timer`]: renderTemplate(new URL(`${templates}.timer`, beside), { about, ...values }),
  };
}
