import { createHash } from "node:crypto";
import { hostName, type Names } from "../../site/names.ts";
import type { VirtualHost } from "../../site/service.ts";
import { COLOURS } from "./colours.ts";
import { escaped, htmlDocument } from "./htmlDocument.ts";

/** nginx variable with the verdict for a host name that has its own allow list. */
export const verdictOf = (label: string) => `$verdict_of_${label.replaceAll("-", "_")}`;

const STYLE = `
  :root { ${COLOURS} --alert: light-dark(#b3121d, #ff8a80); }
  * { box-sizing: border-box; }
  :root { background: var(--page); color: var(--ink); }
  body { margin: 0; }
  .wide { width: min(60rem, 100% - 2.5rem); margin-inline: auto; }
  header { border-bottom: 1px solid var(--line); background: var(--card); }
  header .wide { display: flex; flex-wrap: wrap; gap: .25rem 1rem; align-items: center; min-height: 3.75rem; padding-block: .5rem; }
  .site { margin-right: auto; font-weight: 650; overflow-wrap: anywhere; }
  .person { color: var(--quiet); overflow-wrap: anywhere; }
  .out { padding: .3rem .8rem; border: 1px solid var(--line); border-radius: 2rem; color: inherit; text-decoration: none; white-space: nowrap; }
  button.out { font: inherit; background: none; cursor: pointer; }
  .out:hover { border-color: var(--accent); color: var(--accent); }
  .notice { margin: 1.5rem 0 0; padding: .75rem 1rem; border-left: .25rem solid var(--accent); background: var(--card); }
  .notice a { color: var(--accent); }
  .alert { border-left: .25rem solid var(--alert); }
  .notice.alert, .notice.alert a { color: var(--alert); }
  ul.concerns { display: block; padding-bottom: 1rem; }
  .concerns li { margin-bottom: .75rem; padding: .6rem 1rem; background: var(--card); }
  .concerns p { margin: 0 0 .3rem; overflow-wrap: anywhere; }
  code { overflow-wrap: anywhere; font-size: .9rem; }
  table { width: 100%; border-collapse: collapse; background: var(--card); }
  th, td { padding: .45rem .8rem; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; font-weight: 400; overflow-wrap: anywhere; }
  th { width: 38%; color: var(--quiet); }
  h1 { margin: clamp(2rem, 7vw, 4rem) 0 1.5rem; font-size: clamp(1.6rem, 5vw, 2.25rem); line-height: 1.2; letter-spacing: -.015em; text-wrap: balance; }
  ul { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 17rem), 1fr)); gap: 1rem; margin: 0; padding: 0 0 4rem; list-style: none; }
  .tile { display: flex; gap: 1rem; align-items: center; height: 100%; padding: 1.25rem; border: 1px solid var(--line); border-radius: 1rem; background: var(--card);
    color: inherit; text-decoration: none; transition: border-color .15s, transform .15s, box-shadow .15s; }
  .tile:hover { border-color: var(--accent); box-shadow: 0 6px 20px #0001; transform: translateY(-2px); }
  .mark { flex: none; display: grid; place-items: center; width: 3rem; height: 3rem; border-radius: .8rem; color: #fff; font-size: 1.35rem; font-weight: 650; background: #d6570f; }
  .mark svg { width: 1.7rem; height: 1.7rem; }
  .words { min-width: 0; }
  .title { display: block; font-weight: 600; font-size: 1.075rem; line-height: 1.3; overflow-wrap: anywhere; }
  .name { display: block; color: var(--quiet); font-size: .85rem; overflow-wrap: anywhere; }
  li:nth-child(5n+2) .mark { background: #8d2f5f; } li:nth-child(5n+3) .mark { background: #2a5c96; } li:nth-child(5n+4) .mark { background: #2d6a4f; }
  li:nth-child(5n+5) .mark { background: #6244a3; } li:nth-child(5n+6) .mark { background: #8a6410; }
  h2 { margin: 0 0 .5rem; font-size: 1.075rem; font-weight: 600; }
  ul.keys { gap: .5rem; }
  a:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
  @media (max-width: 34rem) { .person { order: 1; width: 100%; } }
  @media (prefers-reduced-motion: reduce) { .tile { transition: none; } .tile:hover { transform: none; } }
`;

