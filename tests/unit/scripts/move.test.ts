import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import { exchange } from "../../../scripts/move/exchange.ts";
import { readOptions } from "../../../scripts/move/options.ts";
import { describe as described, factsOf, type MovingSite, requireMovable } from "../../../scripts/move/site.ts";
import { finish, move, undo } from "../../../scripts/move/steps.ts";

/** A site whose steps are recorded in `steps`; `program` is a line of the shell for each. */
function site(changes: Partial<MovingSite> = {}, steps: string[] = []): MovingSite {
  const stack = changes.stack ?? "local";
  return {
    stack,
    isHere: true,
    program: {
      line: ([, name = ""]) => {
        steps.push(`${stack}: ${name}`);
        return "true";
      },
    },
    env: {},
    site: `jupyter-up-${stack}`,
    url: `https://jupyter.${stack}.example.com`,
    state: "",
    other: "",
    sources: { "jupyter/notebooks": `/${stack}/notebooks`, "jupyter/home": `/${stack}/home` },
    databaseImage: "docker.io/library/mariadb:11.8",
    unused: [],
    filled: ["jupyter/notebooks"],
    databases: ["notebooks"],
    work: [],
    ...changes,
  };
}
const cloud = (changes: Partial<MovingSite> = {}, steps?: string[]) => site({ stack: "dev", ...changes }, steps);
const volume = "site/apps/notes/var~lib";

describe("The arguments of npm run move", () => {
  it("name two stacks, and what is done", () => {
    const both = ["--from", "local", "--to", "dev"];
    assert.deepEqual(readOptions(both), { from: "local", to: "dev", action: "move", yes: false });
    assert.deepEqual(readOptions([...both, "--yes"]), { from: "local", to: "dev", action: "move", yes: true });
    assert.equal(readOptions([...both, "--done"]).action, "done");
    assert.equal(readOptions([...both, "--undo"]).action, "undo");
  });

  it("are refused with the usage", () => {
    for (const [args, why] of [
      [["--from", "local"], /Name both stacks[\s\S]*npm run move -- --from STACK/],
      [["--from", "a", "--to", "a"], /are the same stack, a/],
      [["--from", "a", "--to", "b", "--done", "--undo"], /exclude each other/],
      [["--form", "a"], /Unknown option '--form'/],
    ] as const)
      assert.throws(() => readOptions([...args]), why);
  });
});

describe("A move is refused", () => {
  const rows: [why: string, from: Partial<MovingSite>, to: Partial<MovingSite>, expected: RegExp][] = [
    ["to a site with work", {}, { work: ["notebooks/a.ipynb"] }, /site of dev is not new\. .*notebooks\/a\.ipynb/],
    [
      "to a site without an app",
      { filled: [volume] },
      {},
      /The app notes has data in \/var\/lib, and dev has no such volume\. Add the app to the setting apps of dev/,
    ],
    ["to a site without a database", {}, { databaseImage: "" }, /pulumi config set database true -s dev/],
    [
      "to another version of MariaDB",
      { databaseImage: "mirror/mariadb:11.4" },
      {},
      /pulumi config set databaseTag 11\.4 -s dev/,
    ],
    [
      "to the same folder",
      {},
      { sources: { "jupyter/notebooks": "/local/notebooks" } },
      /Both stacks use the folder \/local\/notebooks\. Set another one: pulumi config set notebooks FOLDER -s dev/,
    ],
    [
      "from a site that waits for the work of another one",
      { state: "arriving" },
      {},
      /local takes part in another move/,
    ],
    ["from a site that moves to another one", { state: "frozen", other: "x" }, {}, /local takes part in another move/],
    ["to a site that moves elsewhere", {}, { state: "moved", other: "x" }, /dev takes part in another move/],
  ];
  for (const [why, from, to, expected] of rows)
    it(why, () => {
      assert.throws(() => requireMovable(site(from), cloud(to)), expected);
    });

  it("with all that must be changed at once", () => {
    assert.throws(
      () => requireMovable(site({ filled: [volume] }), cloud({ work: ["notebooks/a"], databaseImage: "" })),
      /^PlainError: Nothing was changed\.[\s\S]*not new[\s\S]*The app notes[\s\S]*database true/,
    );
  });
});

