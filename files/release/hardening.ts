/**
 * The parts that every service's Compose definition shares. https://docs.docker.com/reference/compose-file/services/
 */

/**
 * Docker's DNS forwards unknown names to the machine's own resolver, so any host of the network could call itself
 * `vouch` while Vouch is down. With ndots:1, it does not forward a name without a dot. A search domain would add one.
 */
const OWN_NAMES_STAY_HERE = { dns_opt: ["ndots:1"], dns_search: ["."] };

/** For every service: drops all capabilities, and limits the log so that it cannot fill the disk. */
export const BASELINE = {
  ...OWN_NAMES_STAY_HERE,
  restart: "unless-stopped",
  cap_drop: ["ALL"],
  security_opt: ["no-new-privileges:true"],
  logging: { driver: "local", options: { "max-size": "10m", "max-file": "3" } },
};

/** For a service that writes only temporary files: as for every service, with a read-only root file system. */
export const HARDENED = {
  ...BASELINE,
  read_only: true,
  tmpfs: ["/tmp:mode=1777,size=32m"],
  pids_limit: 64,
};

/**
 * For an image of unknown origin: as for every service, with the capabilities that an image needs if it starts as root,
 * to change the owner of its files and to switch to another user. An image with its own user does not start as root, so
 * it gets none of them.
 */
export const UNTRUSTED = {
  ...BASELINE,
  cap_add: ["CHOWN", "DAC_OVERRIDE", "FOWNER", "KILL", "SETGID", "SETUID"],
  pids_limit: 256,
};

/**
 * A command that requests one of the site's own URLs, in a container with wget: GNU's or BusyBox's. Docker's client may
 * set a proxy in every container (`proxies` in ~/.docker/config.json), and a URL that the proxy cannot reach would
 * count as down.
 */
export function wget(url: string, ...options: string[]): string[] {
  return ["wget", "--proxy=off", "-q", ...options, "-O", "/dev/null", url];
}

/**
 * A cheap health check: once a minute. A release does not wait for it, but runs the same command itself until it
 * succeeds (host/site_apply/health.py), because engines before 25 have no shorter interval at the start. Meanwhile
 * `docker ps` says "starting" and not "unhealthy", for as long as a release waits.
 * @param test program and arguments.
 */
export function healthCheck(...test: string[]) {
  return { test: ["CMD", ...test], interval: "60s", timeout: "5s", retries: 3, start_period: "900s" };
}
