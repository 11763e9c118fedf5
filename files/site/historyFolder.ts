import type { HostLayout } from "./hostLayout.ts";

/** Name of the folder, inside the notebooks folder, at which the history is mounted in Jupyter. */
export const HISTORY_MOUNT = "History";

/** The folder of the history on the host. Only the history's own program can open it. */
export const historyFolder = (layout: HostLayout) => `${layout.data}/history`;
