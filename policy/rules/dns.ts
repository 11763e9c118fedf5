import { listAt, UNKNOWN, valueAt } from "../inputs.ts";
import type { Resource, StackRule } from "../policies.ts";
import { FIREWALL, opensTheSite, wideRanges } from "./network.ts";

/** Rules for a site behind Cloudflare's proxy. */

const RECORD = "cloudflare:index/dnsRecord:DnsRecord";
const PULLS = "cloudflare:index/authenticatedOriginPulls:AuthenticatedOriginPulls";

const hostName = ({ inputs }: Resource) => valueAt(inputs, "name");
const isProxied = ({ inputs }: Resource) => valueAt(inputs, "proxied") === true;

export const proxyHasNoWayAround: StackRule = {
  name: "proxy-has-no-way-around",
  description:
    "A site behind Cloudflare is reached through Cloudflare only: all its names are proxied, with a client certificate, and the firewall admits Cloudflare alone.",
  check(resources) {
    const records = resources.filter(({ type }) => type === RECORD);
    const proxied = records.filter(isProxied);
    if (proxied.length === 0) return [];
    const withCertificate = resources
      .filter(({ type }) => type === PULLS)
      .flatMap(({ inputs }) => listAt(inputs, "configs"))
      .filter((config) => valueAt(config, "enabled") === true)
      .map((config) => valueAt(config, "hostname"));
    return [
      ...records
        .filter((record) => valueAt(record.inputs, "proxied") !== UNKNOWN && !isProxied(record))
        .map(({ urn }) => ({
          urn,
          message: `It shows the machine's address, which the records of the other names hide. Set proxied to true, or for no name: pulumi config set proxied false`,
        })),
      ...proxied
        .filter((record) => !withCertificate.includes(hostName(record)))
        .map((record) => ({
          urn: record.urn,
          message: `Cloudflare presents no client certificate for ${String(hostName(record))}, so any customer of Cloudflare reaches the machine. Add the name to the names of OriginPulls.`,
        })),
      ...resources
        .filter((resource) => FIREWALL.test(resource.type) && opensTheSite(resource))
        .flatMap((rule) =>
          wideRanges(rule).map((range) => ({
            urn: rule.urn,
            message: `It opens the site to ${range}, past Cloudflare. Set sourceRanges to Cloudflare's ranges.`,
          })),
        ),
    ];
  },
};
