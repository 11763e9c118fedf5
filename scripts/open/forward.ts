import { isOwnMachine } from "../../settings/domain.ts";
import { PlainError } from "../cli/plainError.ts";
import type { Remote } from "../machine/stackSite.ts";

/** A port of this machine that leads to the site's port on the loopback address of its machine. */
export interface Forward {
  here: number;
  there: number;
  /** Whether browsers find the site's names at this machine. */
  isFound: boolean;
}

const HERE = 8443;

/**
 * The ports for a site.
 * @param url the address of JupyterLab.
 * @param wanted the port that the user wants on this machine.
 */
export function forwardFor(stack: string, url: string, wanted: number | undefined): Forward {
  const { hostname, port } = new URL(url);
  const there = port === "" ? 443 : Number(port);
  if (!isOwnMachine(hostname)) return { here: wanted ?? HERE, there, isFound: false };
  if (wanted !== undefined && wanted !== there)
    throw new PlainError(
      `The port ${there} is part of the site's addresses, such as ${url}, so it must be the same on this machine.`,
      `To use another one: pulumi config set port ${wanted} -s ${stack} && pulumi up -s ${stack}`,
    );
  return { here: there, there, isFound: true };
}

/** The shell command line that forwards the port. ssh: the command that opens a shell on the machine. */
export function commandFor(ssh: string, { here, there }: Forward): string {
  const options = ["-N", "-T", "-o ExitOnForwardFailure=yes", "-o ServerAliveInterval=15", "-o ServerAliveCountMax=4"];
  return `${ssh} ${options.join(" ")} -L 127.0.0.1:${here}:127.0.0.1:${there}`;
}

/** What the user reads when the site is open. */
export function instructions(
  stack: string,
  { url, user, certificateAuthority }: Remote,
  { here, isFound }: Forward,
): string {
  const lines = [
    `The site of ${stack} is open on this machine. Ctrl-C closes it.`,
    "",
    ...(isFound ? [`  Open:         ${url}`] : []),
    ...(user
      ? [
          `  Sign in as:   ${user}`,
          `  Password:     npm --silent run pulumi -- stack output password --show-secrets -s ${stack}`,
        ]
      : []),
    ...(certificateAuthority
      ? [`  Browsers warn of its certificate until they trust: pulumi stack output certificateAuthority -s ${stack}`]
      : []),
  ];
  return `\n${[...lines, ...(isFound ? [] : withRules(stack, url, here))].join("\n")}\n\n`;
}

/** Public names lead elsewhere or nowhere. Chromium can be told where they are, for itself only. */
function withRules(stack: string, url: string, here: number): string[] {
  const domain = new URL(url).hostname.replace(/^jupyter\./, "");
  return [
    "",
    `The names below ${domain} do not lead to this machine. Chromium and Chrome find them with these options:`,
    `  chromium --user-data-dir="$HOME/.cache/jupyter-up-${stack}" --host-resolver-rules="MAP *.${domain} 127.0.0.1:${here}, MAP ${domain} 127.0.0.1:${here}" ${url}`,
    "For every browser, give the site a domain below .localhost:",
    `  pulumi config set domain lab.localhost -s ${stack} && pulumi up -s ${stack}`,
  ];
}
