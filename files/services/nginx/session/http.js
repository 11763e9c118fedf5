/* What nginx's http module calls; see nginx.conf. */

import lists from "./allowList.js";
import makeDoor from "./door.js";
import signingKeys from "./keys.js";
import onlyOnce from "./once.js";
import programKeys from "./programKeys.js";
import makePrograms from "./programs.js";
import sealing from "./seal.js";
import settings from "./settings.js";
import shelf from "./shelf.js";
import sessionStore from "./store.js";

const RELEASE = "/site/current";
const HOUR = 60 * 60 * 1000;

const now = () => Date.now();
const shelfOf = (name) => shelf(settings.folders.map((folder) => `${folder}/${name}`));
/** Keys that were read. The dictionary is shared by the workers, and is known only when a request comes. */
const memory = {
  get: (name) => ngx.shared.keys.get(name),
  set: (name, secret) => ngx.shared.keys.set(name, secret),
};
const keys = signingKeys(shelfOf("keys"), memory, settings.max * 1000, now);
const store = sessionStore(shelfOf("open"), settings.idle * 1000, settings.max * 1000, settings.rotation, now);
const once = onlyOnce(shelfOf("used"), HOUR, now);
const state = shelfOf("state");
const keysOfPrograms = programKeys(shelfOf("programs"), now);
const programs = makePrograms(keysOfPrograms, settings.domain);
const isListed = (person) => lists.isWelcome(RELEASE, person, "");

const door = makeDoor({
  settings: settings,
  seals: sealing(keys),
  store: store,
  once: once,
  now: now,
  isListed: isListed,
});

/** Runs every second. After a change of the allow list or the rotation, ends the sessions of those who may not come in any more. */
function tidy() {
  const version = `${settings.rotation} ${lists.version(RELEASE)}`;
  if (state.read("list") !== version) {
    store.endUnless(isListed);
    state.write("list", version);
  }
  if (now() - state.written("pruned") > HOUR) {
    state.write("pruned", "");
    store.prune();
    once.prune();
    keys.prune();
    keysOfPrograms.prune();
  }
}

/** Ends all sessions of the person in the query. Only reachable inside the container. */
function end(r) {
  r.return(200, `${store.endAllOf(decodeURIComponent(r.variables.arg_person || ""))}\n`);
}

export default Object.assign({ tidy: tidy, end: end, program: programs.verdict, showKeys: programs.show }, door);
