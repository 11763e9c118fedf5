/** Decides what the forwarder forwards, and to whom. Pure, so tests need no socket. */

import { BlockList, isIPv6 } from "node:net";

/** The file that the forwarder watches: `forwarder.json` in the cloud's folder. */
export interface ForwarderRules {
  /** Changes with every change of the file. */
  readonly revision: string;
  readonly forwards: readonly Forward[];
  readonly loopbacks: readonly Loopback[];
}

/** Maps an address of the cloud to a machine. */
export interface Forward {
  /** A loopback address. */
  readonly address: string;
  /** The machine's own address. */
  readonly target: string;
  readonly rules: readonly IngressRule[];
}

export interface IngressRule {
  readonly name: string;
  /** 0 to 65535; if two rules match, the lower number wins. */
  readonly priority: number;
  readonly action: "allow" | "deny";
  /** CIDR ranges. */
  readonly sourceRanges: readonly string[];
  readonly protocols: readonly ProtocolPorts[];
}

export interface ProtocolPorts {
  /** `tcp`, `6`, `all`, ... */
  readonly protocol: string;
  /** `22`, `8000-8010`; none means every port. */
  readonly ports?: readonly string[];
}

/** A port on the host's 127.0.0.1 that machines reach at an address of their network. */
export interface Loopback {
  readonly address: string;
  readonly port: number;
}

/** Whether a connection from `source` to a TCP port may pass. As in a VPC, it is denied unless a rule allows it. */
export function mayPass(rules: readonly IngressRule[], source: string, port: number): boolean {
  const matching = rules.filter((rule) => concerns(rule, port) && covers(rule.sourceRanges, source));
  const first = Math.min(...matching.map(({ priority }) => priority));
  const deciding = matching.filter(({ priority }) => priority === first);
  // Where rules of one priority disagree, deny wins.
  return deciding.length > 0 && deciding.every(({ action }) => action === "allow");
}

/** The maximum of ports that can be forwarded to a machine: each one is a listening socket. */
export const mostPorts = 256;

/** The TCP ports that some rule allows. A rule for more than `mostPorts` ports (`all`, `1-65535`) is not forwarded. */
export function allowedPorts(rules: readonly IngressRule[]): number[] {
  const ranges = rules
    .filter(({ action }) => action === "allow")
    .flatMap(({ protocols }) => protocols)
    .filter(isTcp)
    .flatMap(portRanges)
    .filter(({ from, to }) => to - from < mostPorts);
  const ports = ranges.flatMap(({ from, to }) => Array.from({ length: to - from + 1 }, (_, index) => from + index));
  return [...new Set(ports)].sort((a, b) => a - b);
}

/** Whether an address lies in one of the CIDR ranges. */
export function covers(ranges: readonly string[], address: string): boolean {
  const list = new BlockList();
  for (const range of ranges) {
    const [network = "", prefix] = range.split("/");
    const family = isIPv6(network) ? "ipv6" : "ipv4";
    list.addSubnet(network, prefix === undefined ? (family === "ipv6" ? 128 : 32) : Number(prefix), family);
  }
  return list.check(address, isIPv6(address) ? "ipv6" : "ipv4");
}

function concerns({ protocols }: IngressRule, port: number): boolean {
  return protocols
    .filter(isTcp)
    .flatMap(portRanges)
    .some(({ from, to }) => from <= port && port <= to);
}

function isTcp({ protocol }: ProtocolPorts): boolean {
  return ["tcp", "6", "all"].includes(protocol.toLowerCase());
}

function portRanges({ ports = [] }: ProtocolPorts): { from: number; to: number }[] {
  if (ports.length === 0) return [{ from: 1, to: 65535 }];
  return ports.map((range) => {
    const [from = "", to = from] = range.split("-");
    return { from: Number(from), to: Number(to) };
  });
}