/** Content security policy of the front page: only its own style, by hash, and its icon. */
export const FRONT_PAGE_POLICY = [
  "default-src 'none'",
  `style-src 'sha256-${createHash("sha256").update(STYLE).digest("base64")}'`,
  "img-src data:",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join("; ");

/** Icon of a notebook. */
const NOTEBOOK =
  '<svg viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.8" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true"><rect x="5" y="3" width="15" height="18" rx="2"/><path d="M9 3v18M3 8h3M3 12h3M3 16h3M12.5 8.5h4M12.5 12h4"/></svg>';

const ICON =
  "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'%3E%3Crect width='32' height='32' rx='8' fill='%23d6570f'/%3E%3Cpath d='M10 9h12M10 16h12M10 23h7' stroke='%23fff' stroke-width='3' stroke-linecap='round'/%3E%3C/svg%3E";

/**
 * The front page, with a tile for each host name that has a title. nginx inserts the user's name (`<!--# echo`, which escapes
 * HTML), and omits tiles that the user may not open (`<!--# if`).
 */
export function frontPage(names: Names, virtualHosts: VirtualHost[]): string {
  const tiles = virtualHosts.flatMap(({ label, title, allow }) => {
    if (!title) return [];
    const tile = tileOf(names, label, title);
    return [allow ? `<!--# if expr="${verdictOf(label)} = allow" -->${tile}<!--# endif -->` : tile];
  });
  return framed(
    names,
    names.domain,
    `
<!--# include virtual="/sso-disk" set="disk" --><!--# if expr="$disk" --><p class="notice"><!--# echo var="disk" --> <a href="${names.origin("jupyter")}/disk">See what is largest</a></p><!--# endif -->
<!--# include virtual="/sso-backup" set="backup" --><!--# if expr="$backup" --><p class="notice"><!--# echo var="backup" --> Tell the owner of this site.</p><!--# endif -->
<!--# include virtual="/sso-owner" set="owner" --><!--# if expr="$owner" --><p class="notice alert"><!--# echo var="owner" --> <a href="/status">See what</a></p><!--# endif -->
<h1>Where would you like to go?</h1>
<ul>
${tiles.join("\n")}
</ul>
<!--# include virtual="/sso-keys" -->
`,
  );
}

/** The page /status. site_apply/status/page.py writes its content. */
export function statusPage(names: Names): string {
  return framed(
    names,
    `Status of ${names.domain}`,
    `
<!--# include virtual="/sso-status" -->
<p><a href="/">Front page</a></p>
`,
  );
}

/** A page with the site's style, its name and the user's. */
function framed(names: Names, title: string, content: string): string {
  return htmlDocument(
    `<link rel="icon" href="${ICON}">
<title>${title}</title>
<style>${STYLE}</style>`,
    `<header><div class="wide">
<span class="site">${names.domain}</span>
<span class="person">Signed in as <!--# echo var="sso_name" --></span>
<a class="out" href="/sso-sign-out">Sign out</a>
<form method="post" action="/sso-sign-out-everywhere"><button class="out" title="Ends your sessions in all browsers">Sign out everywhere</button></form>
</div></header>
<main class="wide">${content}</main>`,
  );
}

function tileOf(names: Names, label: string, title: string): string {
  const mark = label === "jupyter" ? NOTEBOOK : escaped([...title][0]?.toUpperCase() ?? "");
  return `<li><a class="tile" href="${names.origin(label)}/"><span class="mark">${mark}</span><span class="words"><span class="title">${escaped(title)}</span><span class="name">${hostName(names, label)}</span></span></a></li>`;
}
