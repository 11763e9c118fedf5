/* What nginx's stream module calls; see nginx.conf. */

import lists from "./allowList.js";
import settings from "./settings.js";
import shelf from "./shelf.js";
import makeSockets from "./sockets.js";
import sessionStore from "./store.js";

const open = shelf(settings.folders.map((folder) => `${folder}/open`));
const store = sessionStore(open, settings.idle * 1000, settings.max * 1000, settings.rotation, () => Date.now());

export default makeSockets(store, lists);
