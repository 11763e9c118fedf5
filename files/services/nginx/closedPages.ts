import type { TextFiles } from "../../site/service.ts";
import { html, type Page } from "./page.ts";

/** The address of the other site, which is known only during a move. nginx fills it in. */
const OTHER_SITE = '<!--# echo var="other_site" encoding="none" -->';

/** Pages of a site that is closed because of a move. site_apply/move/door.py selects one by its name. */
const PAGES: Record<string, Page & { /** The same for programs. */ message: string }> = {
  moving: {
    title: "This site is moving",
    text: "Its notebooks, files and databases are copied to a new site. Until that is done, nobody can change them. This page tries again by itself.",
    message: "This site is moving to $other_site. Nothing was saved. Keep your changes until the new site is open.",
    retry: 30,
  },
  moved: {
    title: "This site has moved",
    text: "Everything is at its new address. Nothing can be changed here any more.",
    message: "This site has moved to $other_site. Nothing was saved.",
    action: ["Open the new site", OTHER_SITE],
  },
  arriving: {
    title: "This site is not open yet",
    text: "The work of another site is being copied to it. This page tries again by itself.",
    message: "This site is not open yet: the work of $other_site is being copied to it. Nothing was saved.",
    retry: 30,
  },
};

/** nginx's files for a closed site: a page, and the message for programs, for each state of a move. */
export function closedFiles(): TextFiles {
  return Object.fromEntries(
    Object.entries(PAGES).flatMap(([name, page]) => [
      [`pages/closed/${name}.html`, html(page)],
      [
        `closed/${name}.conf`,
        `set $closed ${name};\nset $closed_message "${page.message}";\ninclude /site/current/closed.conf;\n`,
      ],
    ]),
  );
}
