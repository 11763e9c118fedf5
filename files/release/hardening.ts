/** What every service's Compose definition is made of. https://docs.docker.com/reference/compose-file/services/ */

/**
 * Docker's DNS forwards names that it does not know to the machine's own resolver, so that any host of the network could call
 * itself `vouch` while Vouch is down. With ndots set, it does not forward a name without a dot. A search domain would put one in.
 */
const OWN_NAMES_STAY_HERE = { dns_opt: ["ndots:1"], dns_search: ["."] };

/** Rights that no service of the site needs, and a log that cannot fill the disk. */
export const BASELINE = {
  ...OWN_NAMES_STAY_HERE,
  restart: "unless-stopped",
  cap_drop: ["ALL"],
  security_opt: ["no-new-privileges:true"],
  logging: { driver: "local", options: { "max-size": "10m", "max-file": "3" } },
};

/** The same, for a service that writes nothing but temporary files. */
export const HARDENED = {
  ...BASELINE,
  read_only: true,
  tmpfs: ["/tmp:mode=1777,size=32m"],
  pids_limit: 64,
};

/**
 * The same, for an image that nobody here knows. One that begins as root needs these rights of Docker's usual ones to give
 * its files away and become a lesser user; one with a user of its own gets none of them, here as anywhere.
 */
export const UNTRUSTED = {
  ...BASELINE,
  cap_add: ["CHOWN", "DAC_OVERRIDE", "FOWNER", "KILL", "SETGID", "SETUID"],
  pids_limit: 256,
};

/**
 * A command that asks an address of the site's own, in a container that has wget: GNU's or BusyBox's. Docker's client may put a proxy's
 * address into every container (`proxies` in ~/.docker/config.json), and what the proxy cannot reach would count as down.
 */
export function wget(url: string, ...options: string[]): string[] {
  return ["wget", "--proxy=off", "-q", ...options, "-O", "/dev/null", url];
}

/**
 * A health check that costs next to nothing: once a minute. A release does not wait for it, it runs the same
 * command by itself until it succeeds (host/site_apply/health.py), because engines before 25 know no shorter interval at the start.
 * Meanwhile `docker ps` says "starting", and not "unhealthy", for as long as a release waits.
 * @param test program and arguments.
 */
export function healthCheck(...test: string[]) {
  return { test: ["CMD", ...test], interval: "60s", timeout: "5s", retries: 3, start_period: "900s" };
}
