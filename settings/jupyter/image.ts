import { z } from "zod";
import { format, text, withFix } from "../issues.ts";
import { nearest } from "../nearest.ts";
import { Unquoted } from "../unquoted.ts";

/** JupyterLab's image, and the packages to install in it. */
export interface Jupyter {
  /** Full repository name, without a tag: `quay.io/jupyter/scipy-notebook`. */
  image: string;
  /** `2026-08-08` */
  tag: string;
  /** Python packages to add to those of the image, as pip requirements. */
  packages: string[];
}

/** Images of Jupyter Docker Stacks with JupyterLab. https://jupyter-docker-stacks.readthedocs.io */
const STACKS = [
  "base-notebook",
  "minimal-notebook",
  "scipy-notebook",
  "r-notebook",
  "julia-notebook",
  "datascience-notebook",
  "tensorflow-notebook",
  "pytorch-notebook",
  "pyspark-notebook",
  "all-spark-notebook",
];
export const STACKS_REGISTRY = "quay.io/jupyter";
const IMAGE_EXAMPLE = "pulumi config set image scipy-notebook";

/** A registry. It has a dot or a port; otherwise Docker reads it as part of a name at Docker Hub. */
export const REGISTRY = /(localhost|[a-z0-9-]+(\.[a-z0-9-]+)+|[a-z0-9-]+(?=:\d))(:\d{1,5})?/.source;
const REPOSITORY = new RegExp(`^${REGISTRY}(/[a-z0-9]+([._-]+[a-z0-9]+)*)+$`);
const MIRROR = new RegExp(`^${REGISTRY}(/[a-z0-9._-]+)*$`);

/** More than any registry accepts; matching patterns against longer text takes seconds. */
export const LONGEST_REFERENCE = 512;

export const inFull = (image: string) => (image.includes("/") ? image : `${STACKS_REGISTRY}/${image}`);

/** Why an image's name cannot be used, and the command that fixes it. */
function whatIsWrongWithImage(name: string): [wrong: string, fix: string] | undefined {
  if (name === "" || name.length > LONGEST_REFERENCE) return ["is not the name of an image", IMAGE_EXAMPLE];
  if (name.includes("@"))
    return ["has a digest in it; set only the image here, and its version in the setting imageTag", IMAGE_EXAMPLE];
  const tagged = /^(?<image>.+):(?<tag>[^:/]+)$/.exec(name)?.groups;
  if (tagged)
    return ["has a tag in it; the tag is a separate setting (imageTag)", setImageAndTag(tagged.image, tagged.tag)];
  if (/^[a-z0-9-]+\/[a-z0-9]/.test(name) && !REPOSITORY.test(name)) {
    const ownName = name.replace(/^jupyter\//, "");
    return [
      "names no registry; write the full name of your own image",
      STACKS.includes(ownName) || REPOSITORY.test(`docker.io/${name}`)
        ? `pulumi config set image ${STACKS.includes(ownName) ? ownName : `docker.io/${name}`}`
        : IMAGE_EXAMPLE,
    ];
  }
  if (!REPOSITORY.test(inFull(name)))
    return ["is not the name of an image (lower-case letters, digits, and . _ - / between them)", IMAGE_EXAMPLE];
  const [, stack] = inFull(name).split(`${STACKS_REGISTRY}/`);
  if (stack !== undefined && !STACKS.includes(stack))
    return [
      `is not one of the images with JupyterLab: ${STACKS.join(", ")}`,
      `pulumi config set image ${nearest(stack, STACKS) ?? "scipy-notebook"}`,
    ];
  return undefined;
}

/** The command that sets both, as far as they are valid. */
function setImageAndTag(image = "", tag = ""): string {
  if (whatIsWrongWithImage(image)) return IMAGE_EXAMPLE;
  const setImage = `pulumi config set image ${image.replace(`${STACKS_REGISTRY}/`, "")}`;
  return whatIsWrongWithTag(image, tag) ? setImage : `${setImage} && pulumi config set imageTag ${tag}`;
}

/** Full repository name of Jupyter's image: `quay.io/jupyter/scipy-notebook`. */
export const image = text("an image's name", IMAGE_EXAMPLE)
  .trim()
  .superRefine((name, context) => {
    const [wrong, fix] = whatIsWrongWithImage(name) ?? [];
    if (wrong && fix) context.addIssue({ code: "custom", message: withFix(`${format(name)} ${wrong}.`, fix) });
  })
  .transform(inFull);

export const TAG_EXAMPLE = "pulumi config set imageTag 2026-08-08";

/**
 * Tag of Jupyter's image; for quay.io/jupyter a date, `2026-08-08`. A moving tag would change the site without a
 * release.
 */
export const imageTag = z.preprocess(dayOf, text("a tag", TAG_EXAMPLE).trim());

/** An unquoted date arrives as a timestamp, and `pulumi config set` writes it back as one. */
function dayOf(tag: unknown): unknown {
  const text = tag instanceof Unquoted ? tag.written : tag;
  return /^(?<day>\d{4}-\d\d-\d\d)( 00:00:00 \+0000 UTC)?$/.exec(String(text))?.groups?.day ?? tag;
}

/** Registry through which all images are pulled, `host[:port][/path]`; absent: from their own registries. */
export const imageMirror = text("a registry's name", "pulumi config rm imageMirror")
  .trim()
  .superRefine((mirror, context) => {
    if (mirror === "" || MIRROR.test(mirror)) return;
    const bare = mirror
      .toLowerCase()
      .replace(/^[a-z]+:\/\//, "")
      .replace(/\/+$/, "");
    const wrong = MIRROR.test(bare)
      ? "is more than the name of a registry: write it without https://, in lower case, without a trailing slash"
      : "is not the name of a registry, which contains a dot or a port, such as mirror.example.com";
    const fix = `pulumi config set imageMirror ${MIRROR.test(bare) ? bare : "mirror.example.com"}`;
    context.addIssue({ code: "custom", message: withFix(`${format(mirror)} ${wrong}.`, fix) });
  })
  .transform((mirror) => mirror || undefined);

/** Why a tag cannot be used: images of quay.io/jupyter need a date, other images any tag but `latest`. */
export function whatIsWrongWithTag(image: unknown, tag: unknown): string | undefined {
  if (typeof image !== "string" || typeof tag !== "string") return undefined;
  if (inFull(image).startsWith(`${STACKS_REGISTRY}/`))
    return isDate(tag)
      ? undefined
      : `${format(tag)} is not a date; the images of ${STACKS_REGISTRY} are tagged with the day of their build, YYYY-MM-DD.`;
  if (tag === "latest") return '"latest" changes every week without a release; name a fixed version.';
  return /^\w[\w.-]{0,127}$/.test(tag) ? undefined : `${format(tag)} is not a valid image tag.`;
}

export function isDate(tag: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(tag)) return false;
  const date = new Date(`${tag}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(tag);
}
