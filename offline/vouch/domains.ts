/** The first of the configured domains that the host is or lies under; empty if there is none. A port does not matter. */
export function matchingDomain(domains: string[], host: string): string {
  const [name = ""] = host.split(":");
  return domains.find((domain) => name === domain || name.endsWith(`.${domain}`)) ?? "";
}
