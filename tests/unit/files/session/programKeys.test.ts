/** Keys of programs: nginx's modules under Node, and the list that they read. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { beforeEach, describe, it } from "@jest/globals";
import { PROGRAM_KEY_PREFIX } from "../../../../components/release/siteSecrets.ts";
import { keysMap } from "../../../../files/services/nginx/keysMap.ts";
import programKeys from "../../../../files/services/nginx/session/programKeys.js";
import programs from "../../../../files/services/nginx/session/programs.js";
import sockets from "../../../../files/services/nginx/session/sockets.js";
import { bundleWith } from "../../../support/site.ts";
import { contentOf } from "../../../support/unpack.ts";

const NOW = Date.parse("2026-11-28T22:00:00Z");
const MINUTE = 60 * 1000;
const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
const KEY = `jup_${"k".repeat(43)}`;
const READ_KEY = `jup_${"r".repeat(43)}`;
const key = (changes = {}) =>
  ({ name: "laptop", for: "ann@example.com", until: "2026-12-01", may: "run", at: "jupyter", ...changes }) as const;
const hashes = { laptop: sha256(KEY), reader: sha256(READ_KEY) };
const both = [key(), key({ name: "reader", for: "bob@example.com", may: "read", at: "whoami" })];

/** A shelf in memory; see shelf.js. */
function shelf(now: () => number) {
  const files = new Map<string, number>();
  return {
    files,
    names: () => [...files.keys()],
    write: (name: string) => void files.set(name, now()),
    written: (name: string) => files.get(name) ?? 0,
    remove: (name: string) => void files.delete(name),
  };
}

let now = NOW;
let list = "";
let uses: ReturnType<typeof shelf>;
let keys: ReturnType<typeof programKeys>;
beforeEach(() => {
  now = NOW;
  list = keysMap(both, hashes);
  uses = shelf(() => now);
  keys = programKeys(
    uses,
    () => now,
    () => list,
  );
});

describe("The list of keys on the machine", () => {
  it("has a hash in place of each key, and the form of an allow list, so that a rollback keeps common keys only", () => {
    assert.equal(
      list,
      `# Keys of programs, from the stack's setting \`keys\`: SHA-256, name, person, last day, what it may do, host name.
"key:${hashes.laptop} laptop ann@example.com 2026-12-01 run jupyter" allow;
"key:${hashes.reader} reader bob@example.com 2026-12-01 read whoami" allow;
`,
    );
  });

  it("is a file of the release, without the keys", () => {
    const settings = { keys: [{ name: "laptop", for: "ann@example.com", until: "2099-12-31", may: "run" }] };
    const { release } = bundleWith({ settings, secrets: { keyHashes: hashes } });
    assert.match(contentOf(release, "keys.map"), new RegExp(`^"key:${hashes.laptop} laptop `, "m"));
  });

  it("keeps people with every character of an address", () => {
    const person = "~x&y=z!#/%o'brien+x@example.com";
    list = keysMap([key({ for: person })], hashes);
    assert.equal(keys.open(KEY).person, person);
  });
});

describe("A key", () => {
  it("opens by its whole text only", () => {
    assert.deepEqual(keys.open(KEY), {
      hash: hashes.laptop,
      name: "laptop",
      person: "ann@example.com",
      until: "2026-12-01",
      may: "run",
      at: "jupyter",
    });
    for (const other of ["", "jup_", KEY.slice(0, -1), `${KEY}k`, KEY.toUpperCase(), hashes.laptop])
      assert.equal(keys.open(other), undefined, other);
  });

  it("is valid until the end of its last day in UTC", () => {
    now = Date.parse("2026-12-01T23:59:59.999Z");
    assert.ok(keys.open(KEY));
    now = Date.parse("2026-12-02T00:00:00Z");
    assert.equal(keys.open(KEY), undefined);
  });

  it("ends at once when it is removed from the list", () => {
    list = keysMap(both.slice(1), hashes);
    assert.equal(keys.open(KEY), undefined);
    assert.ok(keys.open(READ_KEY));
  });

  it("does not open if its line is damaged", () => {
    list = list.replace(" run jupyter", " all jupyter");
    assert.equal(keys.open(KEY), undefined);
  });

  it("has the time of its last use, noted every five minutes at most", () => {
    assert.equal(keys.ofPerson("Ann@Example.com")[0].used, 0);
    keys.use(keys.open(KEY));
    now += 5 * MINUTE;
    keys.use(keys.open(KEY));
    assert.equal(keys.ofPerson("ann@example.com")[0].used, NOW);
    now += 1;
    keys.use(keys.open(KEY));
    assert.equal(keys.ofPerson("ann@example.com")[0].used, now);
  });

  it("leaves no note when it is gone", () => {
    keys.use(keys.open(KEY));
    keys.use(keys.open(READ_KEY));
    list = keysMap(both.slice(1), hashes);
    keys.prune();
    assert.deepEqual([...uses.files.keys()], [hashes.reader]);
  });
});

