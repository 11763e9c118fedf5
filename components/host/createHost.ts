import * as pulumi from "@pulumi/pulumi";
import type { Settings } from "../../settings/resolve.ts";
import { GcpVm } from "./gcpVm.ts";
import type { Host } from "./host.ts";
import { ThisMachine } from "./localHost.ts";
import { SshHost } from "./sshHost.ts";

export interface CreateHostArgs {
  /** IPv4 ranges from which the site of a VM can be reached. */
  webFrom: pulumi.Input<string[]>;
  /** Zone that a VM's data disk is in, where it is another one than the settings ask for. */
  dataComesFrom: string | undefined;
}

/** The stack's only host. */
export const HOST = "host";

/** The machine that the settings ask for. */
export function createHost({ target, tls }: Settings, { webFrom, dataComesFrom }: CreateHostArgs): Host {
  const trusted = tls.mode !== "private-ca";
  // Without `kind`: what a component is given is in the state.
  switch (target.kind) {
    case "local": {
      const { kind: _, ...args } = target;
      return new ThisMachine(HOST, args);
    }
    case "ssh": {
      const { kind: _, privateKey, ...args } = target;
      return new SshHost(HOST, { ...args, privateKey: privateKey.output(pulumi.secret), trusted });
    }
    case "gcp": {
      const { kind: _, ...args } = target;
      return new GcpVm(HOST, { ...args, dataComesFrom, webFrom, trusted });
    }
  }
}
