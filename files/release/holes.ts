import { holesOf } from "../../settings/holes.ts";
import { TAG_EXAMPLE } from "../../settings/jupyter/image.ts";

/** Known vulnerabilities of earlier versions. A tag that moves is looked up again at each release. */
export function holesFor(reference: string, pin: string | undefined) {
  const newer = /\/jupyter\//.test(reference) ? `${TAG_EXAMPLE} && pulumi up` : "git pull && npm ci && pulumi up";
  const fix = pin ? "pulumi up --replace '**site-release'" : newer;
  const holes = holesOf(reference).map(({ fixedIn, what }) => ({ fixed_in: fixedIn, what, fix }));
  return holes.length > 0 ? holes : undefined;
}
