/** What set-up has to know about the site before Pulumi can run, from the program's own code. */

import type { Target } from "../../components/explain/rule.ts";
import { buildSite, imagesOf } from "../../files/site/site.ts";
import { partOf, readSettings } from "../../settings/read.ts";
import { projectFile, settingName } from "./projectFile.ts";

/** The type of the component that is the running site. */
export const siteComponent = "jupyter-up:index:SiteRelease";

/**
 * The operation that stops the site. Notebooks stay, and so does everything in the state that is created only once:
 * certificates, passwords.
 */
export const takeDown = ["destroy", "--target", "**SiteRelease**", "--yes", "--skip-preview"];

/** The operation that repeats the release although no setting has changed: it recreates what is not running. */
export const releaseAgain = ["up", "--replace", "**site-release", "--yes", "--skip-preview"];

/**
 * The operation that runs an earlier release. It replaces only the command of the release in the state, and brings the program on the
 * machine up to date. The release is replaced even if the last operation was the same rollback.
 */
export const rollbackArguments = (stack: string): string[] => [
  ...["up", "--stack", stack, "--yes", "--skip-preview"],
  ...["--target", "**site-setup", "--target-replace", "**site-release"],
];

/** The packages whose providers the program uses with target local. */
export const providerPackages = ["command", "random", "tls"];

/** The packages whose providers the program uses with these settings. */
export function providersFor(config: Record<string, unknown>): string[] {
  const target = targetOf(config);
  const hasRecords = target !== "local" && config[settingName("dns")] !== "none";
  const inCluster =
    config[settingName("people")] === "own" && partOf(config[settingName("servers")], "on") === "kubernetes";
  return [
    ...providerPackages,
    ...(target === "gcp" ? ["gcp"] : []),
    ...(hasRecords ? ["cloudflare"] : []),
    ...(inCluster ? ["kubernetes"] : []),
  ];
}

/** The target in these settings. */
export function targetOf(config: Record<string, unknown>): Target {
  const target = config[settingName("target")];
  return target === "gcp" || target === "ssh" ? target : "local";
}

/**
 * The images of the site with these settings, by the names of their own registries. Invalid settings need none: the
 * program will report the error and change nothing.
 *
 * @param config the stack's configuration, by full names ("jupyter-up:imageTag")
 */
export async function siteImages(config: Record<string, unknown>): Promise<string[]> {
  // Names with a colon are a provider's.
  const declared = Object.entries(projectFile.config ?? {}).filter(([key]) => !key.includes(":"));
  const defaults = declared.map(([key, { default: value }]) => [key, value]);
  const own = Object.entries(config).flatMap(([name, value]) => {
    const [owner, key] = name.split(":", 2);
    return owner === projectFile.name ? [[key, value]] : [];
  });
  const { settings } = readSettings({ ...Object.fromEntries([...defaults, ...own]), imageMirror: "" });
  if (!settings) return [];
  const anywhere = {
    root: "/",
    data: "/",
    notebooks: "/",
    address: "127.0.0.1",
    httpsPort: 443,
    httpPort: 80,
    public: false,
    bucket: "any",
    systemd: false,
  };
  return imagesOf(buildSite(projectFile.name, settings, anywhere)).map(({ reference }) => reference);
}
