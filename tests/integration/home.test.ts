import assert from "node:assert/strict";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { run } from "../support/command.ts";
import { type RunningSite, runningSite } from "../support/runningSite.ts";
import { oddPath } from "../support/texts.ts";
import { until } from "../support/until.ts";

const support = (name: string) => readFileSync(new URL(`../support/${name}`, import.meta.url), "utf8");
const [IN_KERNEL, IN_TERMINAL] = [support("inKernel.py"), support("inTerminal.py")];

// Settings of an old configuration, some of which would open Jupyter to everyone who can reach it.
const ELSEWHERE = `
from jupyter_server.auth import Authorizer
from jupyter_server.auth.identity import IdentityProvider, User

class Anybody(IdentityProvider):
    def get_user(self, handler):
        return User(username="anybody")

class Nobody(Authorizer):
    def is_authorized(self, handler, user, action, resource):
        return False

c.ServerApp.ip = "localhost"
c.ServerApp.port = 9999
c.ServerApp.base_url = "/mine"
c.ServerApp.root_dir = "/tmp"
c.ServerApp.sock = "/tmp/jupyter.sock"
c.ServerApp.certfile = "/nowhere.pem"
c.ServerApp.allow_remote_access = False
c.ServerApp.identity_provider_class = Anybody
c.ServerApp.authorizer_class = Nobody
c.ServerApp.allow_unauthenticated_access = True
c.ServerApp.disable_check_xsrf = True
c.ServerApp.allow_origin = "*"
c.ServerApp.trust_xheaders = False
c.IdentityProvider.token = "token"
c.NotebookApp.ip = "localhost"
c.NotebookApp.port = 9999
`;
const ELSEWHERE_JSON = JSON.stringify({
  ServerApp: { ip: "localhost", port: 9999, base_url: "/mine", root_dir: "/tmp", allow_unauthenticated_access: true },
});

// Sends a request like one that passed the door, and one that did not.
const ASK = `
import json, pathlib, urllib.error, urllib.request
secret = pathlib.Path("/run/secrets/jupyter/door-secret").read_text().strip()
door = {"X-Door-Secret": secret, "X-Auth-User": "ann@example.com"}
xsrf = {"Cookie": "_xsrf=00", "X-XSRFToken": "00"}

def ask(path, headers, data=None):
    try:
        request = urllib.request.Request(f"http://jupyter:8888{path}", data=data, headers=headers)
        return urllib.request.urlopen(request).status
    except urllib.error.HTTPError as error:
        return error.code

print(json.dumps({
    "signed in": ask("/api/contents/welcome.ipynb", door),
    "not through the door": ask("/api/contents", {}),
    "by a token": ask("/api/contents?token=token", {}),
    "from another site": ask("/api/terminals", door, b"{}"),
    "from its own page": ask("/api/terminals", {**door, **xsrf}, b"{}"),
}))`;
const AS_ALWAYS = {
  "signed in": 200,
  "not through the door": 403,
  "by a token": 403,
  "from another site": 403,
  "from its own page": 200,
};

