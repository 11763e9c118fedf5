import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "@jest/globals";
import lists from "../../../../files/services/nginx/session/allowList.js";
import checkedCookies from "../../../../files/services/nginx/session/checked.js";
import cookies from "../../../../files/services/nginx/session/cookies.js";
import signingKeys from "../../../../files/services/nginx/session/keys.js";
import onlyOnce from "../../../../files/services/nginx/session/once.js";
import sealing from "../../../../files/services/nginx/session/seal.js";
import shelf from "../../../../files/services/nginx/session/shelf.js";
import sessionStore from "../../../../files/services/nginx/session/store.js";

const DAY = 24 * 60 * 60 * 1000;
const begin = Date.now();

let folder: string;
/** The time, in milliseconds. */
let time: number;
const now = () => time;
const disk = () => join(folder, "disk");
const memory = () => join(folder, "memory");
const newShelf = () => shelf([disk(), memory()]);
/** A shelf whose disk is full: nobody can write to this folder. */
const fullShelf = () => shelf(["/proc/self/task", memory()]);

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "session-"));
  time = begin;
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe("A shelf of files", () => {
  it("keeps files on the disk, readable for nginx only", () => {
    const files = newShelf();
    files.write("a", "text");
    assert.equal(files.read("a"), "text");
    assert.deepEqual([readdirSync(disk()), existsSync(memory())], [["a"], false]);
    files.write("a", "other");
    assert.equal(files.read("a"), "other");
  });
  it("keeps new files in memory while the disk is full, and still finds all", () => {
    const files = fullShelf();
    files.write("b", "text");
    assert.deepEqual([files.read("b"), files.claim("c"), files.claim("c")], ["text", true, false]);
    assert.deepEqual(files.names(/^[a-z]$/).sort(), ["b", "c"]);
    assert.ok(files.written("b") > 0);
    files.remove("b");
    assert.deepEqual([files.read("b"), files.written("b")], [undefined, 0]);
  });
  it("fails if there is room nowhere", () => {
    writeFileSync(memory(), "");
    assert.throws(() => fullShelf().write("a", "text"));
    assert.throws(() => fullShelf().claim("a"));
  });
  it("leaves nothing of a file that could not be made", () => {
    assert.throws(() => newShelf().write("no-folder/a", "text"));
    assert.deepEqual(readdirSync(disk()), []);
  });
  it("claims a name once", () => {
    const files = newShelf();
    assert.deepEqual([files.claim("x"), files.claim("x"), newShelf().claim("x")], [true, false, false]);
  });
  it("does not bring back a file by touching it", () => {
    const files = newShelf();
    files.write("a", "text");
    utimesSync(join(disk(), "a"), 1, 1);
    files.touch("a");
    assert.ok(files.written("a") > begin - 365 * DAY * 10);
    assert.equal(files.read("a"), "text");
    files.remove("a");
    files.touch("a");
    assert.equal(files.read("a"), undefined);
  });
});

describe("Signing keys", () => {
  const known = () => new Map<string, string>();
  const newKeys = (memory = known()) => signingKeys(newShelf(), memory, 30 * DAY, now);

  it("are made when there is none, and shared by all workers", () => {
    const name = newKeys().newest();
    assert.match(name, /^[0-9]{13}$/);
    assert.equal(newKeys().newest(), name);
    assert.equal(newKeys().mac(name, "text"), newKeys().mac(name, "text"));
  });
  it("are renewed after 30 days; the old one verifies until nothing of it is valid", () => {
    const keys = newKeys();
    const old = keys.newest();
    const mac = keys.mac(old, "text");
    time += 30 * DAY;
    const name = keys.newest();
    assert.notEqual(name, old);
    assert.notEqual(keys.mac(name, "text"), mac);
    time += 29 * DAY;
    keys.prune();
    assert.equal(newKeys().mac(old, "text"), mac);
    time += 2 * DAY;
    assert.equal(keys.mac(old, "text"), undefined, "a key that the worker remembers");
    keys.prune();
    assert.deepEqual(readdirSync(disk()).sort(), [name]);
  });
  it("are no other files, and no broken ones", () => {
    const keys = newKeys();
    keys.newest();
    writeFileSync(join(disk(), String(begin + 1)), "short");
    for (const name of [
      "",
      "..",
      String(begin + 1),
      "../memory/1800000000000",
      "180000000000",
      "18000000000000",
      "undefined",
    ])
      assert.equal(keys.mac(name, "text"), undefined, name);
  });
});

