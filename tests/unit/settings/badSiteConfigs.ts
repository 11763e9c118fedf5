import { selfSigned } from "../../../offline/support/certificate.ts";
import type { BadConfig } from "./badConfigs.ts";

const ADMINER = { name: "adminer", image: "adminer:5.4.0", port: 8080 };
const GITHUB = { provider: "github", clientId: "x", clientSecret: "y" };
const OIDC = {
  provider: "oidc",
  clientId: "x",
  clientSecret: "y",
  authUrl: "https://id.example.com/authorize",
  tokenUrl: "https://id.example.com/token",
  userInfoUrl: "https://id.example.com/userinfo",
};

/** The start of OpenSSH's key format, which is all that the program reads: a word, then the cipher's name after its length. */
const opensshKey = (cipher: string) => {
  const body = Buffer.from(`openssh-key-v1\0\0\0\0${String.fromCharCode(cipher.length)}${cipher}`).toString("base64");
  return `-----BEGIN OPENSSH PRIVATE KEY-----\n${body}\n-----END OPENSSH PRIVATE KEY-----\n`;
};
const KEY = opensshKey("none");
const KEY_WITH_PASSPHRASE = opensshKey("aes256-ctr");
const HOST_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA";
const { certificate: CERTIFICATE, certificateKey: TLS_KEY } = selfSigned(["lab.example.com", "*.lab.example.com"]);

const LAPTOP = { name: "laptop", for: "ann@example.com", until: "2099-12-31" };
/** The day in the commands that set a later one. */
const IN_A_YEAR = new Date(Date.now() + 365 * 24 * 60 * 60 * 1000).toISOString().slice(0, 10);

