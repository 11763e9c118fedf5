import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import { callbackNotice } from "../../../components/preflight/callbackNotice.ts";
import { settingsWith } from "../../support/settings.ts";

describe("The notice about the callback URL to register at the identity provider", () => {
  const url = "https://vouch.lab.example.com/auth";
  const client = { clientId: "0oa1", clientSecret: "x" };
  const notice = (signIn: Record<string, unknown>, allow = "ann@example.com") =>
    callbackNotice(settingsWith({ signIn, allow: [allow] }).signIn, url);

  it("uses the provider's own terms", () => {
    assert.match(
      String(notice({ provider: "okta", domain: "dev-123456.okta.com", ...client })),
      /^At Okta, register this as the app's sign-in redirect URI: https:\/\/vouch\.lab\.example\.com\/auth$/,
    );
    assert.match(String(notice({ provider: "google", ...client })), /^At Google, .*authorized redirect URI.*\/auth$/);
    assert.match(String(notice({ provider: "github", ...client }, "ann-lee")), /^At GitHub, .*callback URL.*\/auth$/);
  });

  it("is absent for the built-in provider", () => {
    assert.equal(notice({ provider: "dex", users: [{ email: "ann@example.com" }] }), undefined);
  });
});
