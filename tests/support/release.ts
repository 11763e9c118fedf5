import { serializeArchive } from "../../files/release/archive.ts";
import { MANIFEST_VERSION, manifestFile, type ReleaseManifest } from "../../files/release/manifest.ts";

/** The text of a minimal release for a test. */
export function releaseText(manifest: Partial<ReleaseManifest>, compose = "a\n"): string {
  const whole = { version: MANIFEST_VERSION, release: "new", project: "none", ...manifest } as const;
  return serializeArchive([manifestFile("release", whole), { path: "compose.yaml", mode: "0644", content: compose }]);
}

/** The text of secret files. */
export function secretsText(
  owners: Record<string, string>,
  files: Parameters<typeof serializeArchive>[0] = [],
): string {
  return serializeArchive([manifestFile("secrets", { version: MANIFEST_VERSION, owners }), ...files]);
}
