import { type Answer, ask, navigation } from "./visitor.ts";

/** A cookie as a browser keeps it. */
interface Cookie {
  name: string;
  value: string;
  /** The host that set it, for which alone it is, or the domain with a dot before it. */
  whose: string;
  path: string;
}

/** A browser without a window: it keeps cookies as RFC 6265bis says, follows redirects, and fills in forms. */
export interface Browser {
  /** Every Set-Cookie header that it received. */
  received: { host: string; header: string }[];
  /** The address of every request, also those of redirects. */
  visited: URL[];
  /** Opens a page, and follows redirects. Returns the last answer and its address. */
  open(url: string, form?: Record<string, string>, headers?: Record<string, string>): Promise<Answer & { url: URL }>;
  /** Sends the form on a page. */
  send(page: Answer & { url: URL }, form: Record<string, string>): Promise<Answer & { url: URL }>;
}

/** @param domain the parent domain of the host names, for which a host may set cookies. */
export function browser(domain: string): Browser {
  let jar: Cookie[] = [];
  const received: Browser["received"] = [];
  const visited: URL[] = [];

  function keep(url: URL, header: string): void {
    received.push({ host: url.hostname, header });
    const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(header) ?? [];
    const attribute = (key: string) => new RegExp(`; *${key}(?:=([^;]*))?(?:;|$)`, "i").exec(header);
    const given = attribute("Domain")?.[1]?.replace(/^\./, "");
    if (given && given !== url.hostname && !url.hostname.endsWith(`.${given}`)) return;
    if (given && given !== domain && !given.endsWith(`.${domain}`)) return;
    const path = attribute("Path")?.[1] || "/";
    if (name.startsWith("__Host-") && (given || path !== "/" || !attribute("Secure"))) return;
    const whose = given ? `.${given}` : url.hostname;
    jar = jar.filter((each) => each.name !== name || each.whose !== whose || each.path !== path);
    if (Number(attribute("Max-Age")?.[1] ?? 1) > 0) jar.push({ name, value, whose, path });
  }

  const isSent = ({ whose, path }: Cookie, url: URL) =>
    (whose === url.hostname || `.${url.hostname}`.endsWith(whose)) &&
    (url.pathname === path || url.pathname.startsWith(path.endsWith("/") ? path : `${path}/`));

  const self: Browser = {
    received,
    visited,
    async open(address, form, headers = {}) {
      let url = new URL(address);
      let fields = form;
      for (let step = 0; step < 20; step++) {
        visited.push(url);
        const sent = jar.filter((each) => isSent(each, url)).map(({ name, value }) => `${name}=${value}`);
        const cookie = sent.length > 0 ? { cookie: sent.join("; ") } : {};
        const answer = await ask(Number(url.port), url.hostname, url.pathname + url.search, {
          headers: { ...navigation, ...cookie, ...headers },
          ...(fields ? { form: fields } : {}),
        });
        for (const header of [answer.headers["set-cookie"] ?? []].flat()) keep(url, header);
        if (!answer.headers.location) return { ...answer, url };
        url = new URL(String(answer.headers.location), url);
        fields = undefined;
      }
      throw new Error(`more than 20 redirects, the last one to ${url}`);
    },
    send(page, form) {
      const action = /<form[^>]* action="([^"]*)"/.exec(page.body)?.[1];
      if (action === undefined) throw new Error(`${page.url} has no form: ${page.status} ${page.body}`);
      return self.open(new URL(action.replaceAll("&amp;", "&"), page.url).href, form);
    },
  };
  return self;
}
