import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { posix } from "node:path";
import { fileURLToPath } from "node:url";

/** The root folder of this checkout. */

const checkout = fileURLToPath(new URL("../../../", import.meta.url));

export const readText = (path: string): string => readFileSync(`${checkout}${path}`, "utf8");
export const exists = (path: string): boolean => existsSync(`${checkout}${path}`);

/** Paths of all files that git tracks or does not ignore. */
export function projectFiles(): string[] {
  const listed = execFileSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], {
    cwd: checkout,
    encoding: "utf8",
  });
  return listed.split("\0").filter((path) => path !== "" && exists(path));
}

/** The text of a page without its code blocks. */
export const withoutCode = (page: string): string => page.replace(/^( *)```.*?^\1```$/gms, "");

/** The targets of the links and pictures of a page. */
export function linksOf(page: string): string[] {
  const prose = withoutCode(page).replace(/`[^`\n]*`/g, "code");
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map(([, address = ""]) => address);
}

/** GitHub's anchors for the headings of a page: `## On Google Cloud` becomes `#on-google-cloud`. */
export function anchorsOf(page: string): string[] {
  const headings = [...withoutCode(page).matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, "")
      .replaceAll(" ", "-"),
  );
  return headings.map((heading, index) => {
    const before = headings.slice(0, index).filter((other) => other === heading).length;
    return before === 0 ? heading : `${heading}-${before}`;
  });
}

/** Why a link of a page is broken; undefined if it is not, or if it leaves the project. */
export function whatIsWrongWithLink(page: string, address: string): string | undefined {
  if (/^[a-z]+:/.test(address)) return undefined;
  const [path = "", anchor] = address.split("#");
  const target = path === "" ? page : posix.normalize(posix.join(posix.dirname(page), path));
  if (target.startsWith("..") || !exists(target)) return `${page}: there is no ${target}`;
  if (anchor !== undefined && !anchorsOf(readText(target)).includes(anchor))
    return `${page}: ${target} has no heading #${anchor}`;
  return undefined;
}

/** The project's files and folders that a text names as inline code: `files/host/provision.sh`, `settings/`, `Pulumi.dev.yaml`. */
export function pathsNamedIn(page: string, topLevel: string[]): string[] {
  const words = [...withoutCode(page).matchAll(/`([^`\n]+)`/g)].map(([, word = ""]) => word);
  return words.filter((word) => /^[\w.-]+(\/[\w.-]+)*\/?$/.test(word) && topLevel.includes(word.split("/")[0] ?? ""));
}
