/** The Pulumi program of interrupted.test.ts: one resource of a cloud, in a component as all of the site's are. */

import { Network } from "@pulumi/gcp/compute/network.js";
import * as pulumi from "@pulumi/pulumi";

class Vm extends pulumi.ComponentResource {
  constructor(name: string) {
    super("jupyter-up:index:GcpVm", name, {});
    const args = { name: "net", project: "my-project", autoCreateSubnetworks: false };
    new Network(`${name}-network`, args, { parent: this });
    this.registerOutputs();
  }
}

new Vm("host");
