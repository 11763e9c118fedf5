import { DnsRecord } from "@pulumi/cloudflare/dnsRecord.js";
import * as pulumi from "@pulumi/pulumi";

export interface DnsRecordsArgs {
  /** Zone of the names. */
  zoneId: pulumi.Input<string>;
  /** Full host names: `jupyter.lab.example.com`. */
  names: string[];
  /** IPv4 address of the machine. */
  address: pulumi.Input<string>;
  /** Whether Cloudflare proxies the names. */
  proxied: boolean;
  /** Comment at each record in Cloudflare's dashboard: `jupyter-up dev`. */
  comment: string;
}

/** Name of the stack's only `DnsRecords`. */
export const DNS = "dns";
/** Type of a record, to find it in the state and to import it. */
export const RECORD = "cloudflare:index/dnsRecord:DnsRecord";
/** Resource name of a host name's record, by which the state is searched. */
export const recordName = (name: string, hostName: string): string => `${name}-${hostName}`;

/** Seconds. A recreated machine keeps its address; browsers find a new address within five minutes. */
const TTL = 300;
/** "Automatic", the only TTL that Cloudflare accepts for a proxied name. */
const AUTOMATIC = 1;

/** An A record for every name of the site. */
export class DnsRecords extends pulumi.ComponentResource {
  constructor(name: string, args: DnsRecordsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("jupyter-up:index:DnsRecords", name, args, opts);
    const { zoneId, address, proxied, comment } = args;
    for (const hostName of args.names)
      new DnsRecord(
        recordName(name, hostName),
        {
          zoneId,
          name: hostName,
          type: "A",
          content: address,
          proxied,
          ttl: proxied ? AUTOMATIC : TTL,
          comment,
        },
        // `pulumi import` of an existing record makes it a child of the stack; the alias finds it there.
        { parent: this, aliases: [{ parent: pulumi.rootStackResource }] },
      );
    this.registerOutputs();
  }
}
