import { type Answer, ask } from "../../support/visitor.ts";

/** A browser's cookies: by host name, then by their own name. */
export type Jar = Record<string, Record<string, string>>;

/**
 * Opens a page like a browser, and signs a user in on the way, through the pages and forms of nginx, Vouch and Dex. Returns the first
 * answer that leads no further.
 * @param jar gets the cookies. With those of a user who has signed in, no form is shown.
 */
export async function formSignIn(page: URL, email: string, password: string, jar: Jar): Promise<Answer> {
  let url = page;
  let form: Record<string, string> | undefined;
  for (let step = 0; step < 20; step++) {
    const cookie = Object.entries(jar[url.hostname] ?? {})
      .map(([name, value]) => `${name}=${value}`)
      .join("; ");
    const headers = { accept: "text/html", "sec-fetch-mode": "navigate", ...(cookie ? { cookie } : {}) };
    const answer = await ask(Number(url.port), url.hostname, `${url.pathname}${url.search}`, {
      headers,
      ...(form ? { form } : {}),
    });
    form = undefined;
    for (const line of [answer.headers["set-cookie"] ?? []].flat()) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (/; *domain=/i.test(line)) throw new Error(`${url} sets a cookie for other host names: ${line}`);
      jar[url.hostname] = { ...jar[url.hostname], [name]: value };
      if (/; *max-age=0\b/i.test(line)) delete jar[url.hostname]?.[name];
    }
    if (answer.headers.location) url = new URL(String(answer.headers.location), url);
    else {
      const action = /<form[^>]* action="([^"]*)"/.exec(answer.body)?.[1];
      if (!action || !/name="password"/.test(answer.body)) return answer;
      url = new URL(action.replaceAll("&amp;", "&"), url);
      form = { login: email, password };
    }
  }
  throw new Error(`${email} did not get in; the last page was ${url}.`);
}
