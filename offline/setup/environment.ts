import { existsSync, readFileSync } from "node:fs";
import { userInfo } from "node:os";
import { join } from "node:path";
import { run } from "../../scripts/cli/command.ts";

/** The properties of this machine that decide what has to be set up. */
export interface Environment {
  /** The site with Pulumi's CLI and plugins answers. */
  pulumiDownloads: boolean;
  /** All registries of the site's images answer. */
  imageRegistries: boolean;
  /** We may install packages: this is Debian 12 or newer, and we are root. */
  debianRoot: DebianRelease | undefined;
}

/** A release of Debian, such as { codename: "bookworm", version: 12 }. */
export interface DebianRelease {
  codename: string;
  version: number;
}

const installer = "https://get.pulumi.com/install.sh";
const registries = ["https://quay.io/v2/", "https://ghcr.io/v2/", "https://registry-1.docker.io/v2/"];

/** Detects what the network reaches, and whether packages may be installed. Takes at most some 5 seconds. */
export async function detectEnvironment(): Promise<Environment> {
  const reachable = await probe([installer, ...registries]);
  return {
    pulumiDownloads: reachable(installer),
    imageRegistries: registries.every(reachable),
    debianRoot: userInfo().uid === 0 ? debianRelease() : undefined,
  };
}

async function probe(addresses: string[]): Promise<(address: string) => boolean> {
  const program = join(import.meta.dirname, "probe.ts");
  const printed = await run("Looking at the network", process.execPath, [program, ...addresses], {
    env: { NODE_USE_ENV_PROXY: "1", NODE_NO_WARNINGS: "1" },
  });
  const answered = JSON.parse(printed) as Record<string, boolean>;
  return (address) => answered[address] === true;
}

/**
 * The release of Debian this machine runs (12 or newer); undefined for every other system, including Debian's
 * derivatives.
 */
export function debianRelease(osRelease = "/etc/os-release"): DebianRelease | undefined {
  if (!existsSync(osRelease)) return undefined;
  const fields = new Map(
    readFileSync(osRelease, "utf8")
      .split("\n")
      .map((line): [string, string] => {
        const [name = "", ...value] = line.split("=");
        return [name, value.join("=").replace(/^"(.*)"$/, "$1")];
      }),
  );
  const version = Number(fields.get("VERSION_ID"));
  const codename = fields.get("VERSION_CODENAME");
  return fields.get("ID") === "debian" && version >= 12 && codename ? { codename, version } : undefined;
}
