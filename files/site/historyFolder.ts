import type { HostLayout } from "./hostLayout.ts";

/** Folder in the notebooks folder on which Jupyter has the history of its own data. */
export const HISTORY_MOUNT = "History";

/** The folder of the history on the host. Only the program that makes it gets in. */
export const historyFolder = (layout: HostLayout) => `${layout.data}/history`;
