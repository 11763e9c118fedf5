import { mayBe, UNKNOWN, valueAt } from "../inputs.ts";
import type { ResourceRule } from "../policies.ts";

/** Rules for a VM. */

const INSTANCE = /^gcp:compute\/instance:Instance$/;

export const shieldedVm: ResourceRule = {
  name: "shielded-vm",
  description: "The VM is a Shielded VM: secure boot, virtual TPM and integrity monitoring are on.",
  types: INSTANCE,
  check: ({ inputs }) =>
    ["enableSecureBoot", "enableVtpm", "enableIntegrityMonitoring"]
      .map((flag) => `shieldedInstanceConfig.${flag}`)
      .filter((flag) => !mayBe(inputs, flag, true))
      .map((flag) => `${flag} is ${String(valueAt(inputs, flag) ?? "not set")}. Set it to true.`),
};

export const ownServiceAccount: ResourceRule = {
  name: "own-service-account",
  description:
    "The VM has a service account of the stack, not Compute Engine's default one, which may edit the whole project.",
  types: INSTANCE,
  check({ inputs }) {
    const email = valueAt(inputs, "serviceAccount.email");
    if (email === UNKNOWN) return [];
    const isOwn = typeof email === "string" && !/(-compute@developer|@appspot)\.gserviceaccount\.com$/.test(email);
    return isOwn
      ? []
      : [`serviceAccount.email is ${String(email ?? "not set")}. Set it to that of an account that the stack creates.`];
  },
};

export const sshKeysOfTheStack: ResourceRule = {
  name: "ssh-keys-of-the-stack",
  description:
    "Only the SSH key of the stack opens the VM, not the project's keys or OS Login, and its serial console is closed.",
  types: INSTANCE,
  check({ inputs }) {
    const metadata = valueAt(inputs, "metadata");
    if (metadata === UNKNOWN) return [];
    const is = (key: string) => String(valueAt(metadata, key) ?? "not set");
    const wanted: [key: string, value: RegExp, text: string][] = [
      ["block-project-ssh-keys", /^true$/i, "TRUE"],
      ["enable-oslogin", /^false$/i, "FALSE"],
      ["serial-port-enable", /^(false|0|not set)$/i, "FALSE"],
    ];
    return wanted
      .filter(([key, value]) => valueAt(metadata, key) !== UNKNOWN && !value.test(is(key)))
      .map(([key, , text]) => `metadata["${key}"] is ${is(key)}. Set it to ${text}.`);
  },
};
