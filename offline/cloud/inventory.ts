import { docker } from "./docker.ts";
import { type Cloud, openCloud } from "./folder.ts";
import { listRecords } from "./records.ts";

/** Everything that exists in a cloud. All lists are empty once everything is deleted. */
export interface Inventory {
  /** Paths such as `projects/p/global/networks/site`, sorted. */
  readonly resources: string[];
  /** The names of its containers, including stopped ones: machines, and the servers that machines need. */
  readonly containers: string[];
  /** The names of its Docker networks. */
  readonly networks: string[];
}

/** Lists the cloud and changes nothing. */
export async function inventory(cloud: Cloud = openCloud()): Promise<Inventory> {
  const filter = `label=${cloud.label}`;
  const [records, containers, networks] = await Promise.all([
    listRecords(cloud),
    docker("ps", "--all", "--filter", filter, "--format", "{{.Names}}"),
    docker("network", "ls", "--filter", filter, "--format", "{{.Name}}"),
  ]);
  return { resources: records.map(({ path }) => path), containers: lines(containers), networks: lines(networks) };
}

const lines = (text: string) => text.split("\n").filter(Boolean).sort();