describe("A sealed value", () => {
  const newSeals = () => sealing(signingKeys(newShelf(), new Map<string, string>(), DAY, now));

  it("opens for its purpose, with any characters", () => {
    const value = { person: 'Änn "O\'Neil" <a@b>\n', n: 1, nothing: null };
    const sealed = newSeals().seal("session", value);
    assert.match(sealed, /^[0-9]{13}\.[\w-]+\.[\w-]{43}$/);
    assert.deepEqual(newSeals().open("session", sealed), value);
  });
  it("does not open for another purpose, nor after any change", () => {
    const seals = newSeals();
    const sealed = seals.seal("session", { a: 1 });
    for (const purpose of ["", "pass", "session ", "Session"]) assert.equal(seals.open(purpose, sealed), undefined);
    for (let at = 0; at < sealed.length; at++) {
      const other = sealed[at] === "A" ? "B" : "A";
      assert.equal(
        seals.open("session", sealed.slice(0, at) + other + sealed.slice(at + 1)),
        undefined,
        `character ${at}`,
      );
    }
    for (const other of [
      "",
      ".",
      "..",
      sealed.slice(1),
      `${sealed}.`,
      `${sealed}\n`,
      ` ${sealed}`,
      sealed.replaceAll(".", ":"),
    ])
      assert.equal(seals.open("session", other), undefined, other);
  });
  it("is a signed text, which may have dots", () => {
    const signed = newSeals().sign("session", "a.b@c.d");
    assert.match(signed, /^[0-9]{13}\.a\.b@c\.d\.[\w-]{43}$/);
    assert.equal(newSeals().verify("session", signed), "a.b@c.d");
    assert.equal(newSeals().verify("session", signed.replace("a.", ".a")), undefined);
  });
  it("cannot be moved between the purpose and the value", () => {
    const seals = newSeals();
    const [key, text, mac] = seals.seal("a", { x: 1 }).split(".");
    assert.equal(seals.open(`a\n${key}`, `${key}.${text}.${mac}`), undefined);
  });
  it("of another machine does not open", () => {
    const sealed = newSeals().seal("session", { a: 1 });
    rmSync(disk(), { recursive: true });
    newSeals().seal("session", { a: 1 });
    assert.equal(newSeals().open("session", sealed), undefined);
  });
});

