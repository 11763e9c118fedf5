/* What nginx's stream module calls; see held-open.conf. */

import site from "./site.js";
import makeSockets from "./sockets.js";

export default makeSockets(site.store(), site.lists(), site.programs());
