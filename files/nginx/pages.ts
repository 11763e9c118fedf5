import type { Names } from "../names.ts";

interface Page {
  title: string;
  /** One or two sentences for a person who did nothing wrong. Must not repeat anything from the request. */
  text: string;
  /** Where to go from here: `[label, address]`. */
  action?: [string, string];
  /** Seconds after which the page asks again by itself. */
  retry?: number;
}

/** The few pages nginx shows by itself, by file name without `.html`. */
export function pages(names: Names): Record<string, string> {
  const home = `${names.origin("jupyter")}/`;
  const table: Record<string, Page> = {
    "not-allowed": {
      title: "You are not on the list",
      text: "You are signed in, and not on the list of people who may come in. Ask the owner of this site to add you.",
      action: ["Sign in as somebody else", "/sso-sign-out"],
    },
    "signed-out": { title: "You are signed out", text: "See you soon.", action: ["Sign in again", home] },
    "sign-in-failed": {
      title: "Signing in did not work",
      text: "It may have taken too long, the page was opened twice, or the sign-in service did not say who you are. Nothing is broken: begin once more.",
      action: ["Try again", home],
    },
    "no-session": {
      title: "Signing in did not last",
      text: "You signed in, but the cookie that says so did not come back, or the sign-in service did not say in it who you are. Allow cookies for this site, and begin once more. If that does not help, tell the owner of this site.",
      action: ["Try again", home],
    },
    "sign-in-down": {
      title: "The sign-in service does not answer",
      text: "Nobody can come in until it is back. This page asks again by itself.",
      retry: 5,
    },
    "app-down": {
      title: "Just a moment",
      text: "The app behind this name does not answer; it may be starting. This page asks again by itself.",
      retry: 3,
    },
  };
  return Object.fromEntries(Object.entries(table).map(([name, page]) => [name, html(page)]));
}

function html({ title, text, action, retry }: Page): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
${retry ? `<meta http-equiv="refresh" content="${retry}">\n` : ""}<title>${title}</title>
<style>
  :root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif; }
  body { display: grid; place-items: center; min-height: 100vh; margin: 0; background: light-dark(#f6f6f4, #17181a); color: light-dark(#222, #e6e6e6); }
  main { box-sizing: border-box; width: min(28rem, 100vw - 2rem); padding: 2rem; border-radius: .75rem; background: light-dark(#fff, #222427); box-shadow: 0 1px 8px #0002; }
  h1 { margin: 0 0 .5rem; font-size: 1.35rem; line-height: 1.25; }
  p { margin: 0 0 1rem; }
  a { display: inline-block; padding: .5rem 1rem; border-radius: .5rem; background: #d6570f; color: #fff; text-decoration: none; }
  a:focus-visible { outline: 3px solid light-dark(#222, #fff); outline-offset: 2px; }
</style>
</head>
<body>
<main>
<h1>${title}</h1>
<p>${text}</p>
${action ? `<p><a href="${action[1]}">${action[0]}</a></p>\n` : ""}</main>
</body>
</html>
`;
}
