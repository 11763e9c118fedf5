import { HARDENED, healthCheck } from "../../release/hardening.ts";
import { renderTemplate } from "../../release/template.ts";
import type { Service } from "../../site/service.ts";
import { proxyToken } from "../people-hub/keys.ts";
import { HUB_IMAGE, HUB_USER } from "../people-hub/peopleHub.ts";

const FILES = "/usr/local/etc/people-proxy";
const file = (name: string) => renderTemplate(new URL(name, import.meta.url));

/**
 * The proxy that leads each person to their server. The hub tells it the way when a server starts. It keeps running when the hub
 * restarts.
 * @param networks of servers on this machine.
 */
export function peopleProxy(networks: string[]): Service {
  return {
    name: "people-proxy",
    about:
      networks.length > 0
        ? "Leads each person's requests to their own server. Each of the networks person-* is for one server, and nginx reaches only the network jupyter."
        : "Leads each person's requests to their own server, in the cluster.",
    image: HUB_IMAGE,
    user: HUB_USER,
    networks: ["jupyter", ...networks],
    // It listens on the address of this name, which is only on the network that it shares with nginx and the hub.
    aliases: { jupyter: ["proxy-door"] },
    compose: {
      ...HARDENED,
      mem_limit: "160m",
      environment: { HOME: "/tmp", NODE_OPTIONS: "--max-old-space-size=48 --max-semi-space-size=1" },
      entrypoint: ["sh", `${FILES}/proxy.sh`],
      healthcheck: healthCheck(
        "python3",
        "-c",
        "import socket; socket.create_connection((socket.gethostbyname('proxy-door'), 8000), 4)",
      ),
      stop_grace_period: "2s",
    },
    files: { at: FILES, content: () => ({ "proxy.sh": file("proxy.sh"), "errors/503.html": file("503.html") }) },
    secretFiles: {
      at: "/run/secrets/people-proxy",
      content: (secrets) => ({ token: `${proxyToken(secrets)}\n` }),
    },
  };
}
