import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { describe, it } from "@jest/globals";
import { below, inEffect, nginxConfigOf, placeOf } from "../../support/nginxConfig.ts";
import { bundleWith, type Changes } from "../../support/site.ts";
import { composeOf, contentOf, sessionSettingsIn, unpack } from "../../support/unpack.ts";

const sessionSettings = (changes: Changes = {}) => sessionSettingsIn(file("session/settings.js", changes));
const file = (path: string, changes: Changes = {}) => contentOf(bundleWith(changes).release, path);
const nginxFiles = Object.entries(unpack(bundleWith().release).files).filter(([path]) => path.startsWith("nginx/"));
/** Code, which contains braces and the word "undefined". */
const isScript = (path: string) => /\/session\/(?!settings\.js$)\w+\.js$/.test(path);
const all = nginxFiles.map(([, { content }]) => content).join("");

describe("nginx's files", () => {
  it("contain no unfilled placeholder", () => {
    for (const [path, { content }] of nginxFiles)
      assert.doesNotMatch(content, isScript(path) ? /\{\{\w/ : /\{\{|\}\}|undefined/, path);
  });

  it("have a server for each host name and for others below the domain, and reject any other name", () => {
    const names = [...all.matchAll(/^ *listen 8443 ssl;\n(?: *listen 8080;\n)? *http2 on;\n *server_name (\S+);/gm)];
    assert.deepEqual(names.map(([, name]) => name).sort(), [
      "*.lab.example.com",
      "dex.lab.example.com",
      "jupyter.lab.example.com",
      "lab.example.com",
      "vouch.lab.example.com",
    ]);
    assert.match(all, /listen 8443 ssl default_server;\n *ssl_reject_handshake on;/);
    assert.match(all, /listen 8080 default_server;\n *return 444;/);
  });

  it("have a page for other names below the domain, which is one of them if the front page has a name; not behind Cloudflare", () => {
    const namesOf = (changes: Changes) => /server_name (.+);/.exec(file("other-names/server.conf", changes))?.[1];
    assert.equal(namesOf({}), "*.lab.example.com");
    assert.equal(namesOf({ settings: { home: "home" } }), "lab.example.com *.lab.example.com");
    const behind = Object.keys(unpack(bundleWith({ edge: { ipv4: [], ipv6: [] } }).release).files);
    assert.deepEqual(
      behind.filter((path) => /other-names|unknown-name/.test(path)),
      [],
    );
  });

  it("redirect each host name from HTTP to HTTPS", () => {
    const [, names = ""] = /listen 8080;\n *server_name (.+);/.exec(all) ?? [];
    assert.deepEqual(names.split(" "), [
      "lab.example.com",
      "vouch.lab.example.com",
      "dex.lab.example.com",
      "jupyter.lab.example.com",
    ]);
  });

  it("change with sessionRotation, because nginx ends sessions when it reads changed files", () => {
    const namesOf = (changes: Changes) => Object.keys(unpack(bundleWith(changes).release).files);
    const folders = [undefined, "1", "2\nx"].map((sessionRotation = "") => {
      const [, folder] =
        namesOf({ settings: { sessionRotation } })
          .find((path) => path.startsWith("nginx/"))
          ?.split("/") ?? [];
      return folder;
    });
    assert.equal(new Set(folders).size, 3);
    const rotations = ["", "1", "2\nx"].map(
      (sessionRotation) => sessionSettings({ settings: { sessionRotation } }).rotation,
    );
    assert.equal(new Set(rotations).size, 3);
  });

  it("allow only TLS 1.2 and 1.3", () => {
    assert.match(all, /^ *ssl_protocols TLSv1.2 TLSv1.3;$/m);
  });

  it("read the secrets from the folder that the bundle contains", () => {
    const secretFolder = Object.keys(unpack(bundleWith().secrets).files)
      .find((path) => path.startsWith("nginx/"))
      ?.split("/")[1];
    assert.ok(secretFolder);
    const folder = `/run/secrets/nginx/${secretFolder}`;
    assert.match(file("nginx.conf"), new RegExp(`ssl_certificate ${folder}/tls.crt;`));
    assert.match(file("nginx.conf"), new RegExp(`ssl_certificate_key ${folder}/tls.key;`));
    assert.equal(file("door-secret.conf"), `include ${folder}/door-secret.conf;\n`);
  });

  /** The pages that the configuration serves. */
  const pagesNamed = new Set(
    [...all.matchAll(/(?:try_files|error_page [\d= ]+) \/([\w./$-]+)[ ;]/g)]
      .flatMap(([, page = ""]) => ["html", "json"].map((form) => page.replace("$answer_form", form)))
      .filter((page) => /\.(html|json)$/.test(page) && !page.startsWith("."))
      .filter((page) => !page.includes("$")),
  );

  it("refer only to existing files", () => {
    const paths = nginxFiles.map(([path]) => path.split("/").slice(2).join("/"));
    const named = [...all.matchAll(/include \/site\/current\/([\w./-]+);/g)].map(([, path]) => path ?? "");
    assert.ok(named.length > 5);
    for (const path of named) assert.ok(paths.includes(path), path);
    assert.ok(pagesNamed.size > 5);
    for (const page of pagesNamed) assert.ok(paths.includes(`pages/${page}`), page);
  });

  /** The lines of nginx's configuration files, without comments and blank lines. */
  const directives = nginxFiles
    .filter(([path]) => /\.(conf|map)$/.test(path))
    .flatMap(([, { content }]) => content.split("\n"))
    .map((line) => line.replace(/^\s*#.*/, "").trim())
    .filter(Boolean);

  it("use only the modules that they need, because most recent vulnerabilities were in modules", () => {
    const used = directives.flatMap((line) => line.split(/[\s;{]/, 1));
    assert.ok(used.includes("proxy_pass") && used.includes("limit_req"));
    const unused =
      /^(slice|grpc_|charset|source_charset|override_charset|uwsgi_(?!temp_path$)|scgi_(?!temp_path$)|fastcgi_(?!temp_path$)|memcached_|dav_|create_full_put_path|mp4|flv|http3|quic_|ssl_ocsp|ssl_stapling|mail|rewrite|perl|js_fetch|xslt_|image_filter|autoindex|random_index|sub_filter|addition|add_before_body|add_after_body|gunzip|secure_link|userid|geoip|proxy_store|proxy_bind|mirror|split_clients|proxy_ssl_verify$|underscores_in_headers|ignore_invalid_headers|merge_slashes)/;
    assert.deepEqual(
      used.filter((name) => unused.test(name)),
      [],
    );
    assert.doesNotMatch(all, /\blisten [^;]*\bquic\b/);
    const ofScripts = directives.flatMap((line) => line.match(/\bjs_\w+(?= )/g) ?? []);
    assert.deepEqual([...new Set(ofScripts)].sort(), [
      ...["js_content", "js_engine", "js_filter", "js_header_filter", "js_import", "js_path", "js_periodic"],
      ...["js_set", "js_shared_dict_zone", "js_var"],
    ]);
    assert.deepEqual(
      directives.filter((line) => line.startsWith("load_module")),
      ["http", "stream"].map((name) => `load_module modules/ngx_${name}_js_module.so;`),
    );
    const scripts = nginxFiles.filter(([path]) => isScript(path));
    assert.ok(scripts.length > 5);
    for (const [path, { content }] of scripts)
      assert.doesNotMatch(content, /\bngx\.fetch|\beval\b|\bFunction\(|\brequire\(/, path);
  });

  it("use named captures only", () => {
    const expressions = directives.flatMap(
      (line) => line.match(/"~\*?(?:[^"\\]|\\.)*"|(?<=~\*? )"(?:[^"\\]|\\.)*"/g) ?? [],
    );
    assert.ok(expressions.length > 10);
    // A parenthesis in a character class, or after a backslash, opens no group.
    for (const expression of expressions)
      assert.doesNotMatch(expression.replace(/\\./g, "").replace(/\[[^\]]*\]/g, ""), /\((?!\?)/, expression);
    assert.deepEqual(
      directives.filter((line) => /\$\{?\d/.test(line)),
      [],
    );
  });

  it("contain no unused page", () => {
    const pages = nginxFiles.flatMap(([path]) => /\/pages\/(.+)$/.exec(path)?.[1] ?? []);
    assert.deepEqual(
      // Those of a closed site are named by a variable; tests/long/move.test.ts shows them. A map names one, too.
      pages.filter(
        (page) => !pagesNamed.has(page) && !page.startsWith("closed/") && !file("maps.conf").includes(` /${page};`),
      ),
      [],
    );
  });

  it("have a readable page for requests that are too large, too long or too many, in every server", () => {
    const servers = below(nginxConfigOf(bundleWith().release)).filter(
      ({ words, directives }) =>
        words[0] === "server" &&
        directives.some(([name, value]) => name === "server_name" && value !== undefined) &&
        directives.some(([name, value]) => name === "listen" && value === "8443"),
    );
    assert.equal(servers.length, 5);
    for (const block of servers.flatMap(below)) {
      const codes = inEffect(block, "error_page").flatMap((words) => words.slice(0, -1));
      for (const code of ["400", "413", "414", "429", "494"])
        if (code !== "400" || block.words[0] === "server")
          assert.ok(codes.includes(code), `${placeOf(block)}: ${code}`);
    }
  });

  it("keep idle connections from Cloudflare longer than Cloudflare does, so that nginx closes none in use", () => {
    // In seconds: https://developers.cloudflare.com/fundamentals/reference/connection-limits (November 2026)
    const keptByCloudflare = 900;
    const keptFor = (changes: Changes) => Number(/ keepalive_timeout (\d+)s;/.exec(file("nginx.conf", changes))?.[1]);
    assert.ok(keptFor({ edge: { ipv4: [], ipv6: [] } }) > keptByCloudflare);
    assert.equal(keptFor({}), 75);
  });

  it("log no query, because it may contain sign-in codes", () => {
    const [format = ""] = /log_format .+;/.exec(all) ?? [];
    assert.match(format, /\$uri /);
    assert.doesNotMatch(format, /\$(request|request_uri|args|query_string|http_\w+|cookie_\w+)\b/);
  });

  it("never turn an error into a success", () => {
    for (const name of ["door.conf", "gate.conf", "arrival.conf"])
      assert.doesNotMatch(file(name), /error_page[^;]* =2\d\d/);
  });

  it("send the door's secret only to Jupyter", () => {
    const including = nginxFiles.filter(([, { content }]) => content.includes("/door-secret.conf;"));
    assert.deepEqual(including.map(([path]) => path.split("/").slice(2).join("/")).sort(), [
      "door-secret.conf",
      // The front page gets the state of the disk from Jupyter.
      "hosts/domain.conf",
      "hosts/jupyter.conf",
    ]);
  });

  it("identify the user to an app by headers that only nginx sets, and remove the session cookie", () => {
    const app = file("app.conf");
    for (const line of [
      "proxy_set_header X-Auth-User $sso_email;",
      "proxy_set_header X-Auth-Name $sso_name;",
      "proxy_set_header X-Session-Id $session_id;",
      "proxy_set_header X-Forwarded-For $remote_addr;",
      "proxy_set_header Cookie $app_cookie;",
      'proxy_set_header Authorization "";',
    ])
      assert.ok(app.includes(line), line);
  });

  it("redirect after sign-in only to protected host names", () => {
    assert.deepEqual(sessionSettings().hosts, ["lab.example.com", "jupyter.lab.example.com"]);
    const [, address = ""] =
      /^map \$arg_url \$login_url \{\n +default "";\n +"~(\S+)" \$arg_url;\n\}/m.exec(file("maps.conf")) ?? [];
    const [gate, host, attempt] = ["https://vouch.lab.example.com:8443", "jupyter.lab.example.com", "0".repeat(32)];
    const good = `${gate}/enter/${host}/${attempt}/${"a".repeat(43)}/${"_".repeat(43)}`;
    assert.match(good, new RegExp(address));
    for (const bad of [
      good.replace(":8443", ""),
      good.replace("https:", "http:"),
      good.replace("vouch.lab", "vouchxlab"),
      good.replace("/enter/", "/@evil.test/enter/"),
      good.replace("https://", "https://evil.test/"),
      good.slice(0, -1),
      good.slice(0, -44),
      `${good}x`,
      `${good}\n`,
      good.replace(host, "jupyter.lab.example.com/.."),
    ])
      assert.doesNotMatch(bad, new RegExp(address.replace(/\$$/, "(?![\\s\\S])")), bad);
  });

  it("show users with their names from the settings", () => {
    const users = [{ email: "ann@example.com", name: "Ann O'Neill; 李" }, { email: "bob@example.com" }];
    assert.equal(file("names.map", { settings: { signIn: { users } } }), `"of:ann@example.com" "Ann O'Neill; 李";\n`);
    assert.equal(file("names.map", { settings: { signIn: { users: users.slice(1) } } }), "# none\n");
  });
});

describe("The port in nginx's files", () => {
  it("is in every URL that a browser is redirected to", () => {
    const conf = file("nginx.conf");
    assert.match(conf, /return 301 https:\/\/\$host:8443\$request_uri;/);
    assert.match(file("front/index.html"), /href="https:\/\/jupyter\.lab\.example\.com:8443\/"/);
    const { gate, port } = sessionSettings();
    assert.deepEqual([gate, port], ["https://vouch.lab.example.com:8443", ":8443"]);
  });

  it("is omitted if it is 443", () => {
    const { release } = bundleWith({ settings: { port: "443" } });
    const browsers = Object.values(unpack(release).files).map(({ content }) => content);
    assert.doesNotMatch(browsers.join(""), /https:\/\/(\$host|[\w.-]+example\.com):\d/);
    assert.match(contentOf(release, "front/index.html"), /href="https:\/\/jupyter\.lab\.example\.com\/"/);
    assert.equal(sessionSettingsIn(contentOf(release, "session/settings.js")).port, "");
  });
});

describe("The headers of every response", () => {
  it("contain HSTS on a public site", () => {
    assert.match(
      file("headers.conf", { layout: { public: true } }),
      /Strict-Transport-Security "max-age=63072000" always;/,
    );
  });

  it("contain no HSTS on the local machine, where it would remove the browser's way past a certificate warning", () => {
    assert.doesNotMatch(file("headers.conf"), /Strict-Transport-Security/);
  });

  it("are sent with error pages, too", () => {
    for (const line of file("headers.conf")
      .split("\n")
      .filter((line) => line.startsWith("add_header")))
      assert.match(line, / always;$/);
  });
});

describe("nginx's own pages", () => {
  for (const [path, { content }] of nginxFiles.filter(([path]) => /\/pages\/.*\.html$/.test(path)))
    it(`load nothing from other hosts and run only their own script: ${path.split("/").at(-1)}`, () => {
      assert.match(content, /^<!doctype html>\n<html lang="en">/);
      const script = /<script>([\s\S]*?)<\/script>/.exec(content)?.[1];
      const hash = script && createHash("sha256").update(script).digest("base64");
      const allowed = hash ? `; script-src 'sha256-${hash}'; connect-src 'self'` : "";
      const policy = `default-src 'none'; style-src 'unsafe-inline'${allowed}`;
      assert.equal(/Content-Security-Policy" content="([^"]*)"/.exec(content)?.[1], policy);
      assert.doesNotMatch(content.replace("<script>", ""), /<script|<img|<link|src=|@import|url\(/);
      assert.match(content, /<title>(.+)<\/title>[\s\S]*<h1>\1<\/h1>/);
    });
});

describe("A site that a move has closed", () => {
  it("closes in every server that the public reaches, before anything else of it is decided", () => {
    const servers = nginxFiles.filter(([path]) => /\/hosts\/.*\.conf$/.test(path));
    assert.ok(servers.length > 2);
    const included = "include /site/closed/*.conf;";
    for (const name of ["door.conf", "gate.conf"])
      assert.doesNotMatch(file(name).split(included)[0] ?? "", /^ *(error_page|return|location)\b/m, name);
    for (const [path, { content }] of servers) {
      const [by] = /include \/site\/current\/(door|gate)\.conf;/.exec(content) ?? [included];
      const at = content.indexOf(by);
      assert.ok(at > 0 && !/\b(error_page|return)\b/.test(content.slice(content.indexOf("server {"), at)), path);
    }
  });

  it("has a page and a message for each state of a move", () => {
    for (const state of ["moving", "moved", "arriving"]) {
      assert.match(file(`pages/closed/${state}.html`), /^<!doctype html>/);
      assert.match(
        file(`closed/${state}.conf`),
        new RegExp(`^set \\$closed ${state};\\nset \\$closed_message "[^"]*\\$other_site[^"]*";\\n`),
      );
    }
  });
});

describe("nginx's sessions in memory, for a full disk", () => {
  const folder = (changes: Changes) =>
    ((composeOf(bundleWith(changes).release).services.nginx?.tmpfs ?? []) as string[]).at(-1);

  it("belong to nginx's user, who can write to them after a restart, too", () => {
    assert.equal(folder({}), "/var/cache/nginx:uid=101,gid=101,mode=700,size=8m");
    assert.equal(folder({ layout: { uid: 501 } }), "/var/cache/nginx:uid=501,gid=101,mode=700,size=8m");
  });
});
