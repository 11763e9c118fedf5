import { escapeHtml } from "./responses.ts";

/** Vouch's only page: the same title and heading for every message to a user. */
export function page(documentRoot: string, message: string): string {
  const heading = escapeHtml(message);
  return `<!DOCTYPE html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Vouch Proxy - ${heading}</title>
    <link rel="stylesheet" href="${documentRoot}/static/css/main.css">
    <link rel="icon" href="${documentRoot}/static/img/favicon.ico">
  </head>
  <body>
    <header><img src="${documentRoot}/static/img/multicolor_V_500x500.png" alt="" width="32" height="32"> Vouch Proxy</header>
    <main>
      <h1>${heading}</h1>
      <p>For support, please contact your network administrator or whomever configured Nginx to use Vouch Proxy.</p>
    </main>
    <footer>fake Vouch</footer>
  </body>
</html>
`;
}
