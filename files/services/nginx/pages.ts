import type { Names } from "../../site/names.ts";

interface Page {
  title: string;
  /** One or two sentences for a person who did nothing wrong. Must not repeat anything from the request. */
  text: string;
  /** Where to go from here: `[label, address]`. */
  action?: [string, string];
  /** Whether that opens in a new tab. */
  newTab?: boolean;
  /** Seconds after which the page asks again by itself. */
  retry?: number;
}

/** The few pages nginx shows by itself, by file name. */
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
      text: "It may have taken too long, the page was opened twice, or the sign-in service did not say who you are. Nothing is broken: begin once more. If you are signed in already, that takes you straight in.",
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
  return {
    ...Object.fromEntries(Object.entries(table).map(([name, page]) => [`${name}.html`, html(page)])),
    ...limitPages(),
  };
}

/** What is said where there is too much of something (limits.conf): to a person as a page, to a script as JSON. */
function limitPages(): Record<string, string> {
  const forPeople: Record<string, Page> = {
    "bad-request": {
      title: "This address cannot be read",
      text: "It holds characters that do not belong there. If you followed a link, the link is broken: open the first page, and look from there.",
      action: ["Open the first page", "/"],
    },
    "address-too-long": {
      title: "This address is too long",
      text: "The link that you followed is longer than this site takes. Open the first page, and look from there.",
      action: ["Open the first page", "/"],
    },
  };
  const forBoth: Record<string, Page> = {
    "headers-too-large": {
      title: "Your browser sends too many cookies",
      text: "Cookies and other headers of more than 32 KB came with this request, and this site takes no more. Delete the cookies of this site and of the domain above it in your browser, then open it again.",
      action: ["Open it again", "/"],
    },
    "too-large": {
      title: "This is too large",
      text: "A request to this site can hold 512 MB, and a form of its own pages much less. Nothing was saved. Make it smaller, in a notebook for example by clearing outputs, or send it in parts, then try again.",
    },
    "too-many": {
      title: "Too many requests at once",
      text: "So many came from your network that this one was not taken, nor anything that was sent with it. Wait a few seconds, then try again.",
      retry: 5,
    },
  };
  const file = (format: string, make: (page: Page) => string) => {
    return ([name, page]: [string, Page]) => [`sso-limits/${name}.${format}`, make(page)];
  };
  return Object.fromEntries([
    ...Object.entries({ ...forPeople, ...forBoth }).map(file("html", html)),
    ...Object.entries(forBoth).map(
      file("json", ({ title, text }) => `${JSON.stringify({ message: `${title}. ${text}` })}\n`),
    ),
  ]);
}

/** Shown in place of a page whose address the way through the sign-in would lose; the address stays where it is. */
export const signInElsewhere = (): string =>
  html({
    title: "Sign in first",
    text: "The address of this page is too long, or too unusual, to be remembered while you sign in. Sign in in a new tab. This tab goes on by itself afterwards.",
    action: ["Sign in", "/"],
    newTab: true,
    retry: 5,
  });

/** Shown in place of the answer to a form that somebody sends after the end of their session. */
export const signInAndSendAgain = (): string =>
  html({
    title: "Your session is over",
    text: "What you sent was not taken. Sign in again in a new tab, then reload this page: your browser sends it once more.",
    action: ["Sign in", "/"],
    newTab: true,
  });

function html({ title, text, action, newTab, retry }: Page): string {
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
${action ? `<p><a href="${action[1]}"${newTab ? ' target="_blank"' : ""}>${action[0]}</a></p>\n` : ""}</main>
</body>
</html>
`;
}