describe("Jupyter, its home directory and its container", () => {
  let site: RunningSite;
  let home: string;
  let notebooks: string;

  async function released(code = 0): Promise<string> {
    const ended = await site.release({ layout: { notebooks } });
    assert.equal(ended.code, code, ended.output);
    return ended.output;
  }

  const inJupyter = async (command: string[], input = "") => {
    const { code, output } = await site.exec("jupyter", command, input);
    assert.equal(code, 0, output);
    return output.trim();
  };
  const inKernel = (code: string) => inJupyter(["python3", "-c", IN_KERNEL], code);
  const inTerminal = (line: string) => inJupyter(["python3", "-c", IN_TERMINAL], line);

  /** Puts files into the home directory, as its owner. */
  async function put(files: Record<string, string>): Promise<void> {
    for (const [path, content] of Object.entries(files))
      await inJupyter(["sh", "-c", 'mkdir -p "$(dirname "$1")" && cat >"$1"', "sh", `/home/jovyan/${path}`], content);
  }

  /** Restarts the container, as after File > Shut Down or a boot of the machine. */
  const restart = async () => run("docker", ["restart", "--time", "5", await site.container("jupyter")]);
  const check = () => site.host.apply("check");

  beforeAll(async () => {
    site = runningSite(["jupyter"]);
    home = `${site.host.folder}/data/home`;
    notebooks = `${site.host.folder}/${oddPath}`;
    await released();
  });
  afterAll(() => site.remove());

  it("has its notebooks in a folder of this machine with any name", async () => {
    await put({ "work/a.txt": "from the container\n" });
    assert.equal(readFileSync(`${notebooks}/a.txt`, "utf8"), "from the container\n");
  });

  it("has the image's start-up files of the shell, copied once", async () => {
    const own = await inJupyter(["cat", "/etc/skel/.bashrc"]);
    assert.equal(readFileSync(`${home}/.bashrc`, "utf8").trim(), own);
    await put({ ".bashrc": "# my own\n" });
    rmSync(`${home}/.profile`);
    await released();
    assert.equal(readFileSync(`${home}/.bashrc`, "utf8"), "# my own\n");
    assert.equal(existsSync(`${home}/.profile`), false);
    rmSync(`${home}/.local/share/jupyter-up/placed`, { recursive: true });
    rmSync(`${home}/.bashrc`);
    await released();
  });

  it("has conda, python, pip and programs installed by pip in its terminals", async () => {
    assert.equal(await inTerminal("command -v pip python"), "/opt/conda/bin/pip\n/opt/conda/bin/python");
    assert.match(
      await inTerminal("conda activate base && echo $PATH"),
      /^\/opt\/conda\/bin:.*:\/home\/jovyan\/\.local\/bin$/,
    );
  });

  it("has more shared memory than Docker's 64 MB", async () => {
    const code = `
from multiprocessing import shared_memory
memory = shared_memory.SharedMemory(create=True, size=100 * 1024 * 1024)
memory.buf[:] = b"x" * memory.size
print(bytes(memory.buf[-3:]))
memory.close()
memory.unlink()`;
    assert.equal(await inKernel(code), "b'xxx'");
  });

  it("has a limit of 1024 processes and threads per core of the machine", async () => {
    const cores = Number((await run("docker", ["info", "--format", "{{.NCPU}}"])).output);
    const { output } = await run("docker", [
      "inspect",
      "--format",
      "{{.HostConfig.PidsLimit}}",
      await site.container("jupyter"),
    ]);
    assert.equal(Number(output), 1024 * cores);
  });

  it("listens at the same address, and stays closed, with any configuration in the home directory", async () => {
    const names = [
      "jupyter_config.py",
      "jupyter_server_config.py",
      "jupyter_lab_config.py",
      "jupyter_notebook_config.py",
    ];
    const json = { "jupyter_server_config.json": ELSEWHERE_JSON, "jupyter_lab_config.json": ELSEWHERE_JSON };
    const files = { ...Object.fromEntries(names.map((name) => [name, ELSEWHERE])), ...json };
    for (const folder of [".jupyter", ".local/etc/jupyter", "."])
      await put(Object.fromEntries(Object.entries(files).map(([name, content]) => [`${folder}/${name}`, content])));
    await restart();
    try {
      assert.doesNotMatch(await released(), /jupyter says/);
      assert.deepEqual(JSON.parse(await inJupyter(["python3", "-c", ASK])), AS_ALWAYS);
    } finally {
      for (const folder of [".jupyter", ".local/etc/jupyter", "."])
        for (const name of Object.keys(files)) rmSync(`${home}/${folder}/${name}`);
    }
  });

  it("starts without the files of the home directory that prevent its start, and reports them", async () => {
    const below = (await inKernel("import site; print(site.getusersitepackages())")).replace("/home/jovyan/", "");
    const extension = {
      ".local/etc/jupyter/jupyter_server_config.d/own.json": '{"ServerApp": {"jpserver_extensions": {"own": true}}}',
      [`${below}/own.py`]: "raise SystemExit(1)\n",
    };
    const setting = { ".jupyter/jupyter_server_config.py": 'c.ServerApp.max_body_size = "much"\n' };
    for (const files of [setting, extension]) {
      await put(files);
      await restart();
      assert.match(
        await released(),
        /^jupyter says: JupyterLab does not start with the files of the home directory \(.*\), and runs without /m,
      );
      assert.deepEqual(JSON.parse(await inJupyter(["python3", "-c", ASK])), AS_ALWAYS);
      for (const path of Object.keys(files)) rmSync(`${home}/${path}`);
    }
  });

  it("is recreated by a release when it does not start any more, even without a change", async () => {
    assert.deepEqual(await check(), { code: 0, output: "Every service of the site answers.\n" });
    await inJupyter(["python3", "-m", "pip", "uninstall", "--quiet", "--yes", "traitlets"]);
    await restart();
    const checked = await check();
    assert.equal(checked.code, 1);
    assert.match(
      checked.output,
      /^The site is incomplete\. These services do not work: jupyter\. A release recreates them: pulumi up --replace '\*\*site-release'$/m,
    );
    const output = await released();
    assert.match(output, /^jupyter is recreated, because it does not work and this release did not change it\.$/m);
    // Its files are valid again.
    assert.doesNotMatch(output, /jupyter says/);
    assert.deepEqual(JSON.parse(await inJupyter(["python3", "-c", ASK])), AS_ALWAYS);
  });

  it("is reported as missing when it was stopped or removed, and started by a release", async () => {
    await run("docker", ["stop", "--time", "1", await site.container("jupyter")]);
    assert.match((await check()).output, /^jupyter stopped by itself/m);
    await run("docker", ["rm", await site.container("jupyter")]);
    assert.match((await check()).output, /^jupyter has no container\.$/m);
    await released();
    assert.equal((await check()).code, 0);
  });

  it("is not recreated while kernels run in it", async () => {
    const container = await site.container("jupyter");
    await inJupyter([
      "sh",
      "-c",
      "printf '#!/bin/sh\\nexit 1\\n' >/opt/conda/bin/wget && chmod 755 /opt/conda/bin/wget",
    ]);
    const kernel = ["python3", "-c", "import time; time.sleep(600)", "ipykernel_launcher"];
    await run("docker", ["exec", "--detach", container, ...kernel]);
    site.host.limit({ unchanged_within: 3 });
    const output = await released();
    const [, command = ""] =
      /^This release did not change jupyter and continues without it\. Recreate its container, .*: (docker .*)$/m.exec(
        output,
      ) ?? [];
    assert.equal(await site.container("jupyter"), container, output);
    site.host.limit({ unchanged_within: 60 });
    assert.equal((await run("sh", ["-c", command])).code, 0, output);
    assert.equal((await check()).code, 0);
  });

  it("is named by a release that fails because it cannot run at all", async () => {
    await put({ ".jupyter/jupyter_server_config.py": "import os\nos.kill(os.getpid(), 9)\n" });
    site.host.limit({ ready_within: 10 });
    await restart();
    const output = await released(1);
    assert.match(output, /^Release \w+ is in use, but jupyter does not run, and a rollback would not help/m);
    assert.doesNotMatch(output, /is running\.$/m);
    rmSync(`${home}/.jupyter/jupyter_server_config.py`);
    site.host.limit({ ready_within: 180 });
    await until("Jupyter answers", async () => (await check()).code === 0, 120);
    await released();
  });
});
