/*
 * Allow lists, as nginx maps; see peopleMap in nginx.ts. nginx decides about requests by itself. This is for what lasts longer than a
 * request: sessions and WebSockets.
 */

import fs from "fs";

const LINE = /^"(.*)" allow;$/;

/** Converts to lower case like nginx: only ASCII letters. */
const lower = (text) => text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());

/**
 * Whether a map allows an entry.
 * @param {string} map Content of the file.
 * @param {string} entry `true:ann@example.com` in the site's list, `allow:ann@example.com` in a narrower one.
 */
function allows(map, entry) {
  return map.split("\n").some((line) => {
    if (line === "default $site_verdict;") return true;
    const found = LINE.exec(line);
    if (!found) return false;
    if (found[1].startsWith("~*")) return new RegExp(found[1].slice(2), "i").test(entry);
    return lower(found[1].replace(/\\(.)/g, "$1")) === lower(entry);
  });
}

/** @param {string} release Folder of the running release. */
function allowLists(release) {
  const read = (name) => fs.readFileSync(`${release}/${name}`, "utf8");

  /** Whether a person may enter a host name, by its label; with an empty label, the site. */
  function isWelcome(person, label) {
    if (!allows(read("people.map"), `true:${person}`)) return false;
    return label === "" || allows(read(`people/${label}.map`), `allow:${person}`);
  }

  /** Another text for each release, and so for each change of a list: releases are folders with names of their own. */
  function version() {
    return fs.realpathSync(release);
  }

  return { isWelcome, version };
}

export default Object.assign(allowLists, { allows: allows });
