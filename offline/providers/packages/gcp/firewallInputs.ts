import type { CommonInputs } from "./kind.ts";

export const firewallType = "gcp:compute/firewall:Firewall";

export type FirewallInputs = CommonInputs & {
  network: string;
  allows?: { protocol: string; ports?: string[] }[];
  denies?: { protocol: string; ports?: string[] }[];
  description?: string;
  /** Default: INGRESS. */
  direction?: "INGRESS" | "EGRESS";
  disabled?: boolean;
  /** Default: 1000. */
  priority?: number;
  sourceRanges?: string[];
  sourceTags?: string[];
  targetTags?: string[];
};
