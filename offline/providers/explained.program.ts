/** The Pulumi program of explained.test.ts: a network that Google may refuse, in a component. */

import { writeFileSync } from "node:fs";
import { Network } from "@pulumi/gcp/compute/network.js";
import * as pulumi from "@pulumi/pulumi";

const { explainErrors } = await import(`${process.env.COMPONENTS}/explain/explainErrors.ts`);

writeFileSync("hooks", String(await explainErrors("gcp")));
const host = new pulumi.ComponentResource("jupyter-up:index:GcpVm", "host");
new Network("host-network", { project: "my-project", name: "lab", autoCreateSubnetworks: false }, { parent: host });
