import assert from "node:assert/strict";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { type RunningSite, runningSite } from "../support/runningSite.ts";

// Runs all cells of the notebook in order, and prints their output.
const RUN = `
import os, pathlib, nbformat
from nbclient import NotebookClient

url = pathlib.Path("/run/secrets/jupyter/database-url")
if url.exists():
    os.environ["DATABASE_URL"] = url.read_text().strip()
os.environ.pop("PYTHONNOUSERSITE")
notebook = nbformat.read("/home/jovyan/work/welcome.ipynb", as_version=4)
nbformat.validate(notebook)
NotebookClient(notebook, timeout=120).execute()
for output in (output for cell in notebook.cells for output in cell.get("outputs", [])):
    print(output.get("text") or " ".join(sorted(output["data"])))
`;

const demo = {
  name: "phpdemo",
  image: "docker.io/library/adminer:5",
  port: 8080,
  database: true,
  shared: true,
  schema: "tests/support/schema.sql",
};

describe("The welcome notebook", () => {
  let site: RunningSite;
  let file: string;

  async function released(settings: Record<string, unknown>): Promise<string> {
    const { code, output } = await site.release({ settings });
    assert.equal(code, 0, output);
    return output;
  }

  async function printed(): Promise<string[]> {
    const { code, output } = await site.exec("jupyter", ["python3", "-W", "ignore", "-c", RUN]);
    assert.equal(code, 0, output);
    return output.split("\n").filter((line) => line !== "" && !line.startsWith("[IPKernelApp]"));
  }

  beforeAll(() => {
    site = runningSite(["jupyter", "mariadb"]);
    file = `${site.host.folder}/notebooks/welcome.ipynb`;
  });
  afterAll(() => site.remove());

  it("is written to the notebooks folder by the first release, which reports it", async () => {
    const output = await released({ database: "true", apps: [demo] });
    assert.match(output, /^jupyter says: The notebooks folder contains welcome\.ipynb, an introduction\.$/m);
    const own = readFileSync(new URL("../../files/services/jupyter/welcome.ipynb", import.meta.url), "utf8");
    assert.equal(readFileSync(file, "utf8"), own);
  });

  it("reads the demo's pairings, writes some and plots them", async () => {
    assert.deepEqual(await printed(), [
      "text/html text/plain",
      "5 added, 7 in all",
      "Riesling goes with most: 3",
      "image/png text/plain",
    ]);
  });

  it("adds no row twice when run again", async () => {
    assert.equal((await printed())[1], "0 added, 7 in all");
  });

  it("runs without the demo, and names what is missing", async () => {
    await released({ database: "true" });
    const [why, , , , ...rest] = await printed();
    assert.equal(why, "The demo's table cannot be read; perhaps the app phpdemo is not part of this site.");
    assert.deepEqual(rest.slice(-3), ["5 added, 7 in all", "Riesling goes with most: 3", "image/png text/plain"]);
  });

  it("runs without a database, and names what is missing", async () => {
    await released({ database: "false" });
    const [why, ...rest] = await printed();
    assert.match(why ?? "", /^This site runs without a database\. Add one: `pulumi config set database true/);
    assert.deepEqual(rest.slice(-3), ["5 added, 7 in all", "Riesling goes with most: 3", "image/png text/plain"]);
  });

  it("is not overwritten by another release, and not written again after its deletion", async () => {
    writeFileSync(file, "changed\n");
    await released({ database: "false" });
    assert.equal(readFileSync(file, "utf8"), "changed\n");
    rmSync(file);
    await released({ database: "false" });
    assert.equal(existsSync(file), false);
  });

  it("does not replace an existing notebook of that name", async () => {
    rmSync(`${site.host.folder}/data/home/.local/share/jupyter-up/placed`, { recursive: true });
    writeFileSync(file, "mine\n");
    const output = await released({ database: "false" });
    assert.equal(readFileSync(file, "utf8"), "mine\n");
    assert.doesNotMatch(output, /welcome/);
  });

  it("that cannot be written is reported, but does not fail a release", async () => {
    rmSync(file);
    const placed = `${site.host.folder}/data/home/.local/share/jupyter-up/placed`;
    rmSync(placed, { recursive: true });
    writeFileSync(placed, "");
    const output = await released({ database: "false" });
    assert.match(output, /^jupyter says: welcome\.ipynb could not be copied into the notebooks folder\./m);
  });
});
