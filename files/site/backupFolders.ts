import type { HostLayout } from "./hostLayout.ts";

/** The folder of what one run of the backup leaves to the next. */
export const backupState = (layout: HostLayout) => `${layout.data}/backup`;

/** The folder of texts that the front page shows, on the host. */
export const noticesFolder = (layout: HostLayout) => `${layout.data}/notices`;
