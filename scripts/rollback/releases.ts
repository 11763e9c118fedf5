import { attempt } from "../cli/command.ts";
import { projectFolder } from "../cli/folders.ts";
import { PlainError } from "../cli/plainError.ts";
import type { StackSite } from "../machine/stackSite.ts";

/** A release on the machine. */
export interface Release {
  release: string;
  /** When it was released, in UTC; empty: by an earlier version of the program, which did not record it. */
  since: string;
  /** The IDs of its images, by reference. */
  images: Record<string, string>;
}

/** What `site-apply releases` prints. */
export interface Releases {
  /** ID of the running release. */
  running: string;
  /** The newest last. */
  releases: Release[];
  /** The rollback since the newest release: what ran before, what runs now, and since when. */
  rolled_back: { origin: string; to: string; at: string } | null;
}

/** Asks a site for its releases. Throws PlainError if it does not answer. */
export async function releasesOf({ stack, program, env }: StackSite): Promise<Releases> {
  const { code, stdout, stderr } = await attempt("sh", ["-c", program.line(["releases"])], { cwd: projectFolder, env });
  if (code === 0) return JSON.parse(stdout);
  const said = `${stdout}${stderr}`.trim();
  throw new PlainError(
    `The site of ${stack} does not tell its releases:`,
    said,
    ...(said.includes("found 'releases'") ? [`Its program is older. Run this first: pulumi up -s ${stack}`] : []),
  );
}

/** The release before the running one. Throws PlainError if there is none. */
export function beforeRunning({ running, releases }: Releases): string {
  const at = releases.findIndex(({ release }) => release === running);
  const before = (at === -1 ? releases : releases.slice(0, at)).at(-1);
  if (before) return before.release;
  throw new PlainError(
    "There is no release before the running one on the machine.",
    "The last five releases stay there, if the disk has space: npm run rollback -- --list",
  );
}

/** The releases as lines, the newest first: ID, time, whether it runs, and what it changed of the images. */
export function describe({ running, releases, rolled_back }: Releases): string {
  const lines = releases.map(({ release, since, images }, number) => {
    const earlier = releases[number - 1]?.images;
    const changed = earlier ? Object.keys(images).filter((reference) => images[reference] !== earlier[reference]) : [];
    const notes = [
      ...(release === running ? [rolled_back ? `runs again since ${inWords(rolled_back.at)}` : "runs"] : []),
      ...(changed.length > 0 ? [`new: ${changed.map(shortName).join(", ")}`] : []),
    ];
    return [release, inWords(since).padEnd(20), notes.join("; ")].join("  ").trimEnd();
  });
  return lines.toReversed().join("\n");
}

/** `2026-11-28T21:03:05Z` → `2026-11-28 21:03 UTC` */
const inWords = (time: string): string => (time ? `${time.slice(0, 16).replace("T", " ")} UTC` : "time not known");
/** `quay.io/jupyter/scipy-notebook:2026-08-24` → `scipy-notebook:2026-08-24` */
const shortName = (reference: string): string => reference.split("@")[0]?.split("/").at(-1) ?? reference;