describe("A request with a key", () => {
  const request = (given: { key: string; method?: string; host?: string; upgrade?: string }) => ({
    method: given.method ?? "GET",
    variables: {
      key: given.key,
      host: given.host ?? "jupyter.lab.example.com",
      http_upgrade: given.upgrade,
    } as Record<string, string | undefined>,
    headersOut: {} as Record<string, string>,
    sent: undefined as unknown,
    return(status: number, body: string) {
      this.sent = [status, body];
    },
  });
  const verdictOn = (given: Parameters<typeof request>[0]) => {
    const r = request(given);
    return [programs(keys, "lab.example.com").verdict(r), r.variables] as const;
  };

  it("gives the person, the key's name and an id for its connections", () => {
    const [verdict, { key_person, key_name, session_id }] = verdictOn({ key: KEY });
    assert.deepEqual(
      { verdict, key_person, key_name, session_id },
      {
        verdict: "good",
        key_person: "ann@example.com",
        key_name: "laptop",
        session_id: `key-${hashes.laptop}`,
      },
    );
  });

  it("is refused with an unknown key, at another host name, or if it does more than read with a key that reads", () => {
    const whoami = "whoami.lab.example.com";
    for (const [given, expected] of [
      [{ key: `${KEY}x` }, "unknown"],
      [{ key: KEY, host: whoami }, "elsewhere"],
      [{ key: KEY, host: "lab.example.com" }, "elsewhere"],
      [{ key: READ_KEY }, "elsewhere"],
      [{ key: READ_KEY, host: whoami }, "good"],
      [{ key: READ_KEY, host: whoami, method: "HEAD" }, "good"],
      [{ key: READ_KEY, host: whoami, upgrade: "websocket" }, "read_only"],
      [{ key: READ_KEY, host: whoami, upgrade: "h2c" }, "read_only"],
      ...["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND"].map(
        (method) => [{ key: READ_KEY, host: whoami, method }, "read_only"] as const,
      ),
    ] as const) {
      const [verdict, variables] = verdictOn(given);
      assert.equal(verdict, expected, JSON.stringify(given));
      assert.equal(variables.key_person === undefined, verdict !== "good");
    }
  });

  it("does not count as a use of the key if it is refused", () => {
    verdictOn({ key: KEY, host: "lab.example.com" });
    assert.equal(uses.files.size, 0);
    verdictOn({ key: KEY });
    assert.equal(uses.files.size, 1);
  });

  it("shows the person's own keys on the front page, and nothing without one", () => {
    keys.use(keys.open(READ_KEY));
    const shown = (email: string) => {
      const r = request({ key: "" });
      r.variables.sso_email = email;
      programs(keys, "lab.example.com").show(r);
      return r.sent;
    };
    assert.deepEqual(shown("bob@example.com"), [
      200,
      '<h2>Your keys for programs</h2>\n<ul class="keys"><li>reader <span class="name">whoami, read, until 2026-12-01, last used 2026-11-28 22:00 UTC</span></li></ul>\n',
    ]);
    assert.match(String(shown("ann@example.com")), /laptop .* never used/);
    assert.deepEqual(shown("eve@example.com"), [200, ""]);
  });
});

describe("A WebSocket of a program", () => {
  /** Whether the connection is watched on, or cut, after a change. */
  function outcome(change: () => void): { before: boolean; after: boolean } {
    let welcome = true;
    const lists = { version: () => `${welcome}`, isWelcome: () => welcome };
    const store = { read: () => undefined, isOpen: () => false };
    const handlers: Record<string, (data: Buffer, flags: object) => void> = {};
    let cut = false;
    let check: (() => void) | undefined;
    const stream = {
      variables: { label: "jupyter" },
      on: (name: string, handler: (data: Buffer, flags: object) => void) => {
        handlers[name] = handler;
      },
      off: () => {},
      send: () => {},
      sendDownstream: () => {
        cut = true;
      },
      sendUpstream: () => {},
    };
    const timer = globalThis.setTimeout;
    globalThis.setTimeout = ((next: () => void) => {
      check = next;
    }) as unknown as typeof setTimeout;
    try {
      sockets(store, lists, programs(keys, "lab.example.com")).watch(stream);
      const head = `GET /x HTTP/1.1\r\nX-Session-Id: key-${hashes.laptop}\r\nUpgrade: websocket\r\n\r\n`;
      handlers.upstream?.(Buffer.from(head), {});
      const before = cut;
      change();
      if (list === "unwelcome") {
        list = keysMap(both, hashes);
        welcome = false;
      }
      check?.();
      return { before, after: cut };
    } finally {
      globalThis.setTimeout = timer;
    }
  }

  it("stays open while its key is valid", () => {
    assert.deepEqual(
      outcome(() => {}),
      { before: false, after: false },
    );
  });

  for (const [reason, change] of Object.entries({
    "the key is removed": () => {
      list = keysMap(both.slice(1), hashes);
    },
    "the key's last day is over": () => {
      now = Date.parse("2026-12-02T00:00:00Z");
    },
    "the key was replaced by another one of its name": () => {
      list = keysMap(both, { ...hashes, laptop: sha256("jup_other") });
    },
    "the key is for another host name": () => {
      list = keysMap([key({ at: "whoami" })], hashes);
    },
    "the person is removed from the allow list": () => {
      list = "unwelcome";
    },
  }))
    it(`is cut when ${reason}`, () => {
      assert.deepEqual(outcome(change), { before: false, after: true });
    });
});

it("nginx and the filter of its log look for the prefix of generated keys", () => {
  const { release } = bundleWith();
  assert.match(contentOf(release, "maps.conf"), new RegExp(`\\(\\?<key_in_header>${PROGRAM_KEY_PREFIX}`));
  assert.ok(contentOf(release, "serve.sh").includes(`/${PROGRAM_KEY_PREFIX}[A-Za-z0-9]+/`));
});
