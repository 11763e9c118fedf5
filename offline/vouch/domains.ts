/** The first configured domain that equals the host or is its parent; empty if there is none. Ignores the port. */
export function matchingDomain(domains: string[], host: string): string {
  const [name = ""] = host.split(":");
  return domains.find((domain) => name === domain || name.endsWith(`.${domain}`)) ?? "";
}
