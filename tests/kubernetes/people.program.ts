/** The Pulumi program of people.test.ts: the place of people's servers in a cluster. */

import type * as pulumi from "@pulumi/pulumi";

// The program runs in a separate folder, far from the components.
const { PeopleNamespace } = await import(`${process.env.CHECKOUT}/components/cluster/peopleNamespace.ts`);
const { clusterOf } = await import(`${process.env.CHECKOUT}/settings/cluster.ts`);

const cluster = clusterOf({ kubeconfig: process.env.CLUSTER, address: process.env.ADDRESS });
const place = new PeopleNamespace("people", { namespace: process.env.PLACE, cluster, most: Number(process.env.MOST) });

export const access: pulumi.Output<unknown> = place.access;
