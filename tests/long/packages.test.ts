import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { run } from "../support/command.ts";
import { type RunningSite, runningSite } from "../support/runningSite.ts";
import { type Changes, secrets } from "../support/site.ts";
import { until } from "../support/until.ts";

const IN_KERNEL = readFileSync(new URL("../support/inKernel.py", import.meta.url), "utf8");
const other = { imageTag: "2026-08-17" };

describe("Packages of notebooks", () => {
  let site: RunningSite;
  let home: string;

  /** Runs code in a new kernel of Jupyter's server. */
  const inKernel = (code: string) =>
    site.exec("jupyter", ["python3", "-c", IN_KERNEL], code).then(({ code, output }) => ({
      code,
      output: output.trim(),
    }));

  async function released(settings: Changes["settings"] = {}): Promise<string> {
    const { code, output } = await site.release({ settings: { database: "true", ...settings } });
    assert.equal(code, 0, output);
    return output;
  }

  /** A release with another image, and so another container. */
  async function restarted(settings: Changes["settings"] = {}): Promise<void> {
    const container = await site.container("jupyter");
    await released(settings);
    assert.notEqual(await site.container("jupyter"), container);
  }

  /** The release's messages about packages. */
  const said = (output: string) => output.split("\n").filter((line) => /^jupyter says: (?!welcome)/.test(line));

  /** Writes a file to the home directory, as its owner. */
  const put = (path: string, content: string) =>
    site.exec(
      "jupyter",
      ["sh", "-c", 'mkdir -p "$(dirname "$1")" && cat >"$1"', "sh", `/home/jovyan/${path}`],
      content,
    );

  beforeAll(async () => {
    site = runningSite(["jupyter", "mariadb"]);
    home = `${site.host.folder}/data/home`;
  });
  afterAll(() => site.remove());

  it("connect pandas to the database at the first start", async () => {
    const output = await released();
    assert.match(output, /^jupyter says: Installed for Python 3\.\d+: PyMySQL [\d.]+\.$/m);
    const code = `
import os, pandas as pd
df = pd.DataFrame({"wine": ["Port", "Sauternes"], "glasses": [2, 1]})
df.to_sql("cellar", os.environ["DATABASE_URL"], index=False, if_exists="replace")
print(pd.read_sql("select wine, glasses from cellar order by glasses", os.environ["DATABASE_URL"]).values.tolist())`;
    assert.deepEqual(await inKernel(code), { code: 0, output: "[['Sauternes', 1], ['Port', 2]]" });
  });

  it("are not looked up again if all are installed", async () => {
    writeFileSync(`${home}/packages.log`, "untouched\n");
    assert.deepEqual(said(await released()), []);
    assert.equal(readFileSync(`${home}/packages.log`, "utf8"), "untouched\n");
  });

  it("do not need the database's URL in a variable of the container", async () => {
    const { output } = await run("docker", ["inspect", await site.container("jupyter")]);
    assert.equal(output.includes(secrets.notebooksDatabasePassword), false);
  });

  it("of the settings are installed without a new container", async () => {
    const container = await site.container("jupyter");
    const output = await released({ packages: ["toolz >= 0.12, < 1"] });
    assert.match(output, /^jupyter says: Installed for Python 3\.\d+: toolz 0\.12\.\d+\.$/m);
    assert.equal(await site.container("jupyter"), container);
    assert.match((await inKernel("import toolz; print(toolz.__version__)")).output, /^0\.12/);
  });

  it("that a user installs in a notebook remain after a change of the container and its image", async () => {
    const installed = await inKernel("%pip install -q itsdangerous==2.1.2");
    assert.equal(installed.code, 0, installed.output);
    await restarted(other);
    const { output } = await inKernel("import itsdangerous; print(itsdangerous.__file__)");
    assert.match(output, /^\/home\/jovyan\/\.local\/lib\/python3\.\d+\/site-packages\//);
  });

  it("can have other versions than in the image, by pip and by the settings", async () => {
    const installed = await inKernel('%pip install -q "six<1.17"');
    assert.equal(installed.code, 0, installed.output);
    assert.match((await inKernel("import six; print(six.__version__)")).output, /^1\.16/);
    const output = await released({ packages: ["idna < 3.11"] });
    assert.match(output, /^jupyter says: Installed for Python 3\.\d+: idna 3\.10\.$/m);
    assert.match((await inKernel("import idna; print(idna.__version__)")).output, /^3\.10$/);
  });

  it("are installed to --target with --no-user", async () => {
    const commands = "pip install -q --no-user --target=/tmp/there six && ls /tmp/there";
    assert.match((await site.exec("jupyter", ["sh", "-c", commands])).output, /^six\.py$/m);
  });

  it("are installed into a user's virtual environment", async () => {
    const commands =
      "python3 -m venv /tmp/own && /tmp/own/bin/pip install -q toolz==1.0.0 && /tmp/own/bin/python -c 'import toolz; print(toolz.__file__)'";
    const { output } = await site.exec("jupyter", ["sh", "-c", commands]);
    assert.match(output, /^\/tmp\/own\//m);
  });

  it("that cannot be installed are reported one by one, and do not prevent the start", async () => {
    const output = await released({ packages: ["sklearn", "no-such-package-of-anybody", "itsdangerous>=2.2"] });
    const [installed, ...failures] = said(output);
    assert.match(installed ?? "", /^jupyter says: Installed for Python 3\.\d+: itsdangerous 2\.\d+/);
    assert.match(
      failures[0] ?? "",
      /^jupyter says: sklearn could not be installed: .+\. ~\/packages\.log says more\.$/,
    );
    assert.equal(
      failures[1],
      "jupyter says: no-such-package-of-anybody could not be installed: No matching distribution found for no-such-package-of-anybody. ~/packages.log says more.",
    );
    assert.equal(failures.length, 2);
    assert.match(readFileSync(`${home}/packages.log`, "utf8"), /no-such-package-of-anybody/);
    assert.deepEqual(await inKernel("print(6 * 7)"), { code: 0, output: "42" });
  });

  it("are tried again by the next release if the index does not answer", async () => {
    await put(".config/pip/pip.conf", "[global]\nindex-url = http://127.0.0.1:9/simple\n");
    try {
      const output = await released({ packages: ["cachetools", "blinker"] });
      for (const name of ["cachetools", "blinker"])
        assert.ok(
          said(output).includes(
            `jupyter says: ${name} could not be installed: the package index does not answer. ~/packages.log says more.`,
          ),
          output,
        );
    } finally {
      rmSync(`${home}/.config/pip/pip.conf`);
    }
    const output = await released({ packages: ["cachetools", "blinker"] });
    assert.match(output, /^jupyter says: Installed for Python 3\.\d+: cachetools \S+, blinker \S+\.$/m);
  });

  it("continue to be installed after a release has stopped waiting", async () => {
    const impatient =
      "sed 's/^WAITED_FOR = .*/WAITED_FOR = 0/' /usr/local/etc/jupyter-up/packages.py >/tmp/packages.py";
    const asked = await site.exec("jupyter", ["sh", "-c", `${impatient} && python3 /tmp/packages.py more-itertools`]);
    assert.deepEqual(asked, {
      code: 0,
      output: "Packages are still being installed while the server runs. Progress: ~/packages.log\n",
    });
    const report = `${home}/.local/share/jupyter-up/report.txt`;
    await until("a report", () => existsSync(report), 300);
    assert.match(readFileSync(report, "utf8"), /^Installed for Python 3\.\d+: more-itertools /);
  });

  it("that would break the server are loaded only by kernels", async () => {
    const { output: folder } = await inKernel("import site; print(site.getusersitepackages())");
    const below = folder.replace("/home/jovyan/", "");
    for (const name of ["tornado", "jupyter_server", "traitlets"])
      await put(`${below}/${name}/__init__.py`, `raise RuntimeError("a broken ${name}")\n`);
    try {
      await restarted(other);
      const { output } = await run("docker", ["logs", await site.container("jupyter")]);
      assert.doesNotMatch(output, /a broken/);
    } finally {
      for (const name of ["tornado", "jupyter_server", "traitlets"])
        rmSync(`${home}/${below.replace(/^home\//, "")}/${name}`, { recursive: true, force: true });
    }
    assert.deepEqual(await inKernel("print(6 * 7)"), { code: 0, output: "42" });
  });

  it("can extend the server, and a failing extension is logged", async () => {
    const { output: folder } = await inKernel("import site; print(site.getusersitepackages())");
    const below = folder.replace("/home/jovyan/", "");
    const points = "def _jupyter_server_extension_points(): return [{'module': __name__}]\n";
    await put(
      `${below}/good_extension.py`,
      `${points}def _load_jupyter_server_extension(app): app.log.info("the good extension is here")\n`,
    );
    await put(`${below}/bad_extension.py`, 'raise RuntimeError("the bad extension fails")\n');
    for (const name of ["good", "bad"])
      await put(
        `.local/etc/jupyter/jupyter_server_config.d/${name}.json`,
        JSON.stringify({ ServerApp: { jpserver_extensions: { [`${name}_extension`]: true } } }),
      );
    await restarted();
    const { output } = await run("docker", ["logs", await site.container("jupyter")]);
    assert.match(output, /the good extension is here/);
    assert.match(output, /the bad extension fails/);
    assert.deepEqual(await inKernel("print(6 * 7)"), { code: 0, output: "42" });
    rmSync(`${home}/.local/etc/jupyter`, { recursive: true });
  });

  it("are installed again after a change of Python: the requested ones, without their former dependencies", async () => {
    const before = ".local/lib/python3.5/site-packages";
    const had = async (name: string, version: string, requested: boolean, origin?: object) => {
      const info = `${before}/${name}-${version}.dist-info`;
      await put(`${info}/METADATA`, `Metadata-Version: 2.1\nName: ${name}\nVersion: ${version}\n`);
      if (requested) await put(`${info}/REQUESTED`, "");
      if (origin) await put(`${info}/direct_url.json`, JSON.stringify(origin));
    };
    await had("pluggy", "1.4.0", true);
    // There is no such version for any current Python.
    await had("zipp", "0.0.1", true);
    await had("iniconfig", "2.0.0", false);
    // The image has a later version.
    await had("pandas", "1.0.0", true);
    await had("no-such-package-of-anybody", "1.0", true);
    await had("own", "1.0", true, { url: "file:///home/jovyan/work/own", dir_info: {} });
    await put(".local/share/jupyter-up/python", "3.5\n");

    const output = await released();
    const [installed, ...failures] = said(output);
    assert.match(installed ?? "", /^jupyter says: Installed for Python 3\.\d+: pluggy 1\.4\.0, zipp [1-9]\S+\.$/);
    assert.deepEqual(
      failures.map((line) => line.replace(/ could not be installed: .*/, "")),
      ["jupyter says: no-such-package-of-anybody==1.0", "jupyter says: own @ file:///home/jovyan/work/own"],
    );
    assert.match((await inKernel("import iniconfig")).output, /ModuleNotFoundError/);

    // Missing packages are tried again until they are removed from the list.
    assert.equal(said(await released()).length, 2);
    writeFileSync(`${home}/.local/share/jupyter-up/missing-packages.txt`, "");
    assert.deepEqual(said(await released()), []);
  });

  it("are installed even if a line of the list is invalid", async () => {
    const list = `${home}/.local/share/jupyter-up/missing-packages.txt`;
    writeFileSync(list, "no == requirement !\n\niniconfig==2.0.0\n");
    assert.deepEqual(
      said(await released()).map((line) => line.replace(/Python 3\.\d+/, "Python 3.N")),
      [
        "jupyter says: Installed for Python 3.N: iniconfig 2.0.0.",
        "jupyter says: no == requirement ! is not a requirement that pip accepts. Fix or delete the line: ~/.local/share/jupyter-up/missing-packages.txt.",
      ],
    );
    assert.equal(readFileSync(list, "utf8"), "no == requirement !\n");
    writeFileSync(list, "");
  });

  it("do not fail a release if the disk is full or the records are damaged", async () => {
    rmSync(`${home}/.local/share/jupyter-up`, { recursive: true });
    mkdirSync(`${home}/.local/share`, { recursive: true });
    writeFileSync(`${home}/.local/share/jupyter-up`, "");
    const output = await released();
    assert.match(output, /^jupyter says: Packages could not be checked: /m);
  });
});
