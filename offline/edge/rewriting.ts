/**
 * What the edge changes in pages, by the zone's settings: Email Address Obfuscation and Rocket Loader.
 *
 * Checked in November 2026 against developers.cloudflare.com: waf/tools/scrape-shield/email-address-obfuscation (what
 * is replaced, and what is not; on in a new zone), speed/optimization/content/rocket-loader, and pages as Cloudflare
 * sends them. Cloudflare's scripts undo these changes in the browser; here they answer 404, so a page looks as it does
 * in a browser that must not run them.
 */

import type { IncomingHttpHeaders } from "node:http";
import { brotliDecompressSync, unzipSync } from "node:zlib";
import { directivesOf } from "./cache.ts";
import type { EdgeZone } from "./state.ts";

/** Returns the changed page, or undefined if the answer passes unchanged. */
export function rewriterFor(
  { emailObfuscation, rocketLoader }: EdgeZone,
  headers: IncomingHttpHeaders,
): ((page: string) => string) | undefined {
  if (!/^(text\/html|application\/xhtml\+xml)\b/i.test(headers["content-type"] ?? "")) return undefined;
  // Cloudflare's page on obfuscation names this header, its page on Rocket Loader does not.
  const obfuscates = emailObfuscation && !directivesOf(headers["cache-control"] ?? "").has("no-transform");
  if (!obfuscates && !rocketLoader) return undefined;
  return (page) => {
    const hidden = obfuscates ? obfuscated(page) : page;
    return rocketLoader ? deferred(hidden) : hidden;
  };
}

/** A body as text. Throws for an unknown encoding. */
export function textOf(body: Buffer, encoding = "identity"): string {
  switch (encoding) {
    case "identity":
      return body.toString();
    case "br":
      return brotliDecompressSync(body).toString();
    case "gzip":
    case "deflate":
      return unzipSync(body).toString();
    default:
      throw new Error(`The edge cannot read the encoding ${encoding}.`);
  }
}

const address = /[\w.%+-]+@[a-z0-9-]+(\.[a-z0-9-]+)*\.[a-z]{2,}/gi;

/** Replaces addresses in a page's text and in the `href` of links, and adds the script that restores them. */
export function obfuscated(page: string): string {
  let untouched: string | undefined;
  const parts = page.split(/(<!--[\s\S]*?-->|<[^>]*>)/).map((part, index) => {
    const isText = index % 2 === 0;
    const [, closing = "", name = ""] = /^<(\/?)([a-z]+)/i.exec(part) ?? [];
    const tag = part.startsWith("<!--") ? /^<!--(\/?email_off)-->$/.exec(part)?.[1] : `${closing}${name.toLowerCase()}`;
    if (untouched !== undefined) {
      if (!isText && tag === `/${untouched}`) untouched = undefined;
      return part;
    }
    if (isText) return part.replace(address, (found) => span(found));
    if (tag !== undefined && ["script", "noscript", "textarea", "xmp", "head", "email_off"].includes(tag))
      untouched = tag;
    if (tag !== "a") return part;
    return part.replace(/(href=["']?)mailto:([^"'\s>]+)/i, (_, href, to) => `${href}${protection}#${encoded(to)}`);
  });
  const changed = parts.join("");
  return changed === page ? page : withScript(changed, `data-cfasync="false" src="${decoder}"`);
}

const protection = "/cdn-cgi/l/email-protection";
const decoder = "/cdn-cgi/scripts/5c5dd728/cloudflare-static/email-decode.min.js";
const loader = "/cdn-cgi/scripts/7d0fa10a/cloudflare-static/rocket-loader.min.js";

const span = (found: string) =>
  `<a href="${protection}" class="__cf_email__" data-cfemail="${encoded(found)}">[email&#160;protected]</a>`;

/** The key, then each byte XORed with the key. */
function encoded(text: string): string {
  const key = 0x5a;
  return Buffer.from([key, ...Buffer.from(text).map((byte) => byte ^ key)]).toString("hex");
}

/** Changes the type of every script so that the browser does not run it, and adds the script that runs them later. */
function deferred(page: string): string {
  const mark = "0123456789abcdef01234567";
  const changed = page.replace(/<script\b([^>]*)>/gi, (tag, attributes: string) => {
    if (/data-cfasync=["']?false/i.test(attributes)) return tag;
    const [, type = "text/javascript"] = /\btype=["']?([^"'\s>]+)/i.exec(attributes) ?? [];
    if (!/^(module|(text|application)\/(java|ecma)script)$/i.test(type)) return tag;
    return `<script${attributes.replace(/\s*\btype=["']?[^"'\s>]+["']?/i, "")} type="${mark}-${type}">`;
  });
  return changed === page ? page : withScript(changed, `src="${loader}" data-cf-settings="${mark}-|49" defer`);
}

function withScript(page: string, attributes: string): string {
  const script = `<script ${attributes}></script>`;
  return /<\/body>/i.test(page) ? page.replace(/<\/body>/i, `${script}$&`) : page + script;
}
