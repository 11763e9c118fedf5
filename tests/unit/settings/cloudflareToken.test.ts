import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { cloudflareTokenOf, faultOfToken } from "../../../settings/cloudflareToken.ts";
import { settingsWith } from "../../support/settings.ts";

describe("Cloudflare's token", () => {
  const rows: [name: string, config: Record<string, string>, environment: Record<string, string>, token?: string][] = [
    ["is the stack's", { "cloudflare:apiToken": "stack" }, { CLOUDFLARE_API_TOKEN: "environment" }, "stack"],
    ["is the environment's where the stack has none", {}, { CLOUDFLARE_API_TOKEN: "environment\n" }, "environment"],
    ["is not there when neither has one", { "cloudflare:apiToken": "" }, { CLOUDFLARE_API_TOKEN: "" }],
  ];
  for (const [name, config, environment, token] of rows)
    it(name, () => assert.equal(cloudflareTokenOf(config, environment), token));

  const letsEncrypt = settingsWith({ target: "gcp", proxied: "false", acmeEmail: "ann@example.com" });
  it("is needed where the machine gets its certificate by itself", () => {
    assert.equal(faultOfToken(letsEncrypt, undefined)[0]?.key, "cloudflare:apiToken");
    assert.deepEqual(faultOfToken(letsEncrypt, "token"), []);
  });
  it("is not asked for elsewhere", () => assert.deepEqual(faultOfToken(settingsWith(), undefined), []));
});
