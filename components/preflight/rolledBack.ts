import { LOCAL_COMMAND, REMOTE_COMMAND } from "../host/remoteHost.ts";
import { releaseRolledBackTo } from "../release/rollback.ts";
import { releaseName, SITE } from "../release/siteRelease.ts";
import type { StackState } from "./stackState.ts";

/**
 * Tells that the site runs an earlier release, and that this update ends that; undefined if it does not. `npm run rollback` replaces the
 * command of the release in the stack's state, so that the state says what runs on the machine.
 */
export function rolledBack(state: StackState): string | undefined {
  const commands = [LOCAL_COMMAND, REMOTE_COMMAND].map((type) => state[`${type}::${releaseName(SITE)}`]?.create);
  const release = commands.map(releaseRolledBackTo).find((each) => each !== undefined);
  return (
    release &&
    `The site was rolled back to release ${release} (npm run rollback). pulumi up releases the settings again. To keep the earlier release, do not run it; to change what was wrong, change the settings first.`
  );
}
