/* What nginx's http module calls; see nginx.conf. */

import makeDoor from "./door.js";
import signingKeys from "./keys.js";
import lazily from "./lazily.js";
import onlyOnce from "./once.js";
import sealing from "./seal.js";
import settings from "./settings.js";
import site from "./site.js";

const HOUR = 60 * 60 * 1000;

const now = site.now;
/** Keys that were read. The dictionary is shared by the workers, and is known only when a request comes. */
const memory = {
  get: (name) => ngx.shared.keys.get(name),
  set: (name, secret) => ngx.shared.keys.set(name, secret),
};
const keys = lazily(() => signingKeys(site.shelfOf("keys"), memory, settings.max * 1000, now));
const once = lazily(() => onlyOnce(site.shelfOf("used"), HOUR, now));
const isListed = (person) => site.lists().isWelcome(person, "");

const door = lazily(() =>
  makeDoor({
    settings: settings,
    seals: sealing(keys()),
    store: site.store(),
    checked: site.checked(),
    once: once,
    now: now,
    isListed: isListed,
  }),
);

/** Runs every second. After a change of the allow list or the rotation, ends the sessions of those who may not come in any more. */
function tidy() {
  const state = site.shelfOf("state");
  const version = `${settings.rotation} ${site.lists().version()}`;
  if (state.read("list") !== version) {
    site.store().endUnless(isListed);
    state.write("list", version);
  }
  if (now() - state.written("pruned") > HOUR) {
    state.write("pruned", "");
    site.store().prune();
    once().prune();
    keys().prune();
    site.keysOfPrograms().prune();
  }
  site.checked().prune();
}

/** Ends all sessions of the person in the query. Only reachable inside the container. */
function end(r) {
  r.return(200, `${site.store().endAllOf(decodeURIComponent(r.variables.arg_person || ""))}\n`);
}

export default {
  tidy: tidy,
  end: end,
  program: (r) => site.programs().verdict(r),
  showKeys: (r) => site.programs().show(r),
  person: (r) => door().person(r),
  appCookies: (r) => door().appCookies(r),
  signInCookies: (r) => door().signInCookies(r),
  ask: (r) => door().ask(r),
  enter: (r) => door().enter(r),
  arrive: (r) => door().arrive(r),
  signOut: (r) => door().signOut(r),
  signOutEverywhere: (r) => door().signOutEverywhere(r),
  hostOnly: (r) => door().hostOnly(r),
};
