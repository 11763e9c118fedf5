import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmodSync, chownSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { afterEach, beforeEach, describe, it } from "@jest/globals";
import { run } from "../../support/command.ts";
import { type TestHost, testHost } from "../../support/host.ts";

const pathOf = (program: string) => execFileSync("sh", ["-c", `command -v ${program}`], { encoding: "utf8" }).trim();
/** The path of Python itself, because the first python3 on the PATH may be a wrapper script. */
const python = execFileSync("python3", ["-c", "import sys; print(sys.executable)"], { encoding: "utf8" }).trim();
const asRoot = process.getuid?.() === 0;
const NOBODY = 65534;

describe("site-apply machine reports in one paragraph:", () => {
  let host: TestHost;
  beforeEach(() => {
    host = testHost();
    mkdirSync(`${host.folder}/bin`);
  });
  afterEach(() => host.remove());

  it("Docker is not installed", async () => {
    for (const program of ["sh", "dirname"]) symlinkSync(pathOf(program), `${host.folder}/bin/${program}`);
    symlinkSync(python, `${host.folder}/bin/python3`);
    assert.deepEqual(await host.apply("machine", "", { PATH: `${host.folder}/bin` }), {
      code: 1,
      output:
        "Docker is not installed on this machine. Install it, for instance by: sudo apt-get install docker.io docker-compose (https://docs.docker.com/get-docker elsewhere). Then run pulumi up again.\n",
    });
  });

  it("Python is not installed, or is too old", async () => {
    const asked = () => host.apply("machine", "", { PATH: `${host.folder}/bin` });
    const refusal = {
      code: 1,
      output:
        "Python 3.9 or newer is missing on this machine. Install it: sudo apt-get install python3 (Debian, Ubuntu), xcode-select --install (macOS). Then run pulumi up again.\n",
    };
    for (const program of ["sh", "dirname"]) symlinkSync(pathOf(program), `${host.folder}/bin/${program}`);
    assert.deepEqual(await asked(), refusal);
    // The answer of Python 3.8 to the version check.
    writeFileSync(`${host.folder}/bin/python3`, "#!/bin/sh\nexit 1\n", { mode: 0o755 });
    assert.deepEqual(await asked(), refusal);
    symlinkSync(python, `${host.folder}/bin/python3.11`);
    assert.match((await asked()).output, /^Docker is not installed/);
  });

  it("Docker's engine does not run", async () => {
    const { code, output } = await host.apply("machine", "", { DOCKER_HOST: `unix://${host.folder}/no.sock` });
    assert.equal(code, 1);
    assert.match(
      output,
      /^Docker is installed, but its engine does not run\. Start it: sudo systemctl start docker \(Docker Desktop elsewhere\), and run pulumi up again\. Docker says: .+\n$/,
    );
  });

  (asRoot ? it : it.skip)("this user may not talk to it", async () => {
    chownSync(host.layout.root ?? "", NOBODY, NOBODY);
    const nobody = ["--reuid", `${NOBODY}`, "--regid", `${NOBODY}`, "--clear-groups"];
    const script = `${host.layout.root}/bin/site-apply`;
    assert.deepEqual(await run("setpriv", [...nobody, script, "machine"], { env: { HOME: host.folder } }), {
      code: 1,
      output: `This user has no permission to use Docker. Grant it: sudo usermod -aG docker nobody, sign in again, and run pulumi up again.\n`,
    });
  });

  it("Compose is not installed", async () => {
    const docker = `#!/bin/sh\n'${pathOf("docker")}' "$@" | sed 's/"Name":"compose"/"Name":"other"/'\n`;
    writeFileSync(`${host.folder}/bin/docker`, docker);
    chmodSync(`${host.folder}/bin/docker`, 0o755);
    assert.deepEqual(await host.apply("machine", "", { PATH: `${host.folder}/bin:${process.env.PATH}` }), {
      code: 1,
      output:
        "Docker's Compose plugin (version 2) is missing on this machine. Install it: sudo apt-get install docker-compose (Debian 13) or docker-compose-plugin (Docker's own packages), and run pulumi up again.\n",
    });
  });

  it("nothing, on a machine that meets the requirements", async () => {
    assert.deepEqual(await host.apply("machine"), { code: 0, output: "" });
  });
});
