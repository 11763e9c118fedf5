/** The names of the site and how a browser reaches them. */
export interface Names {
  domain: string;
  /** Port as it stands in urls: `:8443`, or nothing for 443. */
  port: string;
  /** `https://<label>.<domain>[:port]`; without a label the domain's own. */
  origin(label?: string): string;
}

export function buildNames(domain: string, httpsPort: number): Names {
  const port = httpsPort === 443 ? "" : `:${httpsPort}`;
  return { domain, port, origin: (label) => `https://${label ? `${label}.` : ""}${domain}${port}` };
}

/** Name of the site with this first label; without one the domain itself. */
export function hostName({ domain }: Names, label: string): string {
  return label ? `${label}.${domain}` : domain;
}

/** Where the identity provider sends people back to; it has to be registered there. */
export function callbackUrl(names: Names): string {
  return `${names.origin("vouch")}/auth`;
}
