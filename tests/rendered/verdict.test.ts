import assert from "node:assert/strict";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { request } from "node:https";
import { after, before, describe, it } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { run } from "../support/command.ts";
import { type TestHost, testHost } from "../support/host.ts";
import { havePulled, imageMirror } from "../support/images.ts";
import { bundleWith, serviceOf, siteWith } from "../support/site.ts";
import { unpack } from "../support/unpack.ts";
import { onThisMachine } from "../support/variants.ts";

/** What Vouch says of a session, by the value of its cookie: header by header, as the real one names them. */
const sessions: Record<string, Record<string, string>> = {
  ann: { User: "ann@example.com", "Idp-Claims-Email": "ann@example.com", "Idp-Claims-Email-Verified": "true" },
  capitals: { User: "ANN@Example.COM", "Idp-Claims-Email": "ANN@Example.COM", "Idp-Claims-Email-Verified": "true" },
  unverified: { User: "ann@example.com", "Idp-Claims-Email": "ann@example.com", "Idp-Claims-Email-Verified": "false" },
  unsaid: { User: "ann@example.com", "Idp-Claims-Email": "ann@example.com" },
  // Whoever may choose a user name at the provider calls themselves ann.
  spoofed: { User: "ann@example.com", "Idp-Claims-Email": "mallory@evil.test", "Idp-Claims-Email-Verified": "true" },
  mallory: { User: "mallory@evil.test", "Idp-Claims-Email": "mallory@evil.test", "Idp-Claims-Email-Verified": "true" },
  "ann-lee": { User: "ann-lee" },
  "mallory-lee": { User: "mallory-lee", "Idp-Claims-Email": "ann-lee", "Idp-Claims-Email-Verified": "true" },
  nobody: {},
};

/** An nginx that answers as Vouch does, from that table. */
function vouchOfTable(): string {
  const names = [...new Set(Object.values(sessions).flatMap((headers) => Object.keys(headers)))];
  const maps = names.map((name, index) => {
    const rows = Object.entries(sessions).map(([cookie, headers]) => `"${cookie}" "${headers[name] ?? ""}";`);
    return `map $cookie_VouchCookie $header_${index} { default ""; ${rows.join(" ")} }`;
  });
  const known = Object.keys(sessions).map((cookie) => `"${cookie}" 200;`);
  const headers = names.map((name, index) => `add_header X-Vouch-${name} $header_${index} always;`);
  return `pid /tmp/nginx.pid; daemon off;
events {}
http {
  client_body_temp_path /tmp/a; proxy_temp_path /tmp/b; fastcgi_temp_path /tmp/c; uwsgi_temp_path /tmp/d; scgi_temp_path /tmp/e;
  ${maps.join("\n  ")}
  map $cookie_VouchCookie $known { default 401; ${known.join(" ")} }
  server { listen 9090; location = /validate { ${headers.join(" ")} if ($known = 401) { return 401; } return 200; } }
}
`;
}

const client = { clientId: "id", clientSecret: "secret" };
// The app behind the door does not run: whoever is let in is told so, by 502.
const LET_IN = 502;
const verdicts: [provider: string, settings: Record<string, unknown>, table: Record<string, number>][] = [
  [
    "an OpenID provider",
    { signIn: { provider: "okta", domain: "dev-1.okta.com", ...client }, allow: ["ann@example.com"] },
    {
      ann: LET_IN,
      capitals: LET_IN,
      unverified: 403,
      unsaid: 403,
      spoofed: 403,
      mallory: 403,
      "ann-lee": 403,
      nobody: 403,
    },
  ],
  [
    "GitHub",
    { signIn: { provider: "github", ...client }, allow: ["ann-lee"] },
    { "ann-lee": LET_IN, "mallory-lee": 403, mallory: 403, ann: 403, nobody: 403 },
  ],
];

for (const [provider, settings, table] of verdicts)
  describe(`nginx, of people who come from ${provider},`, () => {
    const name = `jupyter-up-verdict-${process.pid}`;
    let host: TestHost;
    let port: number;

    before(async () => {
      const image = serviceOf(siteWith({ settings: { imageMirror } }), "nginx").image.reference;
      await havePulled([image]);
      host = testHost();
      const root = host.place.root ?? "";
      const bundle = bundleWith(onThisMachine({ settings, place: host.place }));
      assert.deepEqual(await host.apply("secrets", bundle.secrets), { code: 0, output: "" });
      host.layOut(bundle.release);
      const id = Object.keys(unpack(bundle.release).files)
        .find((path) => path.startsWith("nginx/"))
        ?.split("/")[1];
      symlinkSync(id ?? "", `${root}/files/nginx/current`);
      mkdirSync(`${root}/vouch`, { mode: 0o755 });
      writeFileSync(`${root}/vouch/nginx.conf`, vouchOfTable());
      const docker = async (...args: string[]) => {
        const { code, output } = await run("docker", args);
        assert.equal(code, 0, output);
        return output.trim();
      };
      await docker("network", "create", name);
      const common = ["--detach", "--rm", "--network", name, "--tmpfs", "/tmp"];
      await docker(
        "run",
        ...common,
        "--name",
        `${name}-vouch`,
        "--network-alias",
        "vouch",
        "--volume",
        `${root}/vouch:/conf:ro`,
        "--entrypoint",
        "nginx",
        image,
        "-c",
        "/conf/nginx.conf",
      );
      await docker(
        "run",
        ...common,
        "--name",
        `${name}-nginx`,
        "--publish",
        "127.0.0.1::8443",
        "--volume",
        `${root}/files/nginx:/site:ro`,
        "--volume",
        `${root}/secrets/nginx:/run/secrets/nginx:ro`,
        "--entrypoint",
        "nginx",
        image,
        "-c",
        "/site/current/nginx.conf",
      );
      const healthy = ["exec", `${name}-nginx`, "wget", "-q", "-O", "/dev/null", "http://127.0.0.1:8081/healthy"];
      for (let tries = 0; (await run("docker", healthy)).code !== 0 && tries < 50; tries++) await pause(100);
      port = Number((await docker("port", `${name}-nginx`, "8443/tcp")).split(":").at(-1));
    });
    after(async () => {
      await run("docker", ["rm", "--force", `${name}-nginx`, `${name}-vouch`]);
      await run("docker", ["network", "rm", name]);
      host.remove();
    });

    const statusFor = (cookie: string) =>
      new Promise<number>((resolve, reject) => {
        const host = "jupyter.lab.example.com";
        const headers = { host, "sec-fetch-mode": "cors", cookie: `VouchCookie=${cookie}` };
        const options = { host: "127.0.0.1", port, servername: host, path: "/api", headers, rejectUnauthorized: false };
        request(options, (response) => resolve(response.resume().statusCode ?? 0))
          .on("error", reject)
          .end();
      });

    for (const [session, status] of Object.entries(table))
      it(`${status === LET_IN ? "lets in" : "keeps out"} ${session}`, async () => {
        assert.equal(await statusFor(session), status);
      });

    it("asks whoever has no session to sign in", async () => {
      assert.equal(await statusFor("forged"), 401);
    });
  });
