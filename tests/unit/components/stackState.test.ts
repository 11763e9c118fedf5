import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import * as pulumi from "@pulumi/pulumi";
import { keysOf } from "../../../components/host/gcpVm.ts";
import { workDiskOf, workNotFound } from "../../../components/preflight/dataLossGuard.ts";
import { formerMachineOf, releaseKeyOf } from "../../../components/preflight/orphanedHost.ts";
import { plain, readStackState } from "../../../components/preflight/stackState.ts";
import { SITE } from "../../../components/release/siteRelease.ts";
import { runUnderMocks } from "../../support/mocks.ts";

const secret = (value: unknown) => ({
  "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
  value,
});

/** The state that a program finds in a stack with these resources. */
async function found(resources: Record<string, Record<string, unknown>>): ReturnType<typeof readStackState> {
  let made: Awaited<ReturnType<typeof readStackState>> = {};
  const program = async () => {
    made = await readStackState();
  };
  await runUnderMocks({}, program, resources);
  return made;
}

describe("A value of the state", () => {
  it("is read without the wrappers of secrets at any depth", () => {
    const marked = { a: secret({ b: secret("c"), d: [secret(1), { e: secret(secret("f")) }] }), g: null };
    assert.deepEqual(plain(marked), { a: { b: "c", d: [1, { e: "f" }] }, g: null });
  });

  it("is undefined if it is unknown", () => {
    assert.deepEqual(plain({ zone: pulumi.unknown, disks: [pulumi.unknown] }), { zone: undefined, disks: [undefined] });
    // The wrapper of an unknown secret, which providers send and which no SDK unwraps.
    const withoutValue = { "4dabf18193072939515e22adb298388d": "d0e6a833031e9bbcd3f4e8bde6ca49a4", secret: true };
    assert.equal(plain(withoutValue), undefined);
  });
});

describe("The state of a stack", () => {
  it("must be readable, or the program stops with an error", async () => {
    const token = "pulumi:pulumi:readStackResourceOutputs";
    const asked = async (message: string): Promise<string> => {
      let said = "";
      const program = async () => {
        await readStackState().catch((error) => {
          said = error.message;
        });
      };
      await runUnderMocks({}, program, {}, { answers: { [token]: new Error(message) } });
      return said;
    };
    assert.match(await asked(`unrecognized function name: '${token}'`), /^Nothing was changed\. This version/);
    assert.equal(await asked("unknown stack"), "unknown stack");
  });

  it("with the user's own machine gives its connection, as the command provider 1.2.1 writes it", async () => {
    const urn = "urn:pulumi:test::jupyter-up::jupyter-up:index:SiteRelease$command:remote:Command::site-release";
    const connection = secret({
      ...{ dialErrorLimit: 13, host: "203.0.113.7", hostKey: "ssh-ed25519 AAAA", perDialTimeout: 2, port: 22 },
      ...{ privateKey: secret("a key"), user: "ann" },
    });
    const made = await found({ [urn]: { connection, create: "true", stderr: "", stdin: secret("x"), stdout: "" } });
    const former = formerMachineOf(made, releaseKeyOf(SITE));
    assert.deepEqual([former?.user, former?.host, former?.hostKey], ["ann", "203.0.113.7", "ssh-ed25519 AAAA"]);
  });

  it("with a VM by the first version gives the disk with the work", async () => {
    const vm = "urn:pulumi:test::jupyter-up::jupyter-up:index:GcpVm";
    const placed = { project: "my-project-123456", zone: "us-central1-a" };
    const resources = {
      [vm]: {},
      [`${vm}::host`]: { address: "198.51.100.7" },
      [`${vm}$gcp:compute/network:Network::host-network`]: { project: placed.project },
      [`${vm}$gcp:compute/address:Address::host-address`]: { address: "198.51.100.7", region: "us-central1" },
      [`${vm}$gcp:compute/disk:Disk::host-data`]: { ...placed, name: "jupyter-up-test-data", size: 20 },
      [`${vm}$gcp:compute/instance:Instance::host-vm`]: {
        ...placed,
        bootDisk: { initializeParams: { size: 10 } },
        metadata: secret({ "startup-script": secret("x") }),
      },
      [`${vm}$command:remote:Command::host-provision`]: { connection: secret({ privateKey: secret("a key") }) },
    };
    const made = await found(resources);
    assert.deepEqual(workDiskOf(made, keysOf("host")), { ...placed, sizeGb: 20, bootGb: 10, vmIsLocked: false });
    assert.equal(workNotFound(made, keysOf("host")), undefined);
    assert.equal(made[keysOf("host").address]?.address, "198.51.100.7");
  });
});