describe("A move is allowed", () => {
  it("to a new site, and to one on which an interrupted move has left something", () => {
    requireMovable(site(), cloud());
    const begun: Partial<MovingSite> = { state: "arriving", other: "jupyter-up-local", work: ["notebooks/a.ipynb"] };
    requireMovable(site(), cloud(begun));
    requireMovable(site({ state: "frozen", other: "jupyter-up-dev" }), cloud(begun));
  });

  it("back to the site from which the work has moved", () => {
    requireMovable(cloud(), site({ state: "done", other: "jupyter-up-dev", work: ["notebooks/a.ipynb"] }));
  });

  it("from and to a site without a database", () => {
    requireMovable(site({ databases: [], databaseImage: "" }), cloud({ databaseImage: "" }));
  });
});

describe("The steps of a move", () => {
  const copied = ["local: send", "dev: receive"];
  const rest = ["local: freeze", ...copied, "local: compare", "dev: receive", "dev: load", "local: leave", "dev: open"];
  async function stepsOf(from: Partial<MovingSite>, to: Partial<MovingSite>): Promise<string[]> {
    const steps: string[] = [];
    await move({ from: site(from, steps), to: cloud(to, steps) });
    return steps;
  }

  it("copy while the old site runs, and again after it was closed", async () => {
    assert.deepEqual(await stepsOf({}, {}), ["dev: await", ...copied, ...rest]);
  });

  it("continue after an interruption", async () => {
    const frozen = { state: "frozen", other: "jupyter-up-dev" } as const;
    assert.deepEqual(await stepsOf(frozen, { state: "arriving" }), ["dev: await", ...rest]);
    assert.deepEqual(await stepsOf({ ...frozen, state: "moved" }, { state: "arriving" }), ["dev: open"]);
  });

  it("end at the first one that fails", async () => {
    const failing = { ...cloud(), program: { line: () => "exit 1" } };
    await assert.rejects(move({ from: site(), to: failing }), /The step "await" failed on dev/);
  });

  it("of its end need a move", async () => {
    const steps: string[] = [];
    await assert.rejects(finish({ from: site(), to: cloud() }), /has not moved to dev yet/);
    const moved = { state: "moved", other: "jupyter-up-dev" } as const;
    await assert.rejects(finish({ from: site(moved), to: cloud({ state: "arriving" }) }), /dev is not open yet/);
    await finish({ from: site(moved, steps), to: cloud() });
    await assert.rejects(undo(site(), cloud()), /no such move of local to undo/);
    await assert.rejects(undo(site({ ...moved, other: "another" }), cloud()), /no such move/);
    await undo(site(moved, steps), cloud({}, steps));
    await undo(site(moved, steps), undefined);
    assert.deepEqual(steps, ["local: done", "dev: yield", "local: open", "local: open"]);
  });
});

describe("An exchange between two sites", () => {
  const side = (line: string): MovingSite => ({ ...site(), program: { line: () => line } });

  it("connects both programs in both directions", async () => {
    const from = side('read list; echo "files for $list"');
    await exchange(from, "send", side('echo list; read files; [ "$files" = "files for list" ]'), "receive");
  });

  it("fails if one side fails, and does not wait for the other one", async () => {
    await assert.rejects(exchange(side("exit 1"), "send", side("cat"), "receive"), /Not everything was copied/);
    await assert.rejects(exchange(side("cat"), "send", side("exit 1"), "receive"), /Run the same command again/);
    await assert.rejects(exchange(side("exit 1"), "compare", side("cat"), "receive"), /do not have the same files/);
    await assert.rejects(exchange(side("kill -9 $$"), "send", side("cat"), "receive"), /Not everything was copied/);
  });
});

describe("What a site has", () => {
  it("is read from two lines", () => {
    const facts = factsOf('{"site":"lab","sources":{}}\n{"work":[],"filled":["jupyter/home"]}\n');
    assert.deepEqual(facts, { site: "lab", sources: {}, work: [], filled: ["jupyter/home"] });
  });

  it("is described before the question", () => {
    const text = described(site({ filled: [volume], unused: ["wiki"] }), cloud());
    assert.match(text, /from local \(https:\/\/jupyter\.local\.example\.com\) to dev/);
    assert.match(text, /databases \(notebooks\), data of apps \(notes\)\./);
    assert.match(text, /The data of the removed app wiki stay on local\./);
  });
});
