import type { GoTool } from "./goTool.ts";

/** OAuth2 Proxy, the version that the site runs; see files/services/oauth2-proxy/. */
export const oauth2Proxy: GoTool = {
  name: "OAuth2 Proxy",
  module: "github.com/oauth2-proxy/oauth2-proxy/v7",
  version: "v7.15.6",
  package: "github.com/oauth2-proxy/oauth2-proxy/v7",
};
