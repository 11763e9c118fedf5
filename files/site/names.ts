/** The site's domain, port and URLs. */
export interface Names {
  domain: string;
  /** Port as part of URLs: `:8443`, or empty for 443. */
  port: string;
  /** `https://<label>.<domain>[:port]`; without a label the domain's own. */
  origin(label?: string): string;
}

export function buildNames(domain: string, httpsPort: number): Names {
  const port = httpsPort === 443 ? "" : `:${httpsPort}`;
  return { domain, port, origin: (label) => `https://${label ? `${label}.` : ""}${domain}${port}` };
}

/** The site's host name with this first label; without one the domain itself. */
export function hostName({ domain }: Names, label: string): string {
  return label ? `${label}.${domain}` : domain;
}

/** The callback URL, which must be registered with the identity provider. */
export function callbackUrl(names: Names): string {
  return `${names.origin("vouch")}/auth`;
}
