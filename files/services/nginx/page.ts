import { createHash } from "node:crypto";
import { COLOURS } from "./colours.ts";
import { escaped, htmlDocument } from "./htmlDocument.ts";

/** A page of nginx. */
export interface Page {
  title: string;
  /** One or two friendly sentences, as HTML. They must not repeat anything from the request. */
  text: string;
  /** The person, as an nginx variable. nginx inserts it (`<!--# echo`, which escapes HTML). */
  person?: string;
  /** A link: `[label, URL]`. */
  action?: [string, string];
  /** A second link, less prominent. */
  other?: [string, string];
  /** Whether the first link opens in a new tab. */
  newTab?: boolean;
  /** Seconds after which the page reloads by itself. */
  retry?: number;
  /** Code of the page. The page allows no other. */
  script?: string;
}

const STYLE = `
  :root { ${COLOURS} }
  * { box-sizing: border-box; }
  body { display: grid; place-items: center; min-height: 100vh; margin: 0; padding: 1rem; background: var(--page); color: var(--ink); }
  main { width: min(30rem, 100%); padding: clamp(1.25rem, 6vw, 2rem); border: 1px solid var(--line); border-radius: 1rem; background: var(--card); overflow-wrap: anywhere; }
  h1 { margin: 0 0 .75rem; font-size: 1.4rem; line-height: 1.25; letter-spacing: -.01em; text-wrap: balance; }
  p { margin: 0 0 1rem; }
  p:last-child { margin-bottom: 0; }
  .person { color: var(--quiet); }
  .button { display: inline-block; padding: .5rem 1rem; border-radius: .6rem; background: #b84a0c; color: #fff; text-decoration: none; }
  a { color: var(--accent); }
  a:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
`;

/** A page as HTML. */
export function html({ title, text, person, action, other, newTab, retry, script }: Page): string {
  const allowed = script
    ? `; script-src 'sha256-${createHash("sha256").update(script).digest("base64")}'; connect-src 'self'`
    : "";
  return htmlDocument(
    `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'${allowed}">
${retry ? `<meta http-equiv="refresh" content="${retry}">\n` : ""}<title>${title}</title>
<style>${STYLE}</style>`,
    `<main>
<h1>${title}</h1>
<p id="text">${text}</p>
${person ? `<p class="person">Signed in as <!--# echo var="${person}" --></p>\n` : ""}${action ? `<p><a class="button" href="${action[1]}"${newTab ? ' target="_blank"' : ""}>${action[0]}</a></p>\n` : ""}${other ? `<p><a href="${escaped(other[1])}">${other[0]}</a></p>\n` : ""}</main>
${script ? `<script>${script}</script>` : ""}`,
  );
}
