/** The Pulumi program of originPulls.test.ts: what a stack has at Cloudflare for some names, and what waits for it. */

import * as pulumi from "@pulumi/pulumi";

// The program runs in a folder of its own, far from the components.
const { OriginPulls } = await import(`${process.env.COMPONENTS}/cloudflare/originPulls.ts`);
const { CERTIFICATE, createCertificate } = await import(`${process.env.COMPONENTS}/tls/createCertificate.ts`);
const { originCertificateKey } = await import(`${process.env.COMPONENTS}/tls/originCertificate.ts`);
const { madeSoFar } = await import(`${process.env.COMPONENTS}/preflight/stackState.ts`);

const config = new pulumi.Config();
const names = config.requireObject<string[]>("names");
const zoneId = config.require("zoneId");

const formerNames = (await madeSoFar())[originCertificateKey(CERTIFICATE)]?.hostnames;
createCertificate({ tls: { mode: "cloudflare-origin" }, hostNames: names }, { formerNames });
const apiToken = new pulumi.Config("cloudflare").requireSecret("apiToken");
const pulls = new OriginPulls("pulls", { zoneId, names, authorityName: "trial dev clients", apiToken });

/** When Cloudflare shows the certificate for every name: a release would demand it from now on. */
export const releasedAt = pulls.authority.apply(() => Date.now());
