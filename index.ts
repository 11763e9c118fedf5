import * as pulumi from "@pulumi/pulumi";
import { Certificate } from "./components/certificate.ts";
import { SiteRelease } from "./components/siteRelease.ts";
import { SiteSecrets } from "./components/siteSecrets.ts";
import { ThisMachine } from "./components/thisMachine.ts";
import { hostNames, siteOf } from "./files/site.ts";
import { loadSettings } from "./settings/load.ts";
import { usersOf } from "./settings/signIn.ts";

const settings = loadSettings();
const users = usersOf(settings.signIn);

const { port, httpPort, notebooks: folder } = settings;
const host = new ThisMachine("host", { port, httpPort, notebooks: folder });
const site = siteOf(`${pulumi.getProject()}-${pulumi.getStack()}`, settings, host.place);

const certificate = new Certificate("certificate", { dnsNames: hostNames(site) });
const secrets = new SiteSecrets("secrets", settings);

new SiteRelease("site", {
  host,
  site,
  secrets: { ...secrets.values, certificate: certificate.certificate, certificateKey: certificate.key },
});

const firstUser = users[0]?.email ?? "";

/** Where JupyterLab is. */
export const url = site.names.origin("jupyter");
/** Where the front page is. */
export const home = site.names.origin(settings.home);
/** Where people sign in. */
export const signInUrl = `${site.names.origin("dex")}/auth`;
/** Folder of this machine where the notebooks lie. */
export const notebooks = host.place.notebooks;
/** Who can sign in first, and their generated password (empty when the settings have a hash of their own). */
export const user = firstUser;
export const password = secrets.passwords.apply((passwords) => passwords[firstUser] ?? "");
/** Everybody's generated passwords, by address. */
export const passwords = secrets.passwords;
/** PEM of the certificate authority that a browser may trust. */
export const certificateAuthority = certificate.authority;
