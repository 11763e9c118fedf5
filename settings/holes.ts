/** Known vulnerabilities of the site's images. Pure data. */

/** A vulnerability of an image. */
export interface Hole {
  /** The first version without it, or the first date of images that are tagged with one. */
  fixedIn: string;
  /** The advisory, and what it is. */
  what: string;
}

/** First images with JupyterLab 4.6.2, which fixes CVE-2026-73417, CVE-2026-73415 and CVE-2026-73627. */
export const SAFE_SINCE = "2026-07-22";

/** By the image's name without its registry. The name of a folder, with a slash at its end, means all images in it. */
export const HOLES: [image: string, holes: Hole[]][] = [
  [
    "nginxinc/nginx-unprivileged",
    [
      { fixedIn: "1.30.4", what: "CVE-2026-42533: buffer overflow by a map with a regular expression" },
      { fixedIn: "1.30.4", what: "CVE-2026-56434: use after free in SSI" },
      { fixedIn: "1.30.2", what: "CVE-2026-9256: buffer overflow in the rewrite module" },
      { fixedIn: "1.30.1", what: "CVE-2026-42945: buffer overflow in the rewrite module" },
      { fixedIn: "1.30.1", what: "CVE-2026-42926: request injection by HTTP/2" },
      { fixedIn: "1.28.2", what: "CVE-2026-1642: injection by a TLS upstream" },
      { fixedIn: "1.26.3", what: "CVE-2025-23419: a resumed session gets past client certificates" },
    ],
  ],
  [
    "library/mariadb",
    [
      { fixedIn: "11.8.7", what: "CVE-2026-44168: command injection in Galera's SST" },
      { fixedIn: "11.8.7", what: "CVE-2026-44171: path traversal in mbstream" },
    ],
  ],
  [
    "jupyter/",
    [
      { fixedIn: SAFE_SINCE, what: "CVE-2026-42557: command linker in outputs, fixed in JupyterLab 4.5.7" },
      { fixedIn: SAFE_SINCE, what: "CVE-2026-73417, CVE-2026-73415, CVE-2026-73627: fixed in JupyterLab 4.6.2" },
    ],
  ],
];

/** The known vulnerabilities of an image and of its earlier versions. reference: as `docker pull` takes it. */
export function holesOf(reference: string): Hole[] {
  const name = `/${reference.replace(/@.*$/, "").replace(/:[^:/]*$/, "")}`;
  const isMeant = (image: string) => (image.endsWith("/") ? name.includes(`/${image}`) : name.endsWith(`/${image}`));
  return HOLES.flatMap(([image, holes]) => (isMeant(image) ? holes : []));
}
