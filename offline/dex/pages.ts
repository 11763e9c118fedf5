import { STATUS_CODES } from "node:http";

const escapes: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&#34;", "'": "&#39;" };

const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (char) => escapes[char] ?? char);

/** Dex's pages in a plainer form: its words, field names and ids, plus a line that says it is a fake. */
export class Pages {
  readonly #base: string;
  readonly #title: string;

  /** `base` is the path of the issuer, without a trailing slash. */
  constructor(base: string, title: string) {
    this.#base = base;
    this.#title = title;
  }

  /** The form for address and password. After a wrong password, it keeps the typed address. */
  password(action: string, wrongLogin?: string): string {
    const wrong = wrongLogin !== undefined;
    const login = wrong ? `value="${escapeHtml(wrongLogin)}"` : "autofocus";
    const issue = wrong ? '<p id="login-error" role="alert">Invalid Email Address and password.</p>' : "";
    return this.#page(`<h2>Log in to Your Account</h2>
      <form method="post" action="${escapeHtml(action)}">
        <label for="login">Email Address</label>
        <input id="login" name="login" type="text" inputmode="email" autocomplete="username" autocapitalize="none" required ${login}>
        <label for="password">Password</label>
        <input id="password" name="password" type="password" autocomplete="current-password" required${wrong ? " autofocus" : ""}>
        ${issue}
        <button id="submit-login" type="submit">Login</button>
      </form>`);
  }

  error(status: number, message: string): string {
    return this.#page(`<h2>${STATUS_CODES[status]}</h2>
      <p>${escapeHtml(message)}</p>`);
  }

  /** The page at the issuer's own address. */
  home(discoveryUrl: string): string {
    return `<!DOCTYPE html>
<title>Dex</title>
<h1>Dex IdP</h1>
<h3>A Federated OpenID Connect Provider</h3>
<p><a href="${escapeHtml(discoveryUrl)}">Discovery</a></p>
<p>fake Dex</p>
`;
  }

  #page(content: string): string {
    return `<!DOCTYPE html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <title>${escapeHtml(this.#title)}</title>
    <meta name="viewport" content="width=device-width, initial-scale=1.0">
    <link href="${this.#base}/static/main.css" rel="stylesheet">
    <link href="${this.#base}/theme/styles.css" rel="stylesheet">
    <link href="${this.#base}/theme/favicon.png" rel="icon">
  </head>
  <body>
    <main>
      ${content}
    </main>
    <footer>fake Dex</footer>
  </body>
</html>
`;
  }
}
