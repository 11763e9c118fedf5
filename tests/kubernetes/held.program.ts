/** The program of stop.test.ts that is killed: it holds a cluster. */

import { startCluster } from "../../offline/kubernetes/cluster.ts";

const cluster = await startCluster();
await cluster.addNode({ name: "other" });
process.stdout.write("ready\n");
setInterval(() => {}, 1000);
