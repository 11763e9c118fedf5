/*
 * Small files in a folder on the disk. If the disk is full, new ones are in memory until nginx's container ends: people can sign in to
 * delete what fills the disk.
 */

import fs from "fs";
import random from "./random.js";

/** @param {string[]} folders The same folder on the disk and in memory, the disk first. */
function shelf(folders) {
  /** Path of a file; undefined if there is none. */
  function find(name) {
    for (let at = 0; at < folders.length; at++) {
      const path = `${folders[at]}/${name}`;
      if (fs.existsSync(path)) return path;
    }
    return undefined;
  }

  /** Names of all files that match a pattern. */
  function names(pattern) {
    return folders
      .filter((folder) => fs.existsSync(folder))
      .map((folder) => fs.readdirSync(folder))
      .reduce((found, more) => found.concat(more), [])
      .filter((name) => pattern.test(name));
  }

  /** Makes a file. Nobody reads half of it, because it gets its name when it is complete. */
  function write(name, text) {
    attempt((folder) => {
      const unfinished = `${folder}/.${random.text(9)}`;
      try {
        fs.writeFileSync(unfinished, text, { mode: 0o600 });
        fs.renameSync(unfinished, `${folder}/${name}`);
      } catch (error) {
        if (fs.existsSync(unfinished)) fs.unlinkSync(unfinished);
        throw error;
      }
    });
  }

  /** Makes an empty file. Returns false if it exists, also if another worker makes it at this moment. */
  function claim(name) {
    if (find(name) !== undefined) return false;
    return attempt((folder) => {
      try {
        fs.writeFileSync(`${folder}/${name}`, "", { mode: 0o600, flag: "wx" });
        return true;
      } catch (error) {
        if (error.code === "EEXIST") return false;
        throw error;
      }
    });
  }

  /** Does something in the first folder that has room for it. Throws the last folder's error. */
  function attempt(action) {
    for (let at = 0; at < folders.length; at++)
      try {
        if (!fs.existsSync(folders[at])) fs.mkdirSync(folders[at], { mode: 0o700 });
        return action(folders[at]);
      } catch (error) {
        if (at === folders.length - 1) throw error;
      }
  }

  /** The content of a file; undefined if there is none. */
  function read(name) {
    const path = find(name);
    try {
      return path === undefined ? undefined : fs.readFileSync(path, "utf8");
    } catch (_error) {
      return undefined;
    }
  }

  /** When a file was last written, in milliseconds; 0 if there is none. */
  function written(name) {
    for (let at = 0; at < folders.length; at++)
      try {
        return fs.statSync(`${folders[at]}/${name}`).mtimeMs;
      } catch (_error) {
        // Perhaps in the next folder.
      }
    return 0;
  }

  /** Sets the time at which a file was last written to now. A file that is removed at this moment stays removed. */
  function touch(name) {
    const path = find(name);
    try {
      const file = fs.openSync(path, "r+");
      const first = Buffer.alloc(1);
      fs.readSync(file, first, 0, 1, 0);
      fs.writeSync(file, first, 0, 1, 0);
      fs.closeSync(file);
    } catch (_error) {
      // It was removed.
    }
  }

  /** Removes a file, if there is one. */
  function remove(name) {
    const path = find(name);
    try {
      if (path !== undefined) fs.unlinkSync(path);
    } catch (_error) {
      // Somebody else removed it.
    }
  }

  return { names, write, claim, read, written, touch, remove };
}

export default shelf;
