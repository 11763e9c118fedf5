import { LABEL } from "./domain.ts";
import { format, oneOf, optionalText, withFix, yesOrNo } from "./issues.ts";

/** How the DNS records of the site's host names are managed. */
export type Dns =
  /** By the user; a site on this machine needs none. */
  | { provider: "none"; proxied: false }
  | {
      provider: "cloudflare";
      /** Cloudflare's zone. Undefined: the longest zone that the token can see and that contains the domain. */
      zone: string | undefined;
      /** Whether Cloudflare proxies the site. */
      proxied: boolean;
    };

/** DNS provider that creates the A records: `cloudflare`, or `none` if the user creates them. Ignored for target local. */
export const dns = oneOf("dns", "DNS provider", ["cloudflare", "none"]);

/** Cloudflare zone that contains the domain; absent: the longest one visible to the token. */
export const dnsZone = optionalText("a zone", "pulumi config set dnsZone example.com").refine(
  (zone) => zone === undefined || (zone.includes(".") && zone.split(".").every((label) => LABEL.test(label))),
  {
    error: (issue) =>
      withFix(
        `${format(issue.input)} is not a zone; a zone is a domain in the list of Cloudflare's dashboard.`,
        "pulumi config set dnsZone example.com",
      ),
  },
);

/**
 * Whether Cloudflare proxies the site (its "orange cloud"). That hides the machine's address and limits request bodies
 * to 100 MB.
 */
export const proxied = yesOrNo("pulumi config set proxied true");

/** The settings that decide how a browser reaches the site. */
export interface Reached {
  target: string;
  dns: "cloudflare" | "none";
  proxied: boolean;
}

/** Whether Cloudflare proxies the site. */
export const isProxied = ({ target, dns, proxied }: Reached): boolean =>
  target !== "local" && dns === "cloudflare" && proxied;
