import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import { type CredentialSources, cloudflareTokenOf, missingCredentials } from "../../../settings/credentials.ts";
import { configWith } from "../../support/settings.ts";

const token = "t".repeat(40);
const withToken = { CLOUDFLARE_API_TOKEN: token };

/** Credential sources that contain only these values. */
function knowing({
  config = {},
  environment = {},
  files = {},
}: {
  config?: Record<string, string>;
  environment?: Record<string, string>;
  files?: Record<string, string>;
} = {}): CredentialSources {
  return { config, environment, home: "/home/ann", read: (file) => files[file] };
}

describe("Google's credentials for target gcp", () => {
  const settings = configWith({ target: "gcp", dns: "none" });

  it("are reported as missing if no source has them", () => {
    assert.deepEqual(missingCredentials(settings, knowing()), [
      {
        key: "target",
        message:
          "no credentials for Google Cloud were found on this machine. Sign in as a user who may create VMs in the project:\ngcloud auth application-default login",
      },
    ]);
  });

  const file = "/home/ann/.config/gcloud/application_default_credentials.json";
  const rows: [where: string, sources: CredentialSources][] = [
    ...["GOOGLE_CREDENTIALS", "GOOGLE_CLOUD_KEYFILE_JSON", "GCLOUD_KEYFILE_JSON", "GOOGLE_OAUTH_ACCESS_TOKEN"].map(
      (name): [string, CredentialSources] => [name, knowing({ environment: { [name]: "x" } })],
    ),
    ["gcp:credentials", knowing({ config: { "gcp:credentials": "{}" } })],
    ["gcp:accessToken", knowing({ config: { "gcp:accessToken": "x" } })],
    [
      "the file of GOOGLE_APPLICATION_CREDENTIALS",
      knowing({ environment: { GOOGLE_APPLICATION_CREDENTIALS: "/key.json" }, files: { "/key.json": "{}" } }),
    ],
    ["gcloud's own file", knowing({ files: { [file]: "{}" } })],
    [
      "gcloud's own file in the folder of CLOUDSDK_CONFIG",
      knowing({
        environment: { CLOUDSDK_CONFIG: "/gcloud" },
        files: { "/gcloud/application_default_credentials.json": "{}" },
      }),
    ],
    ["a metadata server named in the environment", knowing({ environment: { GCE_METADATA_HOST: "169.254.169.254" } })],
    [
      "the metadata server of a Google machine",
      knowing({ files: { "/sys/class/dmi/id/product_name": "Google Compute Engine\n" } }),
    ],
  ];
  for (const [where, sources] of rows)
    it(`are found: ${where}`, () => assert.deepEqual(missingCredentials(settings, sources), []));

  it("are reported as missing if a file is named that does not exist, even if another source has them", () => {
    const environment = { GOOGLE_APPLICATION_CREDENTIALS: "/gone.json" };
    const [issue] = missingCredentials(settings, knowing({ environment, files: { [file]: "{}" } }));
    assert.equal(
      issue?.message,
      "Google's credentials are missing: GOOGLE_APPLICATION_CREDENTIALS names the file /gone.json, which cannot be read.\nunset GOOGLE_APPLICATION_CREDENTIALS && gcloud auth application-default login",
    );
  });

  it("are not needed for target local", () => {
    assert.deepEqual(missingCredentials(configWith({}), knowing()), []);
  });

  it("are reported as missing on a machine whose product name is not Google's", () => {
    const files = { "/sys/class/dmi/id/product_name": "VirtualBox\n" };
    assert.equal(missingCredentials(settings, knowing({ files })).length, 1);
  });
});

describe("Cloudflare's token", () => {
  const ssh = {
    host: "203.0.113.7",
    privateKey: "-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----",
    hostKey: "ssh-ed25519 AAAA",
  };
  const proxied = configWith({ target: "ssh", ssh });
  const straight = configWith({ target: "ssh", ssh, proxied: "false", acmeEmail: "ann@example.com" });

  it("is reported as missing, with the permissions that it needs", () => {
    const words =
      "Cloudflare's API token is missing. Create one at https://dash.cloudflare.com/profile/api-tokens with these permissions for the site's zone";
    const fix = "pulumi config set --secret cloudflare:apiToken";
    assert.deepEqual(missingCredentials(proxied, knowing()), [
      {
        key: "dns",
        message: `${words}: Zone: Read, DNS: Edit, SSL and Certificates: Edit, Zone Settings: Read.\n${fix}`,
      },
    ]);
    assert.deepEqual(missingCredentials(straight, knowing()), [
      { key: "dns", message: `${words}: Zone: Read, DNS: Edit.\n${fix}` },
    ]);
  });

  it("is found in the config and in the environment, and the config takes precedence", () => {
    const config = { "cloudflare:apiToken": "c".repeat(40) };
    assert.equal(cloudflareTokenOf(knowing({ environment: withToken })), token);
    assert.equal(cloudflareTokenOf(knowing({ config, environment: withToken })), "c".repeat(40));
    assert.equal(cloudflareTokenOf(knowing({ environment: { CLOUDFLARE_API_TOKEN: "" } })), undefined);
    assert.deepEqual(missingCredentials(proxied, knowing({ config })), []);
    assert.deepEqual(missingCredentials(proxied, knowing({ environment: withToken })), []);
  });

  it("that is malformed is refused without being repeated", () => {
    const [issue] = missingCredentials(proxied, knowing({ environment: { CLOUDFLARE_API_TOKEN: "hunter2" } }));
    assert.match(issue?.message ?? "", /is not a Cloudflare API token, which has 40 to 80 letters/);
    assert.equal(issue?.message.includes("hunter2"), false);
  });

  it("is not needed for target local, or with dns none", () => {
    assert.deepEqual(missingCredentials(configWith({}), knowing()), []);
    assert.deepEqual(missingCredentials(configWith({ target: "ssh", ssh, dns: "none" }), knowing()), []);
  });

  it("and Google's credentials are reported as missing in one message", () => {
    const issues = missingCredentials(configWith({ target: "gcp" }), knowing());
    assert.deepEqual(
      issues.map(({ key }) => key),
      ["target", "dns"],
    );
  });
});
