import { ask } from "../../support/visitor.ts";

/** Signs a user in like a browser, through the pages and forms of Vouch and Dex; returns the value of VouchCookie. */
export async function formSignIn(page: URL, email: string, password: string): Promise<string> {
  /** Cookies by their host, or by their domain with a dot before it. */
  const jar: Record<string, Record<string, string>> = {};
  let url = page;
  let form: Record<string, string> | undefined;
  for (let step = 0; step < 15; step++) {
    const here = Object.entries(jar).filter(([whose]) => whose === url.hostname || `.${url.hostname}`.endsWith(whose));
    const cookie = here
      .flatMap(([, cookies]) => Object.entries(cookies))
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
      const domain = /; *domain=\.?([^;]+)/i.exec(line)?.[1];
      const whose = domain ? `.${domain}` : url.hostname;
      jar[whose] = { ...jar[whose], [name]: value };
      if (name === "VouchCookie" && value.length > 100) return value;
    }
    if (answer.headers.location) url = new URL(String(answer.headers.location), url);
    else {
      const action = /<form[^>]* action="([^"]*)"/.exec(answer.body)?.[1];
      if (!action) throw new Error(`${url} has no form: ${answer.status} ${answer.body}`);
      url = new URL(action.replaceAll("&amp;", "&"), url);
      form = { login: email, password };
    }
  }
  throw new Error(`${email} did not get in; the last page was ${url}.`);
}
