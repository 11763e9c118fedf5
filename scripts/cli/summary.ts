import { seconds } from "./plainRenderer.ts";

/** The stack's outputs for the user. */
export interface SiteOutputs {
  url?: string;
  /** The first user's address; empty if users sign in with another provider. */
  user?: string;
  /** The first user's password; empty if the settings contain the user's own hash. */
  password?: string;
  /** The folder of the notebooks. */
  notebooks?: string;
  /** The certificate authority that a browser should trust, in PEM. */
  certificateAuthority?: string;
}

/**
 * The final text of `npm start`: what to open, how to sign in, how to stop, and what is fake.
 *
 * @param certificateFile where the certificate authority was written
 * @param fakes one line for each fake
 * @param took milliseconds since the start
 */
export function summary(outputs: SiteOutputs, certificateFile: string, fakes: string[], took: number): string {
  const rows: [string, string | undefined][] = [
    ["Open", outputs.url],
    ["Sign in as", outputs.user],
    ["Password", outputs.user && (outputs.password || "your own (its hash is in the settings)")],
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
