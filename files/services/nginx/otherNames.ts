import { renderTemplate } from "../../release/template.ts";
import { hostName, type Names } from "../../site/names.ts";
import type { TextFiles } from "../../site/service.ts";
import { html } from "./page.ts";

/**
 * nginx's files for names below the domain that are not the site's, such as one with a typing error.
 * @param home first label of the front page's host name.
 */
export function otherNamesFiles(names: Names, home: string): TextFiles {
  const page = {
    title: "There is nothing at this name",
    text: "No app of this site has this name. Check the address, or start from the front page.",
  };
  const front: [string, string] = ["Open the front page", `https://${hostName(names, home)}${names.port}/`];
  return {
    "other-names/server.conf": renderTemplate(new URL("other-names.conf", import.meta.url), {
      // The domain itself is one of them if the front page has another name.
      names: `${home ? `${names.domain} ` : ""}*.${names.domain}`,
      message: `${page.title}. ${page.text}`,
    }),
    "pages/unknown-name.html": html({ ...page, action: front }),
  };
}
