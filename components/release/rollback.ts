/**
 * The variable that makes one run of the program roll back the site instead of releasing it: the ID of a release that the machine
 * has kept. `npm run rollback` sets it.
 */
export const ROLLBACK = "JUPYTER_UP_ROLLBACK";

/** The release to roll back to; undefined for a usual run. */
export const rollbackOf = (environment: NodeJS.ProcessEnv): string | undefined => environment[ROLLBACK] || undefined;

/** Arguments of the host's program. */
export const rollbackWords = (release: string): string => `rollback --to ${release}`;

/** The release to which a command has rolled back; undefined for any other command. */
export const releaseRolledBackTo = (command: unknown): string | undefined =>
  typeof command === "string" ? / rollback --to (?<release>\w+)/.exec(command)?.groups?.release : undefined;
