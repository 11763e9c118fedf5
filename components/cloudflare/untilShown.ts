import { setTimeout as sleep } from "node:timers/promises";

/** What Cloudflare tells of a name and the client certificate that it is to show for it. */
export interface Association {
  /** Of the name's setting: `pending_deployment`, `active` ... */
  status: string;
  /** Of the certificate; the same words. */
  certStatus: string;
}

const MINUTES = 10;
/** Between two looks, in milliseconds. */
const PAUSE = 3_000;
const LOOKS = (MINUTES * 60_000) / PAUSE;

/**
 * Waits until Cloudflare shows the client certificate for every name: within seconds for a further name, within minutes for a new
 * certificate.
 * @param look asks Cloudflare about a name
 * @param say tells the user what is waited for
 * @throws Error when it does not after ten minutes; its message says what to do.
 */
export async function untilShown(
  names: string[],
  look: (name: string) => Promise<Association>,
  say: (message: string) => void,
  pause: (milliseconds: number) => Promise<unknown> = sleep,
): Promise<void> {
  const missing = async (name: string) => {
    const reason = await look(name).then(whyNotShown, ({ message }) => `${message}`);
    return reason ? [{ name, reason }] : [];
  };
  let waiting = (await Promise.all(names.map(missing))).flat();
  if (waiting.length === 0) return;
  const listed = () => waiting.map(({ name }) => name).join(", ");
  say(
    `Waits for Cloudflare to show the site's client certificate, up to ${MINUTES} minutes: nginx will demand it of every connection. Missing: ${listed()}`,
  );
  for (let look = 1; look < LOOKS; look += 1) {
    await pause(PAUSE);
    waiting = (await Promise.all(waiting.map(({ name }) => missing(name)))).flat();
    if (waiting.length === 0) return;
  }
  throw new Error(
    `Cloudflare does not show the site's client certificate after ${MINUTES} minutes (${waiting[0]?.reason}). Missing: ${listed()}. The site was not released, as it would refuse its visitors there. Run the command again in some minutes:\n    pulumi up\n`,
  );
}

/** The status that says so. One that Cloudflare does not tell says nothing. */
const whyNotShown = ({ status, certStatus }: Association): string | undefined =>
  [status, certStatus].find((each) => each && each !== "active");
