import { UNKNOWN, valueAt } from "../inputs.ts";
import type { ResourceRule } from "../policies.ts";

export const exactProviderVersion: ResourceRule = {
  name: "exact-provider-version",
  description: "Every provider has an exact version: that of its package in package.json.",
  types: /^(cloudflare|command|gcp|random|tls):/,
  check({ provider }) {
    const version = valueAt(provider, "version");
    return version === UNKNOWN || /^\d+\.\d+\.\d+/.test(typeof version === "string" ? version : "")
      ? []
      : ["Its provider has no exact version, so any installed one is used. Create it by the class of its npm package."];
  },
};
