import { seconds } from "./plainRenderer.ts";

/** What the stack puts out, as far as a person needs it. */
export interface SiteOutputs {
  url?: string;
  /** The first user's address; none where people sign in elsewhere. */
  user?: string;
  /** The first user's password; empty when the settings hold a hash of the user's own making. */
  password?: string;
  /** The folder of the notebooks. */
  notebooks?: string;
  /** The certificate authority that a browser may trust, in PEM. */
  certificateAuthority?: string;
}

/**
 * The last words of `npm start`: what to open, how to sign in, how to stop, and what is not the real thing.
 *
 * @param certificateFile where the certificate authority has been put
 * @param fakes one line for each fake
 * @param took milliseconds since the beginning
 */
export function summary(outputs: SiteOutputs, certificateFile: string, fakes: string[], took: number): string {
  const rows: [string, string | undefined][] = [
    ["Open", outputs.url],
    ["Sign in as", outputs.user],
    ["Password", outputs.user && (outputs.password || "yours, whose hash is in the settings")],
    ["Notebooks", outputs.notebooks],
    ["Trust once", certificateFile],
    ["Stop", "npm stop"],
  ];
  const lines = rows.flatMap(([label, value]) => (value ? [`  ${`${label}:`.padEnd(12)}${value}`] : []));
  const fakeLines = fakes.map((line) => `  - ${line}`);
  return [
    "",
    `The site is up (${seconds(took)}).`,
    "",
    ...lines,
    ...(fakes.length > 0 ? ["", "Not the real thing on this machine:", ...fakeLines] : []),
    "",
  ].join("\n");
}