describe("The sessions", () => {
  const HOUR = 60 * 60 * 1000;
  let ended: string[];
  const newStore = (rotation = "1", idle = 12 * HOUR) =>
    sessionStore(newShelf(), idle, 30 * DAY, rotation, now, (id: string) => ended.push(id));
  beforeEach(() => {
    ended = [];
  });
  /** Sets when a session was last used. */
  const usedAt = (id: string, at: number) => utimesSync(join(disk(), id), at / 1000, at / 1000);

  it("end after the time without use, and go on while they are used", () => {
    const store = newStore();
    const id = store.start("ann@example.com");
    usedAt(id, time - 12 * HOUR + 1000);
    assert.equal(store.isOpen(id), true);
    usedAt(id, time - 12 * HOUR);
    assert.deepEqual([store.isOpen(id), store.use(id)], [false, false]);
  });
  it("note a use at most every five minutes, because each is a write to the disk", () => {
    const store = newStore();
    const id = store.start("ann@example.com");
    usedAt(id, time - 4 * 60_000);
    store.use(id);
    assert.equal(Math.round(shelf([disk()]).written(id)), time - 4 * 60_000);
    usedAt(id, time - 6 * 60_000);
    store.use(id);
    assert.ok(Math.abs(shelf([disk()]).written(id) - Date.now()) < 60_000);
    assert.equal(store.read(id)?.person, "ann@example.com");
  });
  it("go on while they are used if they end after five minutes without use", () => {
    const store = newStore("1", 5 * 60_000);
    const id = store.start("ann@example.com");
    usedAt(id, time - 60_000);
    assert.equal(store.use(id), true);
    assert.ok(Math.abs(shelf([disk()]).written(id) - Date.now()) < 30_000, "the use is noted");
  });
  it("end for one person, in any letter case, and for nobody else", () => {
    const store = newStore();
    const [one, two, other] = ["ann@example.com", "ANN@example.com", "anne@example.com"].map(store.start);
    assert.equal(store.endAllOf("Ann@Example.com"), 2);
    assert.deepEqual(
      [one, two, other].map((id) => store.read(id ?? "")?.person),
      [undefined, undefined, "anne@example.com"],
    );
    assert.deepEqual(ended.sort(), [one, two].sort(), "their marks are removed");
  });
  it("end when nobody may come in any more, and with another rotation", () => {
    const store = newStore();
    const [anns, bobs] = ["ann@example.com", "bob@example.com"].map(store.start);
    store.endUnless((person: string) => person.startsWith("ann"));
    assert.deepEqual([store.isOpen(anns ?? ""), store.isOpen(bobs ?? "")], [true, false]);
    newStore("2").endUnless(() => true);
    assert.equal(store.isOpen(anns ?? ""), false);
  });
  it("are 50 for each person; the one that was unused for longest ends first", () => {
    const store = newStore();
    const ids = Array.from({ length: 50 }, () => store.start("ann@example.com"));
    const others = store.start("bob@example.com");
    for (const [at, id] of ids.entries()) usedAt(id, time - (at === 20 ? 2 : 1) * HOUR);
    usedAt(others, time - 3 * HOUR);
    store.start("ann@example.com");
    assert.deepEqual(
      ids.filter((id) => !store.isOpen(id)),
      [ids[20]],
    );
    assert.equal(store.isOpen(others), true);
  });
  it("are deleted when they are over", () => {
    const store = newStore();
    const [idle, old, good] = ["a@x", "b@x", "c@x"].map(store.start);
    usedAt(idle ?? "", time - 13 * HOUR);
    writeFileSync(join(disk(), old ?? ""), JSON.stringify({ person: "b@x", started: time - 31 * DAY, rotation: "1" }));
    store.prune();
    assert.deepEqual(readdirSync(disk()), [good]);
  });
  it("have no names that are paths", () => {
    const store = newStore();
    writeFileSync(join(folder, "secret"), "{}");
    mkdirSync(disk(), { recursive: true });
    for (const id of [
      "../secret",
      "",
      ".",
      "x",
      `${"0".repeat(16)}-${"A".repeat(23)}`,
      undefined as unknown as string,
    ]) {
      assert.deepEqual([store.isOpen(id), store.use(id), store.read(id)], [false, false, undefined]);
      store.end(id);
    }
    assert.ok(existsSync(join(folder, "secret")));
  });
});

describe("Cookies that were checked a moment ago", () => {
  const [one, other] = [`${"0".repeat(16)}-${"A".repeat(22)}`, `${"0".repeat(16)}-${"B".repeat(22)}`];
  const mark = (id: string, host = "jupyter.lab.example.com") =>
    `${Math.floor(time / 10_000)}:${host}:1700000000000.${id}.1800000000.ann@example.com.${"M".repeat(43)}`;

  it("are marked until the session ends, at all host names", () => {
    const checked = checkedCookies(newShelf(), now);
    const marks = [mark(one), mark(one), mark(one, "lab.example.com"), mark(other)];
    for (const name of marks) checked.add(name);
    assert.deepEqual(readdirSync(disk()).sort(), [...new Set(marks)].sort());
    checked.forget(one);
    assert.deepEqual(readdirSync(disk()), [mark(other)]);
  });
  it("are marked for ten to twenty seconds", () => {
    const checked = checkedCookies(newShelf(), now);
    checked.add(mark(one));
    time += 10_000;
    checked.prune();
    assert.equal(readdirSync(disk()).length, 1);
    time += 10_000;
    checked.prune();
    assert.deepEqual(readdirSync(disk()), []);
  });
  it("get no mark if the name of its file is too long, or if the file cannot be created", () => {
    const checked = checkedCookies(newShelf(), now);
    checked.add(mark(one).replace("ann", "a".repeat(250)));
    checkedCookies(shelf(["/proc/self/task"]), now).add(mark(one));
    assert.deepEqual(existsSync(disk()) ? readdirSync(disk()) : [], []);
  });
});

