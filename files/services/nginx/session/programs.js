/*
 * Programs that enter with a key in place of a session; see programKeys.js and the maps that use $key in maps.conf.
 */

/** Starts the ids of programs' connections; see sockets.js. */
const PREFIX = "key-";
const ID = /^key-([0-9a-f]{64})$/;

/**
 * @param keys The keys; see programKeys.js.
 * @param domain The site's domain.
 */
function programs(keys, domain) {
  /**
   * What a request with a key gets: `good`, `unknown`, `elsewhere` for a key of another host name, or `read_only`.
   * Sets what nginx passes on for its person.
   */
  function verdict(r) {
    const key = keys.open(r.variables.key);
    if (key === undefined) return "unknown";
    if (r.variables.host !== `${key.at}.${domain}`) return "elsewhere";
    const isRead = (r.method === "GET" || r.method === "HEAD") && !r.variables.http_upgrade;
    if (key.may === "read" && !isRead) return "read_only";
    keys.use(key);
    r.variables.session_id = PREFIX + key.hash;
    r.variables.key_person = key.person;
    r.variables.key_name = key.name;
    return "good";
  }

  /** Person of a connection, by its id; undefined if it is none of a program, or its key is not valid at this label any more. */
  function personOf(id, label) {
    const named = ID.exec(id);
    const key = named ? keys.find(named[1]) : undefined;
    return key !== undefined && key.at === label ? key.person : undefined;
  }

  /** A part of the front page: the person's own keys. Names and labels need no quoting in HTML. */
  function show(r) {
    const own = keys.ofPerson(r.variables.sso_email || "");
    const items = own.map((key) => {
      const used = key.used === 0 ? "never used" : `last used ${minuteOf(key.used)} UTC`;
      return `<li>${key.name} <span class="name">${key.at}, ${key.may}, until ${key.until}, ${used}</span></li>`;
    });
    r.headersOut["Content-Type"] = "text/html";
    r.return(200, own.length === 0 ? "" : `<h2>Your keys for programs</h2>\n<ul class="keys">${items.join("")}</ul>\n`);
  }

  return { verdict, personOf, show };
}

/** A time to the minute, as a person reads it: 2026-11-28 22:15. */
function minuteOf(milliseconds) {
  return new Date(milliseconds).toISOString().slice(0, 16).replace("T", " ");
}

export default programs;
