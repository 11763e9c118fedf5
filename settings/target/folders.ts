/** Folder of the site's generated files on a remote machine. */
export const ROOT = "/opt/jupyter-up";
/** Folder of the data that outlives the site: notebooks, databases. A data disk is mounted here. */
export const DATA = "/srv/jupyter-up";