describe("What is used only once", () => {
  it("is remembered until it is invalid anyway", () => {
    const once = onlyOnce(newShelf(), 60_000, now);
    assert.deepEqual([once.isFirst("a"), once.isFirst("a"), once.isFirst("b")], [true, false, true]);
    time = Date.now();
    once.prune();
    assert.equal(once.isFirst("a"), false);
    time += 61_000;
    once.prune();
    assert.deepEqual([once.isFirst("a"), readdirSync(disk()).length], [true, 1]);
  });
});

describe("An allow list", () => {
  const map = [
    "# Allow list",
    '"true:ann@example.com" allow;',
    '"true:o\\"neil\\\\x@example.com" allow;',
    '"~*^true:[^@:]+@example\\.org$" allow;',
    '"true:~ve@example.com" allow;',
  ].join("\n");

  it("allows the same people as nginx", () => {
    const rows: [string, boolean][] = [
      ["ann@example.com", true],
      ["ANN@Example.COM", true],
      ['o"neil\\x@example.com', true],
      ["x@example.org", true],
      ["x@EXAMPLE.org", true],
      ["~ve@example.com", true],
      ["", false],
      ["bob@example.com", false],
      ["ann@example.com.evil.test", false],
      ["x@evil-example.org", false],
      ["x@exampleXorg", false],
      ["x@y@example.org", false],
      ["@example.org", false],
      ["ann@example.com\nx@example.org", false],
      // The Kelvin sign, which is a k in lower case.
      ["\u212aen@example.com", false],
    ];
    for (const [person, isAllowed] of rows) assert.equal(lists.allows(map, `true:${person}`), isAllowed, person);
    assert.equal(lists.allows(map, "false:ann@example.com"), false);
    assert.equal(lists.allows('"true:ken@example.com" allow;', "true:\u212aen@example.com"), false);
  });
  it("of an app needs the site's, too", () => {
    mkdirSync(join(folder, "people"));
    writeFileSync(join(folder, "people.map"), map);
    writeFileSync(join(folder, "people/wide.map"), "# No narrower list: the site's verdict.\ndefault $site_verdict;\n");
    writeFileSync(
      join(folder, "people/narrow.map"),
      'default deny;\n"allow:ann@example.com" allow;\n"allow:bob@example.com" allow;\n',
    );
    const { isWelcome } = lists(folder);
    assert.deepEqual(
      ["ann@example.com", "x@example.org", "bob@example.com"].map((person) => isWelcome(person, "narrow")),
      [true, false, false],
    );
    assert.deepEqual(
      ["ann@example.com", "x@example.org", "bob@example.com"].map((person) => isWelcome(person, "wide")),
      [true, true, false],
    );
    assert.equal(isWelcome("x@example.org", ""), true);
  });
});

describe("Cookies of the sign-in", () => {
  it("are kept from apps", () => {
    for (const [given, left] of [
      ["", ""],
      ["a=b", "a=b"],
      ["__Host-session=x", ""],
      ["a=b; __Host-session=x; c=d", "a=b; c=d"],
      ["a=b;__HOST-SESSION=x ;\tc=d", "a=b;\tc=d"],
      ["VouchCookie=x; vouchcookie_1of2=y; VouchCookie", ""],
      ["__Host-nonce=x; __Host-answer=y; sso_return=/; _xsrf=z", "_xsrf=z"],
      ["a=__Host-session=x; __Host-session2=y", "a=__Host-session=x; __Host-session2=y"],
    ] as const)
      assert.equal(cookies.withoutOwn(given), left, given);
  });

  it("are read by their exact name, as a browser sends them", () => {
    for (const [given, value] of [
      ["", ""],
      ["__Host-session=x", "x"],
      ["a=b; __Host-session=x=y; c=d", "x=y"],
      ["a=b;__Host-session=x", "x"],
      ["a=b;\t __Host-session=x; c=d", "x"],
      ["__Host-session=x; __Host-session=y", "x"],
      ["__Host-session", ""],
      ["__Host-session =x", ""],
      ["__host-session=y; __Host-session=x", "x"],
      ["__HOST-SESSION=y", ""],
      ["a=b,__Host-session=y; __Host-session=x", "x"],
      ["a=b, __Host-session=y", ""],
      ["sso_return=/lab?a=,__Host-session=y", ""],
      ["__Host-session2=y; a__Host-session=y", ""],
      ["\u00a0__Host-session=y; \u2003__Host-session=z; __Host-session=x", "x"],
    ] as const)
      assert.equal(cookies.read(given, "__Host-session"), value, given);
  });
});
