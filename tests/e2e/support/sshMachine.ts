import { createMachine, type MachineSpec } from "../../../offline/cloud/machines.ts";
import { updateForwarding } from "../../../offline/providers/packages/gcp/forwarding.ts";
import { until } from "../../support/until.ts";
import type { CloudStack } from "./cloudStack.ts";

/**
 * Creates a Debian machine with a user `ann` who may use sudo, and returns how to connect to it.
 * @param publicKey the key with which ann signs in
 * @param limits its memory and further limits
 */
export async function createSshMachine(
  stack: CloudStack,
  id: string,
  network: string,
  publicKey: string,
  limits: Pick<MachineSpec, "memoryMb" | "real"> = { memoryMb: 2048 },
): Promise<{ host: string; hostKey: string }> {
  const metadata = () => ({ instance: { attributes: { "ssh-keys": `ann:${publicKey}` } } });
  const host = await createMachine(stack.cloud, {
    id,
    hostname: "lab",
    network,
    ...limits,
    disks: {},
    metadata,
  });
  // Its connection to the registry of images.
  await updateForwarding(stack.cloud);
  const keys = "cat /etc/ssh/ssh_host_ed25519_key.pub /home/ann/.ssh/authorized_keys";
  await until("a machine with its keys", () => stack.on(id, keys).catch(() => ""), limits.real ? 600 : 60);
  return { host, hostKey: await stack.on(id, "cat /etc/ssh/ssh_host_ed25519_key.pub") };
}
