import assert from "node:assert/strict";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { readSettings } from "../../settings/read.ts";
import { run } from "../support/command.ts";
import { type TestHost, testHost } from "../support/host.ts";
import { pullImages } from "../support/images.ts";
import { jupyterOptions } from "../support/jupyterContainer.ts";
import { configWith } from "../support/settings.ts";
import { bundleWith, secrets, serviceOf, siteWith } from "../support/site.ts";
import { composeOf } from "../support/unpack.ts";
import { onThisMachine } from "../support/variants.ts";

// Loads Jupyter's configuration like Jupyter, and asks it for the user. A request is lines of "header: value", in Latin-1
// as they come from the network; the answer is the user's address and name, or nothing.
const WHO_IS_THERE = `
import json, sys
from types import SimpleNamespace
from tornado.httputil import HTTPHeaders
from traitlets.config.loader import PyFileConfigLoader

config = PyFileConfigLoader("jupyter_server_config.py", path="/usr/local/etc/jupyter-up").load_config()
provider = config.ServerApp.identity_provider_class(config=config)
answers = []
for headers in json.load(sys.stdin):
    request = SimpleNamespace(headers=HTTPHeaders({name: value for name, value in headers.items()}))
    user = provider.get_user(SimpleNamespace(request=request))
    answers.append(user and [user.username, user.name, user.display_name])
print(json.dumps({"answers": answers, "token": provider.token, "root": config.ServerApp.root_dir}))
`;

// Starts JupyterLab with its configuration, opens it like a user behind the door, and prints the cookies that it sets.
const COOKIES = `
import http.client, pathlib, subprocess, time

secret = pathlib.Path("/run/secrets/jupyter/door-secret").read_text().strip()
log = open("/tmp/log", "w")
server = subprocess.Popen(["jupyter", "lab", "--no-browser", "--ip=127.0.0.1", "--port=8888"], stdout=log, stderr=log)
for attempt in range(240):
    time.sleep(0.25)
    try:
        connection = http.client.HTTPConnection("127.0.0.1", 8888)
        connection.request("GET", "/lab", headers={"X-Door-Secret": secret, "X-Auth-User": "ann@example.com"})
        answer = connection.getresponse()
        break
    except ConnectionRefusedError:
        if server.poll() is not None:
            raise SystemExit(pathlib.Path("/tmp/log").read_text())
print(answer.status, "\\n".join(answer.headers.get_all("Set-Cookie")))
server.kill()
`;

// Imports what the server imports, loads its configuration, and prints what it and its kernels have.
const LOADED = `
import json, os, sys
import jupyter_server.serverapp
from traitlets.config.loader import PyFileConfigLoader

PyFileConfigLoader("jupyter_server_config.py", path="/usr/local/etc/jupyter-up").load_config()
print(json.dumps({"parsers": "lark" in sys.modules, "kernels": os.environ.get("PYTHONPATH")}))
`;

// Prints the requirements that pip can parse, with pip's own parser.
const UNDERSTOOD = `
import json, sys
from packaging.requirements import InvalidRequirement, Requirement

def is_understood(text):
    try:
        return bool(Requirement(text))
    except InvalidRequirement:
        return False

print(json.dumps([text for text in json.load(sys.stdin) if is_understood(text)]))
`;
const versions = [
  ...[
    "1",
    "0755",
    "1.5",
    "2026.3",
    "1.*",
    "1.0.*",
    "*",
    "v1.0",
    "V1",
    "1!2",
    "1_000",
    "1.0a1",
    "1.0.RC1",
    "1.0preview_2",
    "1rc",
  ],
  ...[
    "1.0.post1",
    "1.0-1",
    "1.0-r4",
    "1.0.dev3",
    "1.0a1.dev3",
    "1.0+local.1",
    "1.0a1.*",
    "1.0-",
    "1..0",
    "a",
    "",
    "1.0.*.1",
  ],
];
const requirements = [
  ...["==", "!=", "<=", ">=", "<", ">", "~=", "===", "="].flatMap((operator) =>
    versions.map((version) => `a${operator}${version}`),
  ),
  ...["a", "0755", "A.b_c-d", "-a", "a-", "a b", "a[b]", "a[b,C-d]", "a[,]", "a[b,]", "a[-b]", "a >= 1 , < 2", "a,<2"],
];

/** A text whose UTF-8 bytes are read as Latin-1. */
const onTheWire = (text: string) => Buffer.from(text, "utf8").toString("latin1");

