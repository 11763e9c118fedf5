/* The sessions, the keys of programs and the allow lists of this site, for nginx's http and stream modules. */

import fs from "fs";
import allowLists from "./allowList.js";
import checkedCookies from "./checked.js";
import lazily from "./lazily.js";
import programKeys from "./programKeys.js";
import makePrograms from "./programs.js";
import settings from "./settings.js";
import shelf from "./shelf.js";
import sessionStore from "./store.js";

const RELEASE = "/site/current";

/** Only in memory, and only in this container. */
const CHECKED = "/tmp/checked";

const now = () => Date.now();
/** A folder of small files. */
const shelfOf = (name) => shelf(settings.folders.map((folder) => `${folder}/${name}`));
const checked = lazily(() => checkedCookies(shelf([CHECKED]), now));
const store = lazily(() => {
  const forget = (id) => checked().forget(id);
  return sessionStore(shelfOf("open"), settings.idle * 1000, settings.max * 1000, settings.rotation, now, forget);
});
const keysOfPrograms = lazily(() =>
  programKeys(shelfOf("programs"), now, () => fs.readFileSync(`${RELEASE}/keys.map`, "utf8")),
);
const programs = lazily(() => makePrograms(keysOfPrograms(), settings.domain));
const lists = lazily(() => allowLists(RELEASE));

export default { now, shelfOf, checked, store, keysOfPrograms, programs, lists };
