import { DnsRecord } from "@pulumi/cloudflare/dnsRecord.js";
import * as pulumi from "@pulumi/pulumi";

export interface DnsRecordsArgs {
  /** Zone that the names lie in. */
  zoneId: pulumi.Input<string>;
  /** Whole names: `jupyter.lab.example.com`. */
  names: string[];
  /** IPv4 address of the machine. */
  address: pulumi.Input<string>;
  /** Whether Cloudflare stands before the machine, and the names lead to it. */
  proxied: boolean;
  /** What Cloudflare's dashboard shows beside each record, `jupyter-up dev`. */
  comment: string;
}

/** The stack's only group of records. */
export const DNS = "dns";
/** Type of a record, for looking it up in the state and for importing it. */
export const RECORD = "cloudflare:index/dnsRecord:DnsRecord";
/** Name of a host name's record: it is in the state of every stack, and looked for there. */
export const recordName = (name: string, hostName: string): string => `${name}-${hostName}`;

/** Seconds. A machine that was made anew has the same address; another one is found within five minutes. */
const TTL = 300;
/** What Cloudflare calls automatic: the one lifetime that it takes for a proxied name. */
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
        // `pulumi import` of a record that was there before puts it below the stack; here it finds its parent.
        { parent: this, aliases: [{ parent: pulumi.rootStackResource }] },
      );
    this.registerOutputs();
  }
}