describe("Jupyter's image", () => {
  const changes = onThisMachine({});
  const { reference } = serviceOf(siteWith(changes), "jupyter").image;
  let host: TestHost;
  let options: string[];
  beforeAll(async () => {
    await pullImages([reference]);
    host = testHost();
    options = await jupyterOptions(host, changes);
  });
  afterAll(() => host.remove());

  const python = (args: string[], input = "") =>
    run("docker", ["run", ...options, "--entrypoint", "python3", reference, ...args], { input });

  it("parses exactly the requirements that the settings accept", async () => {
    const { code, output } = await python(["-c", UNDERSTOOD], JSON.stringify(requirements));
    assert.equal(code, 0, output);
    const isTaken = (requirement: string) => readSettings(configWith({ packages: [requirement] })).issues.length === 0;
    assert.deepEqual(JSON.parse(output), requirements.filter(isTaken));
  });

  it("compiles the generated configuration", async () => {
    const compile = ["-X", "pycache_prefix=/tmp/compiled", "-W", "error", "-m", "py_compile"];
    const compiled = await python([...compile, "/usr/local/etc/jupyter-up/jupyter_server_config.py"]);
    assert.deepEqual(compiled, { code: 0, output: "" });
  });

  it("has a user name for a user ID that is not the image's", async () => {
    const layout = { ...changes.layout, ...host.layout, uid: 1777 };
    const release = bundleWith({ ...changes, layout }).release;
    host.layOut(release);
    const own = (composeOf(release).services.jupyter?.volumes ?? [])
      .filter(({ source, read_only }) => read_only && source.includes("/files/"))
      .flatMap(({ source, target }) => ["--volume", `${source}:${target}:ro`]);
    const ask =
      "whoami; python3 -c 'import getpass, pathlib; print(getpass.getuser(), pathlib.Path(\"~\").expanduser())'; ssh -T -G host | grep '^user '";
    const asked = ["run", "--rm", "--network", "none", "--user", "1777:100", ...own, reference, "sh", "-c", ask];
    const { output } = await run("docker", asked);
    assert.match(output, /^jovyan\njovyan \/home\/jovyan\nuser jovyan\n$/m);
  });

  it("sets only secure cookies", async () => {
    const { code, output } = await python(["-c", COOKIES]);
    assert.equal(code, 0, output);
    const [first = "", ...cookies] = output.trim().split("\n");
    assert.match(first, /^200 /, output);
    const set = [first.slice(4), ...cookies];
    assert.ok(
      set.some((cookie) => cookie.startsWith("_xsrf=")),
      output,
    );
    for (const cookie of set) assert.match(cookie, /; *secure/i);
  });

  it("starts the server without the parsers of a format that Jupyter does not use, and hides nothing from kernels", async () => {
    const serve = ["sh", "/usr/local/etc/jupyter-up/serve.sh", "/tmp/notice", "python3", "-c", LOADED];
    const started = (...variables: string[]) =>
      run("docker", ["run", ...options, ...variables, "--entrypoint", "env", reference, ...serve]);
    const { output } = await started();
    assert.equal(output.split("\n")[0], '{"parsers": false, "kernels": null}', output);
    const own = await started("--env", "PYTHONPATH=/opt/own:/srv");
    assert.equal(own.output.split("\n")[0], '{"parsers": false, "kernels": "/opt/own:/srv"}', own.output);
    // Otherwise, this test would not show anything.
    const { output: image } = await python(["-c", "import sys, jsonschema; print('lark' in sys.modules)"]);
    assert.equal(image, "True\n");
  });

  it("identifies users only by nginx's headers", async () => {
    const door = { "X-Door-Secret": secrets.doorSecret };
    const ann = { "X-Auth-User": "ann@example.com" };
    const requests: [headers: Record<string, string>, answer: string[] | null][] = [
      [
        { ...door, ...ann, "X-Auth-Name": onTheWire("Ann O'Neill 李") },
        ["ann@example.com", "Ann O'Neill 李", "Ann O'Neill 李"],
      ],
      [{ ...door, ...ann }, ["ann@example.com", "ann@example.com", "ann@example.com"]],
      [{ ...door, ...ann, "X-Auth-Name": "\xff" }, ["ann@example.com", "\ufffd", "\ufffd"]],
      [{}, null],
      [ann, null],
      [door, null],
      [{ ...door, "X-Auth-User": "" }, null],
      [{ ...ann, "X-Door-Secret": "" }, null],
      [{ ...ann, "X-Door-Secret": `${secrets.doorSecret}x` }, null],
      [{ ...ann, "X-Door-Secret": onTheWire("ä") }, null],
    ];
    const { code, output } = await python(["-c", WHO_IS_THERE], JSON.stringify(requests.map(([headers]) => headers)));
    assert.equal(code, 0, output);
    assert.deepEqual(JSON.parse(output), {
      answers: requests.map(([, answer]) => answer),
      token: "",
      root: "/home/jovyan/work",
    });
  });
});
