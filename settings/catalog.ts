/** What the names follow from. */
interface Named {
  domain: string;
  home?: string | undefined;
  signIn: { provider: string };
  apps: { name: string }[];
}

/** Labels of the site's names: the front page's (empty for the domain itself), and of each service that has one. */
export function labelsOf({ home, signIn, apps }: Omit<Named, "domain">): string[] {
  const dex = signIn.provider === "dex" ? ["dex"] : [];
  return [home ?? "", "vouch", ...dex, "jupyter", ...apps.map(({ name }) => name)];
}

/**
 * Every name that the site will answer to, known before anything of it is made; a test holds it to what nginx answers to.
 */
export function namesAskedFor(settings: Named): string[] {
  return labelsOf(settings).map((label) => (label ? `${label}.${settings.domain}` : settings.domain));
}
