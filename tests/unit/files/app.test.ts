import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import { appNetworks } from "../../../files/site/appNetworks.ts";
import { bundleWith, type Changes, hostNames, secrets, siteWith } from "../../support/site.ts";
import { composeOf, contentOf, manifestOf, ownersOf, serviceManifestOf, unpack } from "../../support/unpack.ts";

const whoami = { name: "whoami", image: "traefik/whoami:v1.11.0", port: 80 };
const withApp = (more: object = {}, settings: object = {}): Changes => ({
  settings: { database: "true", apps: [{ ...whoami, ...more }], ...settings },
});
const networkOf = (app: string) => appNetworks("to", [app]).of.get(app);
const definitionOf = (changes: Changes) => composeOf(bundleWith(changes).release).services.whoami ?? {};
const manifestWith = (changes: Changes) => serviceManifestOf(bundleWith(changes).release, "whoami");

describe("An app with only its required settings", () => {
  const changes = withApp();
  const { release } = bundleWith(changes);

  it("has the site's limits, and is reachable only through nginx", () => {
    assert.deepEqual(definitionOf(changes), {
      image: "docker.io/traefik/whoami:v1.11.0",
      networks: [networkOf("whoami")],
      dns_opt: ["ndots:1"],
      dns_search: ["."],
      restart: "unless-stopped",
      cap_drop: ["ALL"],
      security_opt: ["no-new-privileges:true"],
      logging: { driver: "local", options: { "max-size": "10m", "max-file": "3" } },
      cap_add: ["CHOWN", "DAC_OVERRIDE", "FOWNER", "KILL", "SETGID", "SETUID"],
      pids_limit: 256,
      mem_limit: "256m",
      healthcheck: { disable: true },
    });
  });

  it("has a host name of the site that nginx passes on to it", () => {
    assert.ok(hostNames(siteWith(changes)).includes("whoami.lab.example.com"));
    const server = contentOf(release, "hosts/whoami.conf");
    assert.match(server, /server_name whoami\.lab\.example\.com;\n *include \/site\/current\/door\.conf;/);
    assert.match(server, /^upstream whoami \{\n *zone to_whoami 64k;\n *server whoami:80 resolve max_fails=0;/m);
    assert.match(server, /proxy_pass http:\/\/whoami\$held_open\$uri_without_key;/);
    assert.match(server, /include \/site\/current\/no-websocket\.conf;/);
    assert.match(contentOf(release, "session/settings.js"), /"hosts": \[[^\]]*"whoami\.lab\.example\.com"/);
    assert.match(contentOf(release, "front/index.html"), /<span class="title">whoami<\/span>/);
  });

  it("changes no other service", () => {
    const { whoami: _, ...others } = composeOf(release).services;
    const without = composeOf(bundleWith({ settings: { database: "true" } }).release).services;
    // The check of nginx's files contains their folder's name, and runs only before a release.
    for (const [name, definition] of Object.entries(without))
      if (name !== "nginx-check") assert.deepEqual(others[name], definition, name);
    assert.deepEqual(Object.keys(others), Object.keys(without));
  });

  it("is ready when nginx can reach it", () => {
    const { readiness_probe } = manifestWith(changes);
    assert.deepEqual(readiness_probe, {
      service: "nginx",
      succeeds: ["busybox", "nc", "-w", "3", "whoami", "80", "-e", "true"],
    });
    assert.equal(
      manifestWith(withApp({ path: "/healthz?x=1" })).readiness_probe?.succeeds.join(" "),
      "wget --proxy=off -q -T 5 -O /dev/null http://whoami:80/healthz?x=1",
    );
  });

  it("has a network that sorts after nginx's own, on which Docker must publish the ports", () => {
    const { networks = [] } = composeOf(release).services.nginx ?? {};
    assert.equal(networks.toSorted()[0], "jupyter");
  });
});

describe("An app's settings", () => {
  it("give it a database, on an internal network with MariaDB only", () => {
    const { services, networks } = composeOf(bundleWith(withApp({ database: true })).release);
    const [door = "", database = "", ...others] = services.whoami?.networks ?? [];
    assert.deepEqual(others, []);
    assert.deepEqual([networks[door], networks[database]], [null, { internal: true }]);
    const on = (network: string) => Object.keys(services).filter((name) => services[name]?.networks?.includes(network));
    assert.deepEqual(
      [on(door), on(database)],
      [
        ["nginx", "whoami"],
        ["mariadb", "whoami"],
      ],
    );
  });

  it("give it variables, secret ones in a file that Compose reads", () => {
    const changes: Changes = {
      ...withApp({ environment: { LOG_LEVEL: "warn" }, database: true, secrets: { KEY: "x" } }),
      secrets: { appSecrets: { whoami: { KEY: 'a "b" \\ $c' } } },
    };
    const { env_file, environment } = definitionOf(changes);
    assert.deepEqual(environment, { LOG_LEVEL: "warn" });
    const { files } = unpack(bundleWith(changes).secrets);
    const [path = ""] = Object.keys(files).filter((path) => path.startsWith("whoami/"));
    assert.deepEqual(env_file, [`/srv/site/secrets/${path}`]);
    assert.equal(ownersOf(bundleWith(changes).secrets).whoami, "0:0");
    const password = secrets.appDatabasePasswords.whoami;
    assert.deepEqual(files[path], {
      mode: "0600",
      content: `DATABASE_URL="mysql://whoami:${password}@mariadb:3306/whoami"
DB_HOST="mariadb"
DB_NAME="whoami"
DB_USER="whoami"
DB_PASSWORD="${password}"
KEY="a \\"b\\" \\\\ \\$c"
`,
    });
    assert.equal(bundleWith(changes).release.includes(String(password)), false);
  });

  it("keep its volumes in the data folder, owned by the image's user", () => {
    const changes = withApp({ volumes: ["/data", "/var/lib/x"] });
    assert.deepEqual(
      definitionOf(changes).volumes?.map(({ source, target, read_only }) => [source, target, read_only]),
      [
        ["/srv/data/apps/whoami/data", "/data", undefined],
        ["/srv/data/apps/whoami/var~lib~x", "/var/lib/x", undefined],
      ],
    );
    const { image, user, folders } = manifestWith(changes);
    assert.deepEqual([image, user], ["docker.io/traefik/whoami:v1.11.0", undefined]);
    assert.deepEqual(folders?.[0], { path: "/srv/data/apps/whoami/data" });
    assert.equal(definitionOf({ ...changes, layout: { uid: 1234 } }).user, undefined);
  });

  it("keep a volume below another volume as a part of that one", () => {
    const changes = withApp({ volumes: ["/data/sub/b", "/data-2/a", "/data", "/data/sub"] });
    assert.deepEqual(
      definitionOf(changes).volumes?.map(({ source, target }) => [source, target]),
      [
        ["/srv/data/apps/whoami/data-2~a", "/data-2/a"],
        ["/srv/data/apps/whoami/data", "/data"],
      ],
    );
    assert.deepEqual(manifestWith(changes).folders, [
      { path: "/srv/data/apps/whoami/data-2~a" },
      { path: "/srv/data/apps/whoami/data", inner: ["sub/b", "sub"] },
    ]);
  });

  it("have the image's tag checked at each release, with the command that pins it, except for a digest", () => {
    const mirrored = withApp({}, { imageMirror: "mirror.example.com" });
    const imagesOf = (changes: Changes) => manifestOf(bundleWith(changes).release).images ?? [];
    const image = imagesOf(mirrored).find(({ reference }) => reference.includes("whoami"));
    assert.equal(image?.reference, "mirror.example.com/docker.io/traefik/whoami:v1.11.0");
    assert.equal(image.pin, "pulumi config set --path 'apps[0].image' docker.io/traefik/whoami:v1.11.0@{digest}");
    const pinned = withApp({ image: `traefik/whoami:v1.11.0@sha256:${"a".repeat(64)}` }, { database: "false" });
    assert.deepEqual(
      imagesOf(pinned).filter(({ pin }) => pin),
      [],
    );
  });

  it("send folders of the checkout, mounted read-only", () => {
    const changes = withApp({ files: { "/srv/.a": "files/php-demo/public", "/b": "files/php-demo/src" } });
    const paths = Object.keys(unpack(bundleWith(changes).release).files).filter((path) => path.startsWith("whoami/"));
    const id = paths[0]?.split("/")[1];
    assert.deepEqual(
      paths,
      ["0/index.php", "0/style.css", "1/Pairings.php", "1/page.php", "1/session.php"].map(
        (path) => `whoami/${id}/${path}`,
      ),
    );
    assert.deepEqual(
      definitionOf(changes).volumes?.map(({ source, target, read_only }) => [source, target, read_only]),
      [
        [`/srv/site/files/whoami/${id}/0`, "/srv/.a", true],
        [`/srv/site/files/whoami/${id}/1`, "/b", true],
      ],
    );
  });

  it("name the setting of the image, for the error if it cannot be pulled", () => {
    const { pin: _, ...image } = manifestOf(bundleWith(withApp()).release).images?.at(-1) ?? {};
    assert.deepEqual(image, {
      reference: "docker.io/traefik/whoami:v1.11.0",
      size_mib: 500,
      setting: "apps[0].image",
    });
  });

  it("limit the app to its own allow list, within the site's", () => {
    const { release } = bundleWith(withApp({ name: "who-am-i", allow: ["Bob@example.com", "@example.org"] }));
    assert.ok(
      contentOf(release, "narrower.conf").includes(`map "$site_verdict:$sso_email" $verdict_of_who_am_i {
    include /site/current/people/who-am-i.map;
}
`),
    );
    assert.match(contentOf(release, "narrower.map"), /^who-am-i\.lab\.example\.com \$verdict_of_who_am_i;$/m);
    assert.match(
      contentOf(release, "people/who-am-i.map"),
      /^default deny;\n(#.*\n)*"allow:bob@example\.com" allow;\n"~\*\^allow:\[\^@:\]\+@example\\\.org\$" allow;\n/m,
    );
    assert.match(
      contentOf(release, "front/index.html"),
      /<!--# if expr="\$verdict_of_who_am_i = allow" --><li>.*who-am-i.*<\/li><!--# endif -->/,
    );
  });

  it("purge data of the named apps only", () => {
    const changes: Changes = { settings: { purge: ["old", "x-1"] } };
    assert.deepEqual(manifestOf(bundleWith(changes).release).purge, [
      { app: "old", folder: "/srv/data/apps/old" },
      { app: "x-1", folder: "/srv/data/apps/x-1" },
    ]);
  });
});

describe("The front page", () => {
  it("is served on the domain itself, or on a host name of its own", () => {
    assert.equal(hostNames(siteWith())[0], "lab.example.com");
    const changes: Changes = { settings: { home: "home" } };
    assert.equal(hostNames(siteWith(changes))[0], "home.lab.example.com");
    assert.equal(hostNames(siteWith(changes)).includes("lab.example.com"), false);
    assert.doesNotMatch(
      contentOf(bundleWith(changes).release, "nginx.conf"),
      /server_name lab\.example\.com|[ "]lab\.example\.com[ ;]/,
    );
  });

  it("escapes titles and the user's name", () => {
    const html = contentOf(bundleWith(withApp({ title: "Ann's & Bob's" })).release, "front/index.html");
    assert.match(html, /<span class="title">Ann's &amp; Bob's<\/span>/);
    assert.match(html, /<!--# echo var="sso_name" -->/);
    assert.doesNotMatch(html, /encoding=|<script|style="|src=|@import|url\(/);
  });
});
