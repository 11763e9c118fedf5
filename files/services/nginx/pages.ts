import type { Names } from "../../site/names.ts";
import { html, type Page } from "./page.ts";
import { APP_IS_DOWN, SEND_AGAIN, SIGNED_IN, SIGNED_IN_PATH } from "./pageScripts.ts";

/**
 * nginx's own pages, by file name.
 * @param signOutPage The identity provider's page that signs people out there: its name and its URL.
 */
export function pages(names: Names, signOutPage?: [name: string, url: string]): Record<string, string> {
  const home = `${names.origin("jupyter")}/`;
  const elsewhere: Partial<Page> = signOutPage ? { other: [`Sign out at ${signOutPage[0]}, too`, signOutPage[1]] } : {};
  const table: Record<string, Page> = {
    "not-allowed": {
      title: "You are not on the list",
      text: "You are signed in, but not on the list of people who may come in. Ask the owner of this site to add you, or sign in as somebody else. If you are then signed in as the same person at once, sign out at your identity provider first.",
      person: "sso_refused",
      action: ["Sign in as somebody else", "/sso-sign-out"],
      ...elsewhere,
    },
    "signed-out": {
      title: "You are signed out",
      text: "See you soon.",
      action: ["Sign in again", home],
      ...elsewhere,
    },
    "sign-in-failed": {
      title: "Signing in did not work",
      text: "It may have taken too long, the page was opened twice, or the sign-in service did not confirm who you are. Nothing is broken: start again. If you are signed in already, you get in at once.",
      action: ["Try again", home],
    },
    "sign-in-set-up": {
      title: "The sign-in is not set up correctly",
      text: `Signing in did not work because the site and its identity provider do not agree. You cannot repair that. Tell the owner of this site the code <strong><!--# echo var="sso_code" --></strong>. The owner should check the client ID and its secret, the callback URL, and the machine's clock and network.`,
      action: ["Try again", home],
    },
    "no-session": {
      title: "Signing in did not last",
      text: "You signed in, but your browser did not keep the cookie, or the sign-in service did not confirm who you are. Allow cookies for this site and start again. If that does not help, tell the owner of this site.",
      action: ["Try again", home],
    },
    "sign-in-down": {
      title: "The sign-in service does not answer",
      text: "Nobody can sign in until it is back. This page tries again by itself.",
      retry: 5,
    },
    "app-down": {
      title: "Just a moment",
      text: "The app does not answer; it may be starting. This page tries again by itself.",
      retry: 3,
      script: APP_IS_DOWN,
    },
    "signed-in": { title: "You are signed in again", text: "This window closes by itself.", script: SIGNED_IN },
  };
  return {
    ...Object.fromEntries(Object.entries(table).map(([name, page]) => [`${name}.html`, html(page)])),
    ...limitPages(),
  };
}

/** Texts for exceeded limits (limits.conf): as a page, and as JSON for scripts. */
function limitPages(): Record<string, string> {
  const forPeople: Record<string, Page> = {
    "bad-request": {
      title: "This address cannot be read",
      text: "It contains invalid characters. If you followed a link, the link is broken: start from the front page.",
      action: ["Open the first page", "/"],
    },
    "address-too-long": {
      title: "This address is too long",
      text: "The link that you followed is too long for this site. Start from the front page.",
      action: ["Open the first page", "/"],
    },
  };
  const forBoth: Record<string, Page> = {
    "headers-too-large": {
      title: "Your browser sends too many cookies",
      text: "Your browser sent cookies and other headers of more than 32 KB, which is the limit of this site. Delete the cookies of this site and of its parent domain in your browser, then open it again.",
      action: ["Open it again", "/"],
    },
    "too-large": {
      title: "This is too large",
      text: "A request to this site can have up to 512 MB, and a form of its own pages much less. Nothing was saved. Make it smaller (for a notebook, clear its outputs), or send it in parts, then try again.",
    },
    "too-many": {
      title: "Too many requests at once",
      text: "Your network sent too many requests, so this one was refused and nothing was saved. Wait a few seconds, then try again.",
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

/** Shown instead of a page whose URL the sign-in would lose. The URL stays in the browser's address bar. */
export const signInElsewhere = (): string =>
  html({
    title: "Sign in first",
    text: "The address of this page is too long or too unusual to be kept while you sign in. Sign in in a new tab. This tab then continues by itself.",
    action: ["Sign in", SIGNED_IN_PATH],
    newTab: true,
    retry: 5,
  });

/** Shown instead of the answer to a form if the session has ended. The browser still has what was typed, and sends it again. */
export const signInAndSendAgain = (): string =>
  html({
    title: "Your session is over",
    text: "What you typed is not lost. Sign in again, and it is sent once more. If your browser asks whether to send it again, say yes. If nothing happens after you have signed in, reload this page.",
    action: ["Sign in", SIGNED_IN_PATH],
    newTab: true,
    script: SEND_AGAIN,
  });
