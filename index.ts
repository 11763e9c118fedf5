import * as pulumi from "@pulumi/pulumi";
import { inSecrets } from "./components/certificate.ts";
import { certificateFor } from "./components/certificateFor.ts";
import { hostFor } from "./components/hostFor.ts";
import { outputsOf } from "./components/outputs.ts";
import { SiteRelease } from "./components/siteRelease.ts";
import { SiteSecrets } from "./components/siteSecrets.ts";
import { hostNames, siteOf } from "./files/site.ts";
import { registrationHint } from "./files/vouch/provider.ts";
import { loadSettings } from "./settings/load.ts";

const settings = loadSettings();

const host = await hostFor(settings, { webFrom: ["0.0.0.0/0"] });
const site = siteOf(`${pulumi.getProject()}-${pulumi.getStack()}`, settings, host.place);

const certificate = certificateFor(settings, hostNames(site));
const secrets = new SiteSecrets("secrets", settings);

new SiteRelease("site", { host, site, secrets: { ...secrets.values, ...inSecrets(certificate) } });

const hint = registrationHint(site.names, settings.signIn);
if (hint) pulumi.log.info(hint);

export default outputsOf({ settings, site, host, secrets, certificate });
