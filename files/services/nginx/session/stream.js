/* What nginx's stream module calls; see nginx.conf. */

import lists from "./allowList.js";
import programKeys from "./programKeys.js";
import makePrograms from "./programs.js";
import settings from "./settings.js";
import shelf from "./shelf.js";
import makeSockets from "./sockets.js";
import sessionStore from "./store.js";

const now = () => Date.now();
const shelfOf = (name) => shelf(settings.folders.map((folder) => `${folder}/${name}`));
const store = sessionStore(shelfOf("open"), settings.idle * 1000, settings.max * 1000, settings.rotation, now);
const programs = makePrograms(programKeys(shelfOf("programs"), now), settings.domain);

export default makeSockets(store, lists, programs);
