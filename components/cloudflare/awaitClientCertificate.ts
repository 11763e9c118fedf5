import { setTimeout as sleep } from "node:timers/promises";

/** Cloudflare's status of a host name and its client certificate. */
export interface Association {
  /** Status of the name's setting: `pending_deployment`, `active` ... */
  status: string;
  /** Status of the certificate, with the same values. */
  certStatus: string;
}

const MINUTES = 10;
/** Time between two polls, in milliseconds. */
const PAUSE = 3_000;
const LOOKS = (MINUTES * 60_000) / PAUSE;

/**
 * Waits until Cloudflare presents the client certificate for every name. This takes seconds for an additional name, and
 * minutes for a new certificate.
 * @param look reads the status of a name
 * @param say tells the user what the program waits for
 * @throws Error after ten minutes; its message says what to do.
 */
export async function awaitClientCertificate(
  names: string[],
  look: (name: string) => Promise<Association>,
  say: (message: string) => void,
  pause: (milliseconds: number) => Promise<unknown> = sleep,
): Promise<void> {
  const missing = async (name: string) => {
    const reason = await look(name).then(pendingStatus, ({ message }) => `${message}`);
    return reason ? [{ name, reason }] : [];
  };
  let waiting = (await Promise.all(names.map(missing))).flat();
  if (waiting.length === 0) return;
  const listed = () => waiting.map(({ name }) => name).join(", ");
  say(
    `Waiting up to ${MINUTES} minutes until Cloudflare presents the site's client certificate, which nginx will require. Missing: ${listed()}`,
  );
  for (let look = 1; look < LOOKS; look += 1) {
    await pause(PAUSE);
    waiting = (await Promise.all(waiting.map(({ name }) => missing(name)))).flat();
    if (waiting.length === 0) return;
  }
  throw new Error(
    `Cloudflare does not present the site's client certificate after ${MINUTES} minutes (${waiting[0]?.reason}). Missing: ${listed()}. The site was not released, because it would refuse connections. Run the command again in a few minutes:\n    pulumi up\n`,
  );
}

/** The status that is not active yet; undefined if both are. A missing status counts as active. */
const pendingStatus = ({ status, certStatus }: Association): string | undefined =>
  [status, certStatus].find((each) => each && each !== "active");