/** Issues of the target, sign-in, packages, the database, apps, DNS and TLS. */
// biome-ignore format: each row in the order in which it is read
export const badSiteConfigs: BadConfig[] = [
// target

  ["a list as the target", { target: ["gcp"] }, `
  target: a list is not a supported kind of machine. Use one of: local, gcp, ssh.
    pulumi config set target local
`],

  ["target gcp without a project", { target: "gcp", project: "" }, `
  project: the Google Cloud project for the VM is missing (gcloud projects list shows yours).
    pulumi config set project my-project-123456
`],

  ["target gcp without sshFrom", { target: "gcp", sshFrom: [] }, `
  sshFrom: the list is empty, but \`pulumi up\` reaches the VM by SSH. Add the addresses you connect from (curl https://ifconfig.me shows yours):
    pulumi config set --path 'sshFrom[0]' 203.0.113.7/32
`],

  ["target ssh without a host", { target: "ssh", ssh: { privateKey: KEY, hostKey: HOST_KEY } }, `
  ssh.host: the machine's host name or address is missing.
    pulumi config set --path ssh.host 203.0.113.7
`],

  ["target ssh without a key", { target: "ssh", ssh: { host: "203.0.113.7", hostKey: HOST_KEY } }, `
  ssh.privateKey: the private key for the machine is missing.
    cat ~/.ssh/id_ed25519 | pulumi config set --secret --path ssh.privateKey
`],

  ["target ssh without a host key", { target: "ssh", ssh: { host: "203.0.113.9", port: "2222", privateKey: KEY } }, `
  ssh.hostKey: the machine's host key is missing; without it, an attacker on the network could impersonate the machine. Compare the key that this fetches with /etc/ssh/ssh_host_ed25519_key.pub on the machine:
    pulumi config set --path ssh.hostKey "$(ssh-keyscan -t ed25519 -p 2222 203.0.113.9 2>/dev/null | cut -d ' ' -f 2-)"
`],

  ["target ssh with an RSA host key", { target: "ssh", ssh: { host: "203.0.113.9", port: 2222, privateKey: KEY, hostKey: "ssh-rsa AAAAB3NzaC1yc2E" } }, `
  ssh.hostKey: found a key of type ssh-rsa, which Pulumi uses only with SHA-1 signatures, and sshd no longer makes those. Set the machine's ed25519 key. Compare the key that this fetches with /etc/ssh/ssh_host_ed25519_key.pub on the machine:
    pulumi config set --path ssh.hostKey "$(ssh-keyscan -t ed25519 -p 2222 203.0.113.9 2>/dev/null | cut -d ' ' -f 2-)"
`],

  ["a host name in ssh.host, and no ssh.address for the DNS records", { target: "ssh", ssh: { host: "box.example.com", privateKey: KEY, hostKey: HOST_KEY } }, `
  ssh.address: the DNS records need an IPv4 address, and "box.example.com" is a name.
    pulumi config set --path ssh.address 203.0.113.7
`],

// the front page's label

  ["a front page's label in capitals", { home: "Home" }, `
  home: "Home" is not the first label of a name: use lower-case letters, digits and inner hyphens, no dots.
    pulumi config set home home
`],

  ["a host name as the front page's label", { home: "home.example.com" }, `
  home: "home.example.com" is not the first label of a name: use lower-case letters, digits and inner hyphens, no dots.
    pulumi config set home home
`],

  ["a service's name as the front page's label", { home: "jupyter" }, `
  home: "jupyter" is the name of one of the site's services.
    pulumi config set home home
`],

  ["a list as the front page's label", { home: ["home"] }, `
  home: expected a label, found a list.
    pulumi config set home home
`],

  ["an app's name as the front page's label", { home: "adminer", apps: [ADMINER] }, `
  home: "adminer" is the name of an app.
    pulumi config set home home
`],

// sign-in

  ["okta without its domain", { signIn: { provider: "okta", clientId: "x", clientSecret: "y" } }, `
  signIn.domain: expected Okta's domain of your organization, found nothing.
    pulumi config set --path signIn.domain dev-123456.okta.com
`],

  ["a domain that is not Okta's", { signIn: { provider: "okta", domain: "okta", clientId: "x", clientSecret: "y" } }, `
  signIn.domain: "okta" is not an organization's Okta domain, such as dev-123456.okta.com.
    pulumi config set --path signIn.domain dev-123456.okta.com
`],

  ["google without a client ID", { signIn: { provider: "google", clientSecret: "y" } }, `
  signIn.clientId: expected the client ID that the provider gave, found nothing.
    pulumi config set --path signIn.clientId YOUR-CLIENT-ID
`],

  ["an empty client ID", { signIn: { provider: "google", clientId: " ", clientSecret: "y" } }, `
  signIn.clientId: the client ID is empty.
    pulumi config set --path signIn.clientId YOUR-CLIENT-ID
`],

  ["google without a client secret", { signIn: { provider: "google", clientId: "x" } }, `
  signIn.clientSecret: the client secret that the provider gave is missing.
    pulumi config set --secret --path signIn.clientSecret
`],

  ["an empty client secret", { signIn: { provider: "google", clientId: "x", clientSecret: "" } }, `
  signIn.clientSecret: the client secret is empty.
    pulumi config set --secret --path signIn.clientSecret
`],

  ["github with an address on the allow list", { signIn: GITHUB }, `
  allow[0]: "ann@example.com" has an @ in it. GitHub users are listed by user name, such as ann-lee.
    pulumi config set --path 'allow[0]' ann-lee
`],

  ["github with an address on an app's list", { signIn: GITHUB, allow: ["ann-lee"], apps: [{ ...ADMINER, allow: ["@example.com"] }] }, `
  apps[0].allow[0]: "@example.com" has an @ in it. GitHub users are listed by user name, such as ann-lee.
    pulumi config set --path 'apps[0].allow[0]' ann-lee
`],

  ["a name at GitHub on the list of another provider", { allow: ["ann-lee"] }, `
  allow[0]: "ann-lee" has no @ in it. An address is written ann@example.com, a whole domain @example.com.
    pulumi config set --path 'allow[0]' ann@example.com
`],

  ["oidc without one of its URLs", { signIn: { ...OIDC, userInfoUrl: undefined } }, `
  signIn.userInfoUrl: expected an https address, found nothing.
    pulumi config set --path signIn.userInfoUrl https://id.example.com/userinfo
`],

  ["an oidc URL without TLS", { signIn: { ...OIDC, tokenUrl: "http://id.example.com/token" } }, `
  signIn.tokenUrl: "http://id.example.com/token" is not an https address.
    pulumi config set --path signIn.tokenUrl https://id.example.com/token
`],

  ["a client secret with a line break at its end", { signIn: { ...OIDC, clientSecret: "secret\n" } }, `
  signIn.clientSecret: the client secret begins or ends with a blank or a line break.
    pulumi config set --secret --path signIn.clientSecret
`],

  ["a malformed oidc URL", { signIn: { ...OIDC, authUrl: "https://[id.example.com" } }, `
  signIn.authUrl: "https://[id.example.com" is not an https address.
    pulumi config set --path signIn.authUrl https://id.example.com/authorize
`],

  ["an oidc URL with a blank", { signIn: { ...OIDC, authUrl: "https://id.example.com/a b" } }, `
  signIn.authUrl: "https://id.example.com/a b" is not an https address.
    pulumi config set --path signIn.authUrl https://id.example.com/authorize
`],

  ["a setting of another provider", { signIn: { ...OIDC, domain: "id.example.com" } }, `
  signIn.domain: there is no such setting. There are: provider, authUrl, tokenUrl, userInfoUrl, issuerUrl, signOutUrl, clientId, clientSecret, gate.
    pulumi config rm --path 'signIn.domain'
`],

  ["a mistyped setting of a provider", { signIn: { provider: "google", clientId: "x", clientSecret: "y", clientid: "x" } }, `
  signIn.clientid: there is no such setting. Did you mean clientId?
    pulumi config rm --path 'signIn.clientid'
`],

  // packages

  ["a text as the packages", { packages: "polars" }, `
  packages: expected a list of packages, found "polars".
    pulumi config rm --path 'packages' && pulumi config set --path 'packages[0]' polars
`],

  ["a URL as a package", { packages: ["git+https://example.com/x.git"] }, `
  packages[0]: "git+https://example.com/x.git" is not a pip requirement, such as polars or "scikit-learn>=1.5".
    pulumi config set --path 'packages[0]' polars
`],

  ["an option as a package", { packages: ["--pre polars"] }, `
  packages[0]: "--pre polars" is not a pip requirement, such as polars or "scikit-learn>=1.5".
    pulumi config set --path 'packages[0]' polars
`],

  ["a number as a package", { packages: [7] }, `
  packages[0]: expected a package, found 7.
    pulumi config set --path 'packages[0]' polars
`],

  ["a package twice", { packages: ["polars", "dask", "polars"] }, `
  packages[2]: "polars" is on the list twice.
    pulumi config rm --path 'packages[2]'
`],

  // database

  ["a word as the database", { database: "yes" }, `
  database: expected true or false, found "yes".
    pulumi config set database true
`],

  ["a tag of the database that moves", { databaseTag: "lts" }, `
  databaseTag: "lts" is not a version of MariaDB, such as 11.8; a moving tag would upgrade the database without a release.
    pulumi config set databaseTag 11.8
`],

  ["a list as the database's tag", { databaseTag: ["11.8"] }, `
  databaseTag: expected a tag, found a list.
    pulumi config set databaseTag 11.8
`],

  ["a list as databaseRotation", { databaseRotation: ["x"] }, `
  databaseRotation: expected any text, found a list.
    pulumi config set databaseRotation 2026-11
`],

  ["a list as sessionRotation", { sessionRotation: ["x"] }, `
  sessionRotation: expected any text, found a list.
    pulumi config set sessionRotation 2026-11
`],

  // apps

  ["a text as the apps", { apps: "adminer" }, `
  apps: expected a list of apps, found a text.
    pulumi config rm --path 'apps' && pulumi config set --path 'apps[0].name' whoami
`],

  ["a text as an app", { apps: ["adminer"] }, `
  apps[0]: expected an app with name, image and port, found a text.
    pulumi config rm --path 'apps[0]'
`],

  ["an app without a name", { apps: [{ image: "adminer:5.4.0", port: 8080 }] }, `
  apps[0].name: nothing cannot be the name of an app: use lower-case letters, digits and inner hyphens, because it is part of a host name.
    pulumi config set --path 'apps[0].name' myapp
`],

  ["an app's name that is not a DNS label", { apps: [{ ...ADMINER, name: "My App" }] }, `
  apps[0].name: "My App" cannot be the name of an app: use lower-case letters, digits and inner hyphens, because it is part of a host name.
    pulumi config set --path 'apps[0].name' my-app
`],

  ["an app's name that the site reserves", { apps: [{ ...ADMINER, name: "vouch" }] }, `
  apps[0].name: "vouch" is reserved for the site.
    pulumi config set --path 'apps[0].name' myapp
`],

  ["an app's name that nginx reads as a socket", { apps: [{ ...ADMINER, name: "unix" }] }, `
  apps[0].name: "unix" has a special meaning for the programs that look up the app.
    pulumi config set --path 'apps[0].name' myapp
`],

  ["an app's name that programs read as an IP address", { apps: [{ ...ADMINER, name: "0755" }] }, `
  apps[0].name: "0755" is a number, which programs would read as an IP address.
    pulumi config set --path 'apps[0].name' myapp
`],

  ["an app's name that programs read as a hexadecimal IP address", { apps: [{ ...ADMINER, name: "0x1f" }] }, `
  apps[0].name: "0x1f" is a number, which programs would read as an IP address.
    pulumi config set --path 'apps[0].name' myapp
`],

  ["a variable named __proto__", { apps: [{ ...ADMINER, environment: JSON.parse('{"__proto__": "x"}') }] }, `
  apps[0].environment.__proto__: "__proto__" cannot be used as a name.
    pulumi config rm --path 'apps[0].environment.__proto__'
`],

  ["an app's title with blanks around it", { apps: [{ ...ADMINER, title: "Wine " }] }, `
  apps[0].title: "Wine " cannot be shown as a title.
    pulumi config set --path 'apps[0].title' 'Wine and cheese'
`],

  ["an app's name of 33 characters", { apps: [{ ...ADMINER, name: "a".repeat(33) }] }, `
  apps[0].name: "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" is longer than 32 characters.
    pulumi config set --path 'apps[0].name' aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
`],

  ["two apps of the same name", { apps: [ADMINER, ADMINER] }, `
  apps[1].name: "adminer" is also the name of an earlier app in the list.
    pulumi config set --path 'apps[1].name' adminer-2
`],

  ["an app's name that makes its host name too long", { domain: `${"a.".repeat(117)}example.com`, apps: [{ ...ADMINER, name: "dashboard" }] }, `
  apps[0].name: the app's host name would have 255 characters; 253 is the maximum.
    pulumi config set --path 'apps[0].name' app
`],

  ["an app without an image", { apps: [{ name: "adminer", port: 8080 }] }, `
  apps[0].image: expected an image, found nothing.
    pulumi config set --path 'apps[0].image' docker.io/traefik/whoami:v1.11.0
`],

  ["an image without a version", { apps: [{ ...ADMINER, image: "adminer" }] }, `
  apps[0].image: "docker.io/library/adminer" names no version; add one after a colon.
    pulumi config set --path 'apps[0].image' docker.io/traefik/whoami:v1.11.0
`],

  ["an app's image with a tag that moves", { apps: [{ ...ADMINER, image: "adminer:latest" }] }, `
  apps[0].image: "docker.io/library/adminer:latest" can change to another image at any time without a release; name a fixed version.
    pulumi config set --path 'apps[0].image' docker.io/traefik/whoami:v1.11.0
`],

  ["an app's image that is malformed", { apps: [{ ...ADMINER, image: "Adminer:5" }] }, `
  apps[0].image: "docker.io/library/Adminer:5" is not the name of an image.
    pulumi config set --path 'apps[0].image' docker.io/traefik/whoami:v1.11.0
`],

  ["an app without a port", { apps: [{ name: "adminer", image: "adminer:5.4.0" }] }, `
  apps[0].port: nothing is not a port; a port is a whole number from 1 to 65535.
    pulumi config set --path 'apps[0].port' 8080
`],

  ["an app's port that is not a number", { apps: [{ ...ADMINER, port: "http" }] }, `
  apps[0].port: "http" is not a port; a port is a whole number from 1 to 65535.
    pulumi config set --path 'apps[0].port' 8080
`],

  ["an app's port above 65535", { apps: [{ ...ADMINER, port: 70000 }] }, `
  apps[0].port: 70000 is not a port; a port is a whole number from 1 to 65535.
    pulumi config set --path 'apps[0].port' 8080
`],

  ["an app's title with an HTML tag", { apps: [{ ...ADMINER, title: "<b>x</b>" }] }, `
  apps[0].title: "<b>x</b>" cannot be shown as a title.
    pulumi config set --path 'apps[0].title' 'Wine and cheese'
`],

  ["a list as the variables", { apps: [{ ...ADMINER, environment: ["A=1"] }] }, `
  apps[0].environment: expected variables by their names, found a list.
    pulumi config rm --path 'apps[0].environment'
`],

  ["a list as a variable", { apps: [{ ...ADMINER, environment: { A: ["1"] } }] }, `
  apps[0].environment.A: expected a text, found a list.
    pulumi config rm --path 'apps[0].environment.A'
`],

  ["a variable of two lines", { apps: [{ ...ADMINER, environment: { A: "1\n2" } }] }, `
  apps[0].environment.A: a variable cannot have a value of more than one line.
    pulumi config rm --path 'apps[0].environment.A'
`],

  ["a variable that is too long for Linux", { apps: [{ ...ADMINER, environment: { A: `${"ä".repeat(65_534)}xx` } }] }, `
  apps[0].environment.A: the variable is 131073 bytes long with its name; the maximum of Linux is 131072.
    pulumi config rm --path 'apps[0].environment.A'
`],

  ["a variable with a lone surrogate", { apps: [{ ...ADMINER, environment: { A: "\ud83c" } }] }, `
  apps[0].environment.A: a variable cannot contain half of a UTF-16 pair.
    pulumi config rm --path 'apps[0].environment.A'
`],

  ["a name that no variable can have", { apps: [{ ...ADMINER, environment: { "log-level": "info" } }] }, `
  apps[0].environment.log-level: "log-level" is not a variable name: letters, digits and _, not starting with a digit.
    pulumi config rm --path 'apps[0].environment.log-level'
`],

  ["a text as the secret variables", { apps: [{ ...ADMINER, secrets: "hunter2" }] }, `
  apps[0].secrets: expected secret variables by their names, found a text.
    pulumi config rm --path 'apps[0].secrets'
`],

  ["a secret variable of two lines", { apps: [{ ...ADMINER, secrets: { KEY: "hun\nter2" } }] }, `
  apps[0].secrets.KEY: a variable cannot have a value of more than one line.
    pulumi config rm --path 'apps[0].secrets.KEY'
`],

  ["a text as the volumes", { apps: [{ ...ADMINER, volumes: "/data" }] }, `
  apps[0].volumes: expected a list of paths in the container, found "/data".
    pulumi config rm --path 'apps[0].volumes'
`],

  ["a volume that is not an absolute path", { apps: [{ ...ADMINER, volumes: ["data"] }] }, `
  apps[0].volumes[0]: "data" is not an absolute path in the container, such as /data.
    pulumi config set --path 'apps[0].volumes[0]' /data
`],

  ["a volume with .. in its path", { apps: [{ ...ADMINER, volumes: ["/data/../etc"] }] }, `
  apps[0].volumes[0]: "/data/../etc" is not an absolute path in the container, such as /data.
    pulumi config set --path 'apps[0].volumes[0]' /data
`],

  ["a volume twice", { apps: [{ ...ADMINER, volumes: ["/data", "/srv", "/data"] }] }, `
  apps[0].volumes[2]: "/data" is in the list twice.
    pulumi config rm --path 'apps[0].volumes[2]'
`],

  ["a volume with a name too long for a file system", { apps: [{ ...ADMINER, volumes: [`/${"a/".repeat(127)}ab`] }] }, `
  apps[0].volumes[0]: "/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/..." is longer than 255 characters.
    pulumi config set --path 'apps[0].volumes[0]' /data
`],

  ["files at the path of a volume", { apps: [{ ...ADMINER, volumes: ["/srv"], files: { "/srv": "files/php-demo" } }] }, `
  apps[0].files["/srv"]: "/srv" is also one of the volumes; only one of the two can be mounted there.
    pulumi config rm --path 'apps[0].files["/srv"]'
`],

  ["a variable that is also a secret variable", { apps: [{ ...ADMINER, environment: { KEY: "a" }, secrets: { KEY: "hunter2" } }] }, `
  apps[0].environment.KEY: "KEY" is also one of the secrets.
    pulumi config rm --path 'apps[0].environment.KEY'
`],

  ["a list as the files", { apps: [{ ...ADMINER, files: ["demo"] }] }, `
  apps[0].files: expected folders by their path in the container, found a list.
    pulumi config rm --path 'apps[0].files'
`],

  ["files from outside the checkout", { apps: [{ ...ADMINER, files: { "/srv": "../secrets" } }] }, `
  apps[0].files["/srv"]: "../secrets" is not a path within this checkout, such as files/demo.
    pulumi config rm --path 'apps[0].files["/srv"]'
`],

  ["a word as an app's database", { apps: [{ ...ADMINER, database: "mysql" }] }, `
  apps[0].database: expected true or false, found "mysql".
    pulumi config set --path 'apps[0].database' true
`],

  ["an app's database without MariaDB", { apps: [{ ...ADMINER, database: true }] }, `
  apps[0].database: the app needs MariaDB, which is off (database: false).
    pulumi config set database true
`],

  ["a schema without a database", { apps: [{ ...ADMINER, schema: "files/php-demo/schema.sql" }] }, `
  apps[0].schema: the app has no database for this.
    pulumi config set --path 'apps[0].database' true
`],

  ["a schema with an absolute path", { database: true, apps: [{ ...ADMINER, database: true, schema: "/etc/passwd" }] }, `
  apps[0].schema: "/etc/passwd" is not a path within this checkout, such as files/demo.
    pulumi config rm --path 'apps[0].schema'
`],

  ["notebooks: true for an app without a database", { apps: [{ ...ADMINER, shared: true }] }, `
  apps[0].shared: the app has no database for this.
    pulumi config set --path 'apps[0].database' true
`],

  ["an amount of memory without its unit", { apps: [{ ...ADMINER, memory: "256" }] }, `
  apps[0].memory: "256" is not an amount of memory: a whole number with m or g.
    pulumi config set --path 'apps[0].memory' 256m
`],

  ["less memory than Docker accepts", { apps: [{ ...ADMINER, memory: "5m" }] }, `
  apps[0].memory: "5m" is less than Docker's minimum of 6m.
    pulumi config set --path 'apps[0].memory' 256m
`],

  ["an app with an empty allow list", { apps: [{ ...ADMINER, allow: [] }] }, `
  apps[0].allow: the list is empty, so nobody could enter; without a list, every user of the site can.
    pulumi config rm --path 'apps[0].allow'
`],

  ["a text as an app's allow list", { apps: [{ ...ADMINER, allow: "ann@example.com" }] }, `
  apps[0].allow: expected a list of addresses, found "ann@example.com".
    pulumi config rm --path 'apps[0].allow'
`],

  ["a wildcard on an app's allow list", { apps: [{ ...ADMINER, allow: ["*@example.com"] }] }, `
  apps[0].allow[0]: "*@example.com" has a * in it. A whole domain is written @example.com.
    pulumi config set --path 'apps[0].allow[0]' ann@example.com
`],

  ["a health check that is not a path", { apps: [{ ...ADMINER, path: "healthz" }] }, `
  apps[0].path: "healthz" is not a URL path.
    pulumi config set --path 'apps[0].path' /healthz
`],

  ["a word as websocket", { apps: [{ ...ADMINER, websocket: "yes" }] }, `
  apps[0].websocket: expected true or false, found "yes".
    pulumi config set --path 'apps[0].websocket' true
`],

  ["a word as crossSite", { apps: [{ ...ADMINER, crossSite: "yes" }] }, `
  apps[0].crossSite: expected true or false, found "yes".
    pulumi config set --path 'apps[0].crossSite' true
`],

  ["a mistyped part of an app", { apps: [{ ...ADMINER, volume: ["/data"] }] }, `
  apps[0].volume: there is no such setting. Did you mean volumes?
    pulumi config rm --path 'apps[0].volume'
`],

  ["a text as purge", { purge: "adminer" }, `
  purge: expected a list of apps' names, found "adminer".
    pulumi config rm purge
`],

  ["a service on the purge list", { purge: ["mariadb"] }, `
  purge[0]: "mariadb" cannot be the name of a former app.
    pulumi config rm --path 'purge[0]'
`],

  ["a number on the purge list", { purge: [7] }, `
  purge[0]: expected the name of an app, found 7.
    pulumi config rm --path 'purge[0]'
`],

  ["an existing app on the purge list", { purge: ["old", "adminer"], apps: [ADMINER] }, `
  purge[1]: "adminer" is still an app of the site; remove the app before its data.
    pulumi config rm --path 'purge[1]'
`],

  // the VM

  ["a display name as the project ID", { project: "My Project" }, `
  project: "My Project" is not a project ID: 6 to 30 lower-case letters, digits and hyphens (gcloud projects list shows yours).
    pulumi config set project my-project-123456
`],

  ["a region as the zone", { zone: "us-central1" }, `
  zone: "us-central1" is a region; set one of its zones.
    pulumi config set zone us-central1-b
`],

  ["a zone that does not exist", { zone: "Frankfurt" }, `
  zone: "Frankfurt" is not a zone of Compute Engine.
    pulumi config set zone us-central1-a
`],

  ["a list as the zone", { zone: ["us-central1-a"] }, `
  zone: expected a zone, found a list.
    pulumi config set zone us-central1-a
`],

  ["a number of cores as the machine type", { machineType: "2" }, `
  machineType: "2" is not a machine type (gcloud compute machine-types list shows them).
    pulumi config set machineType e2-micro
`],

  ["a machine type that does not support pd-standard disks", { machineType: "n4-standard-2" }, `
  machineType: "n4-standard-2" does not support pd-standard disks, which the VM uses. These families do: e2, n1, n2, n2d, t2d, c2, c2d, m1, m2, a2.
    pulumi config set machineType e2-micro
`],

  ["a machine type with ARM cores", { machineType: "t2a-standard-1" }, `
  machineType: "t2a-standard-1" has ARM cores, but the VM boots an x86-64 image.
    pulumi config set machineType e2-micro
`],

  ["a boot disk too small", { bootDiskGb: "5" }, `
  bootDiskGb: 5 is not a disk size: a whole number of GB, 10 or more.
    pulumi config set bootDiskGb 10
`],

  ["no boot disk", { bootDiskGb: "0" }, `
  bootDiskGb: 0 is not a disk size: a whole number of GB, 10 or more.
    pulumi config set bootDiskGb 10
`],

  ["a boot disk size with its unit", { bootDiskGb: "10GB" }, `
  bootDiskGb: "10GB" is not a disk size: a whole number of GB, 10 or more.
    pulumi config set bootDiskGb 10
`],

  ["a disk size with a fraction", { bootDiskGb: "10.5" }, `
  bootDiskGb: 10.5 is not a disk size: a whole number of GB, 10 or more.
    pulumi config set bootDiskGb 10
`],

  ["a data disk too small", { dataDiskGb: "9" }, `
  dataDiskGb: 9 is not a disk size: a whole number of GB, 10 or more, or 0 to keep everything on the boot disk.
    pulumi config set dataDiskGb 20
`],

  ["a data disk too large", { dataDiskGb: "100000" }, `
  dataDiskGb: 100000 is not a disk size: a whole number of GB, 10 or more, or 0 to keep everything on the boot disk.
    pulumi config set dataDiskGb 20
`],

  ["a word as dailySnapshots", { dailySnapshots: "weekly" }, `
  dailySnapshots: expected true or false, found "weekly".
    pulumi config set dailySnapshots true
`],

  ["a machine type as boost", { boost: "n2-highmem-16" }, `
  boost: expected true or false, found "n2-highmem-16".
    pulumi config set boost true
`],

  ["a word as protectData", { protectData: "no" }, `
  protectData: expected true or false, found "no".
    pulumi config set protectData true
`],

  ["a text as the ranges", { sshFrom: "203.0.113.7/32" }, `
  sshFrom: expected a list of IPv4 ranges, found "203.0.113.7/32".
    pulumi config rm --path 'sshFrom' && pulumi config set --path 'sshFrom[0]' 203.0.113.7/32
`],

  ["a range without a prefix length", { sshFrom: ["203.0.113.7"] }, `
  sshFrom[0]: "203.0.113.7" is an address without a prefix length; write a single address with /32.
    pulumi config set --path 'sshFrom[0]' 203.0.113.7/32
`],

  ["a range of all addresses", { sshFrom: ["0.0.0.0/0"] }, `
  sshFrom[0]: "0.0.0.0/0" opens SSH to too much of the internet; list the addresses you connect from (curl https://ifconfig.me shows yours).
    pulumi config set --path 'sshFrom[0]' 203.0.113.7/32
`],

  ["an IPv6 range", { sshFrom: ["2001:db8::/32"] }, `
  sshFrom[0]: "2001:db8::/32" is not an IPv4 range.
    pulumi config set --path 'sshFrom[0]' 203.0.113.7/32
`],

  ["a prefix length above 32", { sshFrom: ["203.0.113.7/33"] }, `
  sshFrom[0]: "203.0.113.7/33" has no prefix length from 8 to 32 after the slash.
    pulumi config set --path 'sshFrom[0]' 203.0.113.7/32
`],

  ["a range with host bits set", { sshFrom: ["203.0.113.7/24"] }, `
  sshFrom[0]: "203.0.113.7/24" is an address inside the range; write the range with its first address.
    pulumi config set --path 'sshFrom[0]' 203.0.113.0/24
`],

  ["a range twice", { sshFrom: ["203.0.113.7/32", "203.0.113.7/32"] }, `
  sshFrom[1]: "203.0.113.7/32" is on the list twice.
    pulumi config rm --path 'sshFrom[1]'
`],

  ["a number as a range", { sshFrom: [7] }, `
  sshFrom[0]: expected an IPv4 range, found 7.
    pulumi config set --path 'sshFrom[0]' 203.0.113.7/32
`],

// the user's own machine

  ["a text as ssh", { ssh: "box.example.com" }, `
  ssh: expected host, privateKey and hostKey, found a text.
    pulumi config rm ssh && pulumi config set --path ssh.host 203.0.113.7
`],

  ["a user name in ssh.host", { ssh: { host: "ann@box.example.com" } }, `
  ssh.host: "ann@box.example.com" is not a host name or an IPv4 address.
    pulumi config set --path ssh.host 203.0.113.7
`],

  ["a name with a blank as ssh.user", { ssh: { user: "ann lee" } }, `
  ssh.user: "ann lee" is not a user name.
    pulumi config set --path ssh.user root
`],

  ["a word as ssh.port", { ssh: { port: "ssh" } }, `
  ssh.port: "ssh" is not a port; a port is a whole number from 1 to 65535.
    pulumi config set --path ssh.port 22
`],

  ["a path as the private key", { ssh: { privateKey: "~/.ssh/id_ed25519" } }, `
  ssh.privateKey: this is not a private key in OpenSSH or PEM format.
    cat ~/.ssh/id_ed25519 | pulumi config set --secret --path ssh.privateKey
`],

  ["an object as the private key", { ssh: { privateKey: { key: "hunter2" } } }, `
  ssh.privateKey: expected a private key, found an object.
    cat ~/.ssh/id_ed25519 | pulumi config set --secret --path ssh.privateKey
`],

  ["a private key with a passphrase, in PEM", { ssh: { privateKey: "-----BEGIN ENCRYPTED PRIVATE KEY-----\nhunter2\n-----END ENCRYPTED PRIVATE KEY-----" } }, `
  ssh.privateKey: this private key has a passphrase, which nobody can type here. Create one without a passphrase, and put ~/.ssh/jupyter-up.pub on the machine:
    ssh-keygen -t ed25519 -N '' -f ~/.ssh/jupyter-up && cat ~/.ssh/jupyter-up | pulumi config set --secret --path ssh.privateKey
`],

  ["a private key with a passphrase, in OpenSSH's format", { ssh: { privateKey: KEY_WITH_PASSPHRASE } }, `
  ssh.privateKey: this private key has a passphrase, which nobody can type here. Create one without a passphrase, and put ~/.ssh/jupyter-up.pub on the machine:
    ssh-keygen -t ed25519 -N '' -f ~/.ssh/jupyter-up && cat ~/.ssh/jupyter-up | pulumi config set --secret --path ssh.privateKey
`],

  ["a fingerprint as the host key", { ssh: { hostKey: "SHA256:abc" } }, `
  ssh.hostKey: this is not a host key of the form \`ssh-ed25519 AAAA...\`. The machine has it in /etc/ssh/ssh_host_ed25519_key.pub:
    pulumi config set --path ssh.hostKey "ssh-ed25519 AAAA..."
`],

  ["a name as ssh.address", { ssh: { address: "box.example.com" } }, `
  ssh.address: "box.example.com" is not an IPv4 address, such as 203.0.113.7.
    pulumi config set --path ssh.address 203.0.113.7
`],

  ["a mistyped part of ssh", { ssh: { hostkey: HOST_KEY } }, `
  ssh.hostkey: there is no such setting. Did you mean hostKey?
    pulumi config rm --path 'ssh.hostkey'
`],

  // DNS and TLS

  ["an unsupported DNS provider", { dns: "route53" }, `
  dns: "route53" is not a supported DNS provider. Use one of: cloudflare, none.
    pulumi config set dns cloudflare
`],

  ["a zone of one label", { dnsZone: "example" }, `
  dnsZone: "example" is not a zone; a zone is a domain in the list of Cloudflare's dashboard.
    pulumi config set dnsZone example.com
`],

  ["a domain outside its zone", { target: "gcp", dnsZone: "example.org" }, `
  dnsZone: the domain lab.example.com is not in the zone example.org. Without dnsZone, the program looks up the zone at Cloudflare:
    pulumi config rm dnsZone
`],

  ["a word as proxied", { proxied: "orange" }, `
  proxied: expected true or false, found "orange".
    pulumi config set proxied true
`],

  ["an unknown tls mode", { tls: "self-signed" }, `
  tls: "self-signed" is not a supported source of certificates. Use one of: cloudflare-origin, letsencrypt, provided, private-ca.
    pulumi config rm tls
`],

  ["Cloudflare's certificate with proxied: false", { target: "gcp", proxied: "false", tls: "cloudflare-origin" }, `
  tls: only Cloudflare trusts its origin certificates, and this site is not behind Cloudflare.
    pulumi config set tls letsencrypt
`],

  ["Cloudflare's certificate with dns: none", { target: "gcp", dns: "none", tls: "cloudflare-origin" }, `
  tls: only Cloudflare trusts its origin certificates, and this site is not behind Cloudflare.
    pulumi config set tls private-ca
`],

  ["Cloudflare's certificate with target local", { tls: "cloudflare-origin" }, `
  tls: only Cloudflare trusts its origin certificates, and this site is not behind Cloudflare.
    pulumi config set tls private-ca
`],

  ["Let's Encrypt with target local", { tls: "letsencrypt" }, `
  tls: Let's Encrypt issues no certificates for a site that only this machine can reach.
    pulumi config set tls private-ca
`],

  ["Let's Encrypt without Cloudflare's DNS", { target: "gcp", dns: "none", tls: "letsencrypt" }, `
  tls: Let's Encrypt needs a DNS record of the domain, which the site can set only at Cloudflare (dns: cloudflare).
    pulumi config set tls private-ca
`],

  ["Let's Encrypt behind Cloudflare", { target: "gcp", tls: "letsencrypt" }, `
  tls: behind Cloudflare, only Cloudflare sees the site's certificate; an origin certificate lasts 15 years and needs no renewal.
    pulumi config rm tls
`],

  ["Let's Encrypt without an email address", { target: "gcp", proxied: "false" }, `
  acmeEmail: Let's Encrypt needs an address for the account of the certificates.
    pulumi config set acmeEmail ann@example.com
`],

  ["a .localhost domain for another machine, with DNS records", { target: "gcp", domain: "lab.localhost" }, `
  domain: "lab.localhost" leads every browser to its own machine, but this site runs on another one. Set a domain of your own; or reach the site by an SSH forward only (npm run open), without DNS records: pulumi config set dns none
    pulumi config set domain example.com
`],

  ["tls: provided without the certificate", { tls: "provided", tlsKey: TLS_KEY }, `
  tlsCertificate: the certificate chain in PEM format is missing; the site's own certificate comes first.
    cat fullchain.pem | pulumi config set tlsCertificate
`],

  ["tls: provided without the key", { tls: "provided", tlsCertificate: CERTIFICATE }, `
  tlsKey: the certificate's private key is missing.
    cat privkey.pem | pulumi config set --secret tlsKey
`],

  ["a path as the certificate", { tlsCertificate: "fullchain.pem" }, `
  tlsCertificate: this is not a certificate in PEM form.
    cat fullchain.pem | pulumi config set tlsCertificate
`],

  ["a path as the certificate's key", { tlsKey: "privkey.pem" }, `
  tlsKey: this is not a private key without a passphrase in PEM form.
    cat privkey.pem | pulumi config set --secret tlsKey
`],

  ["a list as the certificate's key", { tlsKey: ["hunter2"] }, `
  tlsKey: expected a private key without a passphrase in PEM form, found a list.
    cat privkey.pem | pulumi config set --secret tlsKey
`],

  ["a key of TLS with a passphrase", { tlsKey: "-----BEGIN ENCRYPTED PRIVATE KEY-----\nhunter2" }, `
  tlsKey: this is not a private key without a passphrase in PEM form.
    cat privkey.pem | pulumi config set --secret tlsKey
`],

  ["a name as the email address for Let's Encrypt", { acmeEmail: "ann" }, `
  acmeEmail: "ann" is not an address, such as ann@example.com.
    pulumi config set acmeEmail ann@example.com
`],

  ["an ACME directory without TLS", { acmeServer: "http://acme.example.com/directory" }, `
  acmeServer: "http://acme.example.com/directory" is not an https address of an ACME directory.
    pulumi config set acmeServer https://acme-v02.api.letsencrypt.org/directory
`],

// keys

  ["a text as the keys", { keys: "laptop" }, `
  keys: expected a list of keys, found "laptop".
    pulumi config rm --path 'keys' && pulumi config set --path 'keys[0].name' laptop-vscode
`],

  ["a name as a key", { keys: ["laptop"] }, `
  keys[0]: expected a key with name, for and until, found "laptop".
    pulumi config rm --path 'keys[0]'
`],

  ["a key without a name", { keys: [{ ...LAPTOP, name: undefined }] }, `
  keys[0].name: nothing cannot be the name of a key: use lower-case letters, digits and inner hyphens, 32 characters at most.
    pulumi config set --path 'keys[0].name' laptop-vscode
`],

  ["a key with a blank in its name", { keys: [{ ...LAPTOP, name: "my laptop" }] }, `
  keys[0].name: "my laptop" cannot be the name of a key: use lower-case letters, digits and inner hyphens, 32 characters at most.
    pulumi config set --path 'keys[0].name' laptop-vscode
`],

  ["two keys of one name", { keys: [LAPTOP, { ...LAPTOP, may: "run" }] }, `
  keys[1].name: "laptop" is also the name of an earlier key in the list.
    pulumi config set --path 'keys[1].name' laptop-2
`],

  ["a key for nobody", { keys: [{ ...LAPTOP, for: undefined }] }, `
  keys[0].for: expected an address, found nothing.
    pulumi config set --path 'keys[0].for' ann@example.com
`],

  ["a key for a whole domain", { allow: ["@example.com"], keys: [{ ...LAPTOP, for: "@example.com" }] }, `
  keys[0].for: "@example.com" is a whole domain; a key acts for one person.
    pulumi config set --path 'keys[0].for' ann@example.com
`],

  ["a key for somebody who is not on the list", { allow: ["ann@example.com", "@example.org"], keys: [{ ...LAPTOP, for: "bob@example.com" }] }, `
  keys[0].for: "bob@example.com" is not on the allow list, so the key would open nothing. Remove the key, or add the person:
    pulumi config set --path 'allow[2]' bob@example.com
`],

  ["a key for somebody who is not on the app's list", { apps: [{ ...ADMINER, allow: ["bob@example.com"] }], keys: [{ ...LAPTOP, at: "adminer" }] }, `
  keys[0].for: "ann@example.com" is not on the list of the app adminer, so the key would open nothing. Remove the key, or add the person:
    pulumi config set --path 'apps[0].allow[1]' ann@example.com
`],

  ["a key without an end", { keys: [{ ...LAPTOP, until: undefined }] }, `
  keys[0].until: expected the last day of the key, found nothing.
    pulumi config set --path 'keys[0].until' --type string 2027-03-01
`],

  ["a key until a word", { keys: [{ ...LAPTOP, until: "forever" }] }, `
  keys[0].until: "forever" is not a day, such as 2027-03-01: the last day of the key.
    pulumi config set --path 'keys[0].until' --type string ${IN_A_YEAR}
`],

  ["a key until a day that does not exist", { keys: [{ ...LAPTOP, until: "2099-02-29" }] }, `
  keys[0].until: "2099-02-29" is not a day, such as 2027-03-01: the last day of the key.
    pulumi config set --path 'keys[0].until' --type string ${IN_A_YEAR}
`],

  ["a key that has ended", { keys: [{ ...LAPTOP, until: "2026-11-27" }] }, `
  keys[0].until: 2026-11-27 is over, so the key has ended. Set a later day, or remove the key from keys:
    pulumi config set --path 'keys[0].until' --type string ${IN_A_YEAR}
`],

  ["a key that may do something else", { keys: [{ ...LAPTOP, may: "write" }] }, `
  keys[0].may: "write" is neither read nor run.
    pulumi config set --path 'keys[0].may' read
`],

  ["a key at an app that does not exist", { apps: [ADMINER], keys: [{ ...LAPTOP, at: "whoami" }] }, `
  keys[0].at: "whoami" is neither jupyter nor an app. There are: jupyter, adminer.
    pulumi config set --path 'keys[0].at' jupyter
`],

  ["a misspelled part of a key", { keys: [{ ...LAPTOP, util: "2099-12-31" }] }, `
  keys[0].util: there is no such setting. Did you mean until?
    pulumi config rm --path 'keys[0].util'
`],

  ["the city of a time zone", { timezone: "berlin" }, `
  timezone: "berlin" is not a time zone. Did you mean Europe/Berlin?
    pulumi config set timezone Europe/Berlin
`],

  ["a city with a blank", { timezone: "New York" }, `
  timezone: "New York" is not a time zone. Did you mean America/New_York?
    pulumi config set timezone America/New_York
`],

  ["a misspelled time zone", { timezone: "Europe/Brelin" }, `
  timezone: "Europe/Brelin" is not a time zone. Did you mean Europe/Berlin?
    pulumi config set timezone Europe/Berlin
`],

  ["a time zone in lower case, which no image finds", { timezone: "asia/kolkata" }, `
  timezone: "asia/kolkata" is not a time zone. Did you mean Asia/Kolkata?
    pulumi config set timezone Asia/Kolkata
`],

  ["a former name of a time zone, which images do not have", { timezone: "US/Pacific" }, `
  timezone: "US/Pacific" is not a time zone. Did you mean America/Los_Angeles?
    pulumi config set timezone America/Los_Angeles
`],

  ["a time zone's former name that Node prefers", { timezone: "Europe/Kiev" }, `
  timezone: "Europe/Kiev" is not a time zone. Did you mean Europe/Kyiv?
    pulumi config set timezone Europe/Kyiv
`],

  ["an offset as a time zone", { timezone: "+02:00" }, `
  timezone: "+02:00" is not a time zone. Use a name of the IANA database, such as Europe/Berlin.
    pulumi config set timezone UTC
`],

  ["a number as a time zone", { timezone: 2 }, `
  timezone: expected a time zone, found 2.
    pulumi config set timezone UTC
`],

  ["an hour of reboots without minutes", { target: "gcp", reboots: "4" }, `
  reboots: "4" is not a time of day from 00:00 to 23:59, and not off.
    pulumi config set reboots 04:00
`],

  ["an hour of reboots with one digit", { target: "gcp", reboots: "3:30" }, `
  reboots: "3:30" is not a time of day from 00:00 to 23:59, and not off.
    pulumi config set reboots 03:30
`],

  ["an hour of reboots after the day", { target: "gcp", reboots: "24:00" }, `
  reboots: "24:00" is not a time of day from 00:00 to 23:59, and not off.
    pulumi config set reboots 04:00
`],

  ["reboots switched off by another word", { target: "gcp", reboots: "false" }, `
  reboots: "false" is not a time of day from 00:00 to 23:59, and not off.
    pulumi config set reboots off
`],

  ["reboots as an object", { target: "gcp", reboots: { at: "04:00" } }, `
  reboots: expected a time of day, or off, found an object.
    pulumi config set reboots 04:00
`],

  ["reboots of this machine", { reboots: "04:00" }, `
  reboots: "04:00" would reboot this machine, which is yours. Reboots are for targets gcp and ssh.
    pulumi config rm reboots
`],
];
