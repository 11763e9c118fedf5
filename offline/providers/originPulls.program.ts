/**
 * The Pulumi program of originPulls.test.ts: a stack's Cloudflare resources for some names, and the resource that waits
 * for them.
 */

import * as pulumi from "@pulumi/pulumi";

// The program runs in a separate folder, far from the components.
const { OriginPulls } = await import(`${process.env.COMPONENTS}/cloudflare/originPulls.ts`);
const { CERTIFICATE, createCertificate } = await import(`${process.env.COMPONENTS}/tls/createCertificate.ts`);
const { originCertificateKey } = await import(`${process.env.COMPONENTS}/tls/originCertificate.ts`);
const { readStackState } = await import(`${process.env.COMPONENTS}/preflight/stackState.ts`);

const config = new pulumi.Config();
const names = config.requireObject<string[]>("names");
const zoneId = config.require("zoneId");

const formerNames = (await readStackState())[originCertificateKey(CERTIFICATE)]?.hostnames;
createCertificate({ tls: { mode: "cloudflare-origin" }, hostNames: names }, { formerNames });
const apiToken = new pulumi.Config("cloudflare").requireSecret("apiToken");
const pulls = new OriginPulls("pulls", { zoneId, names, authorityName: "trial dev clients", apiToken });

/** Time when Cloudflare presents the certificate for every name: from then on a release would demand it. */
export const releasedAt = pulls.authority.apply(() => Date.now());
