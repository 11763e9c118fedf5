import { LABEL } from "./domain.ts";
import { format, oneOf, optionalText, withFix, yesOrNo } from "./issues.ts";

/** Who makes the DNS records of the site's host names. */
export type Dns =
  /** The user, or nobody for a site on this machine. */
  | { provider: "none"; proxied: false }
  | {
      provider: "cloudflare";
      /** Cloudflare's zone; undefined: the longest one that the token sees and the domain lies in. */
      zone: string | undefined;
      /** Whether Cloudflare stands before the machine. */
      proxied: boolean;
    };

/** Who makes the A records: `cloudflare`, or `none` when you do. Not asked for target local. */
export const dns = oneOf("dns", "way to make DNS records", ["cloudflare", "none"]);

/** Cloudflare's zone that the domain lies in; absent: the longest that Cloudflare's token sees and the domain lies in. */
export const dnsZone = optionalText("a zone", "pulumi config set dnsZone example.com").refine(
  (zone) => zone === undefined || (zone.includes(".") && zone.split(".").every((label) => LABEL.test(label))),
  {
    error: (issue) =>
      withFix(
        `${format(issue.input)} is no zone; a zone is a domain as Cloudflare's dashboard lists it.`,
        "pulumi config set dnsZone example.com",
      ),
  },
);

/** Whether Cloudflare stands before the machine (its "orange cloud"): hides the address, takes bodies up to 100 MB. */
export const proxied = yesOrNo("pulumi config set proxied true");

/** The settings that say how a browser reaches the site. */
export interface Reached {
  target: string;
  dns: "cloudflare" | "none";
  proxied: boolean;
}

/** Whether Cloudflare stands before the machine. */
export const isProxied = ({ target, dns, proxied }: Reached): boolean =>
  target !== "local" && dns === "cloudflare" && proxied;
