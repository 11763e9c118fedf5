import { inCluster, kubeconfig } from "../../support/kubeconfig.ts";

const PEM = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----";

const SIZE = { name: "Small", cpu: 1, memory: "2g" };

/** The name of a case, its changes to the valid config, and the paragraphs that the user reads. */
export type BadConfig = [name: string, change: Record<string, unknown>, paragraphs: string];

// biome-ignore format: each row in the order in which it is read
export const oneIssue: BadConfig[] = [
  ["an unknown target", { target: "vm" }, `
  target: "vm" is not a supported kind of machine. Use one of: local, gcp, ssh.
    pulumi config set target local
`],

  ["no target", { target: undefined }, `
  target: nothing is not a supported kind of machine. Use one of: local, gcp, ssh.
    pulumi config set target local
`],

  ["an empty domain", { domain: "" }, `
  domain: "" is not a domain.
    pulumi config set domain lab.example.com
`],

  ["a domain of one label", { domain: "localhost" }, `
  domain: "localhost" has one label only, and browsers refuse sign-in cookies for such a domain; it needs two or more.
    pulumi config set domain lab.example.com
`],

  ["a URL as the domain", { domain: "https://lab.example.com" }, `
  domain: "https://lab.example.com" is a URL; set only the domain name.
    pulumi config set domain lab.example.com
`],

  ["a domain with a path", { domain: "lab.example.com/lab" }, `
  domain: "lab.example.com/lab" has characters that no domain name can have; set only the domain name.
    pulumi config set domain lab.example.com
`],

  ["a domain with a port", { domain: "lab.example.com:8443" }, `
  domain: "lab.example.com:8443" has a port in it; the port is a separate setting (port).
    pulumi config set domain lab.example.com
`],

  ["a wildcard domain", { domain: "*.example.com" }, `
  domain: "*.example.com" has a * in it; the site adds its own names in front of the domain.
    pulumi config set domain lab.example.com
`],

  ["a domain that ends in a dot", { domain: "lab.example.com." }, `
  domain: "lab.example.com." ends in a dot, which browsers and certificates do not accept.
    pulumi config set domain lab.example.com
`],

  ["an IPv4 address as the domain", { domain: "192.168.1.10" }, `
  domain: "192.168.1.10" is an IP address; the site needs a domain, because each of its services has its own name below it.
    pulumi config set domain lab.example.com
`],

  ["an IPv6 address as the domain", { domain: "[2001:db8::1]" }, `
  domain: "[2001:db8::1]" is an IP address; the site needs a domain, because each of its services has its own name below it.
    pulumi config set domain lab.example.com
`],

  ["a domain with an empty label", { domain: "lab..example.com" }, `
  domain: "lab..example.com" has an empty label (two dots in a row, or one in front).
    pulumi config set domain lab.example.com
`],

  ["an underscore in the domain", { domain: "my_lab.example.com" }, `
  domain: "my_lab.example.com" has the label "my_lab": letters, digits and inner hyphens only, 63 characters at most.
    pulumi config set domain lab.example.com
`],

  ["a blank in the domain", { domain: "lab example.com" }, `
  domain: "lab example.com" has the label "lab example": letters, digits and inner hyphens only, 63 characters at most.
    pulumi config set domain lab.example.com
`],

  ["a hyphen at the edge of a label", { domain: "-lab.example.com" }, `
  domain: "-lab.example.com" has the label "-lab": letters, digits and inner hyphens only, 63 characters at most.
    pulumi config set domain lab.example.com
`],

  ["a label of 64 characters", { domain: `${"x".repeat(64)}.example.com` }, `
  domain: "${"x".repeat(64)}.example.com" has the label "${"x".repeat(64)}": letters, digits and inner hyphens only, 63 characters at most.
    pulumi config set domain lab.example.com
`],

  ["a domain that ends in a number", { domain: "lab.123" }, `
  domain: "lab.123" ends in a number, which a domain cannot.
    pulumi config set domain lab.example.com
`],

  ["a domain with letters beyond a to z", { domain: "München.example.com" }, `
  domain: "münchen.example.com" has letters other than a to z; write it in its DNS form (xn--...).
    pulumi config set domain xn--mnchen-3ya.example.com
`],

  ["a domain of 247 characters", { domain: `${"a.".repeat(118)}example.com` }, `
  domain: "${"a.".repeat(47)}a..." is 247 characters long; 245 is the maximum.
    pulumi config set domain lab.example.com
`],

  ["an object as the domain", { domain: { name: "lab.example.com" } }, `
  domain: expected a domain, found an object.
    pulumi config set domain lab.example.com
`],

  ["an empty image", { image: "" }, `
  image: "" is not the name of an image.
    pulumi config set image scipy-notebook
`],

  ["a mistyped image", { image: "scipy-notebok" }, `
  image: "scipy-notebok" is not one of the images with JupyterLab: base-notebook, minimal-notebook, scipy-notebook, r-notebook, julia-notebook, datascience-notebook, tensorflow-notebook, pytorch-notebook, pyspark-notebook, all-spark-notebook.
    pulumi config set image scipy-notebook
`],

  ["an image without JupyterLab", { image: "quay.io/jupyter/docker-stacks-foundation" }, `
  image: "quay.io/jupyter/docker-stacks-foundation" is not one of the images with JupyterLab: base-notebook, minimal-notebook, scipy-notebook, r-notebook, julia-notebook, datascience-notebook, tensorflow-notebook, pytorch-notebook, pyspark-notebook, all-spark-notebook.
    pulumi config set image scipy-notebook
`],

  ["an image with its tag", { image: "scipy-notebook:2026-08-08" }, `
  image: "scipy-notebook:2026-08-08" has a tag in it; the tag is a separate setting (imageTag).
    pulumi config set image scipy-notebook && pulumi config set imageTag 2026-08-08
`],

  ["an image with a tag that moves", { image: "scipy-notebook:latest" }, `
  image: "scipy-notebook:latest" has a tag in it; the tag is a separate setting (imageTag).
    pulumi config set image scipy-notebook
`],

  ["the user's own image with its tag", { image: "registry.example.com/lab:v1" }, `
  image: "registry.example.com/lab:v1" has a tag in it; the tag is a separate setting (imageTag).
    pulumi config set image registry.example.com/lab && pulumi config set imageTag v1
`],

  ["a mistyped image with a tag", { image: "Scipy:v1" }, `
  image: "Scipy:v1" has a tag in it; the tag is a separate setting (imageTag).
    pulumi config set image scipy-notebook
`],

  ["an image with a digest", { image: "scipy-notebook@sha256:0123456789abcdef" }, `
  image: "scipy-notebook@sha256:0123456789abcdef" has a digest in it; set only the image here, and its version in the setting imageTag.
    pulumi config set image scipy-notebook
`],

  ["an image of Docker Stacks at Docker Hub", { image: "jupyter/scipy-notebook" }, `
  image: "jupyter/scipy-notebook" names no registry; write the full name of your own image.
    pulumi config set image scipy-notebook
`],

  ["an image without its registry", { image: "ann/lab" }, `
  image: "ann/lab" names no registry; write the full name of your own image.
    pulumi config set image docker.io/ann/lab
`],

  ["capital letters in the image", { image: "Scipy-Notebook" }, `
  image: "Scipy-Notebook" is not the name of an image (lower-case letters, digits, and . _ - / between them).
    pulumi config set image scipy-notebook
`],

  ["a URL as the image", { image: "https://quay.io/jupyter/scipy-notebook" }, `
  image: "https://quay.io/jupyter/scipy-notebook" is not the name of an image (lower-case letters, digits, and . _ - / between them).
    pulumi config set image scipy-notebook
`],

  ["a list as the image", { image: ["scipy-notebook"] }, `
  image: expected an image's name, found a list.
    pulumi config set image scipy-notebook
`],

  ["an empty tag", { imageTag: "" }, `
  imageTag: "" is not a date; the images of quay.io/jupyter are tagged with the day of their build, YYYY-MM-DD.
    pulumi config set imageTag 2026-08-08
`],

  ["a tag that moves", { imageTag: "latest" }, `
  imageTag: "latest" is not a date; the images of quay.io/jupyter are tagged with the day of their build, YYYY-MM-DD.
    pulumi config set imageTag 2026-08-08
`],

  ["a day that does not exist", { imageTag: "2026-02-30" }, `
  imageTag: "2026-02-30" is not a date; the images of quay.io/jupyter are tagged with the day of their build, YYYY-MM-DD.
    pulumi config set imageTag 2026-08-08
`],

  ["a year as the tag", { imageTag: "2026" }, `
  imageTag: "2026" is not a date; the images of quay.io/jupyter are tagged with the day of their build, YYYY-MM-DD.
    pulumi config set imageTag 2026-08-08
`],

  ["a moving tag of the user's own image", { image: "registry.example.com/lab", imageTag: "latest" }, `
  imageTag: "latest" changes every week without a release; name a fixed version.
    pulumi config set imageTag 2026-08-08
`],

  ["a tag with a blank, of the user's own image", { image: "registry.example.com/lab", imageTag: "a b" }, `
  imageTag: "a b" is not a valid image tag.
    pulumi config set imageTag 2026-08-08
`],

  ["a URL as the mirror", { imageMirror: "https://mirror.example.com/" }, `
  imageMirror: "https://mirror.example.com/" is more than the name of a registry: write it without https://, in lower case, without a trailing slash.
    pulumi config set imageMirror mirror.example.com
`],

  ["capital letters in the mirror", { imageMirror: "Mirror.example.com:5000/Hub" }, `
  imageMirror: "Mirror.example.com:5000/Hub" is more than the name of a registry: write it without https://, in lower case, without a trailing slash.
    pulumi config set imageMirror mirror.example.com:5000/hub
`],

  ["a mirror that Docker would read as a namespace of Docker Hub", { imageMirror: "mirror" }, `
  imageMirror: "mirror" is not the name of a registry, which contains a dot or a port, such as mirror.example.com.
    pulumi config set imageMirror mirror.example.com
`],

  ["two words as the mirror", { imageMirror: "mirror.example.com hub.example.com" }, `
  imageMirror: "mirror.example.com hub.example.com" is not the name of a registry, which contains a dot or a port, such as mirror.example.com.
    pulumi config set imageMirror mirror.example.com
`],

  ["an empty allow list", { allow: [] }, `
  allow: the list is empty, so nobody could sign in. Add an address or a domain:
    pulumi config set --path 'allow[0]' ann@example.com
`],

  ["no allow list", { allow: undefined }, `
  allow: expected a list of addresses, found nothing.
    pulumi config set --path 'allow[0]' ann@example.com
`],

  ["a text as the allow list", { allow: "ann@example.com" }, `
  allow: expected a list of addresses, found "ann@example.com".
    pulumi config rm --path 'allow' && pulumi config set --path 'allow[0]' ann@example.com
`],

  ["a number on the allow list", { allow: ["ann@example.com", 7] }, `
  allow[1]: expected an address, found 7.
    pulumi config set --path 'allow[1]' ann@example.com
`],

  ["an empty entry of the allow list", { allow: ["ann@example.com", " "] }, `
  allow[1]: "" is empty.
    pulumi config set --path 'allow[1]' ann@example.com
`],

  ["a wildcard entry of the allow list", { allow: ["*@example.com"] }, `
  allow[0]: "*@example.com" has a * in it. A whole domain is written @example.com.
    pulumi config set --path 'allow[0]' ann@example.com
`],

  ["a domain on the allow list without its @", { allow: ["example.com"] }, `
  allow[0]: "example.com" has no @ in it. An address is written ann@example.com, a whole domain @example.com.
    pulumi config set --path 'allow[0]' ann@example.com
`],

  ["a name before an address on the allow list", { allow: ["Ann <ann@example.com>"] }, `
  allow[0]: "ann <ann@example.com>" is neither an address (ann@example.com) nor a domain (@example.com).
    pulumi config set --path 'allow[0]' ann@example.com
`],

  ["an address at a bare host name", { allow: ["ann@localhost"] }, `
  allow[0]: "ann@localhost" is neither an address (ann@example.com) nor a domain (@example.com).
    pulumi config set --path 'allow[0]' ann@example.com
`],

  ["two addresses in one entry", { allow: ["ann@example.com,bob@example.com"] }, `
  allow[0]: "ann@example.com,bob@example.com" is neither an address (ann@example.com) nor a domain (@example.com).
    pulumi config set --path 'allow[0]' ann@example.com
`],

  ["a bare @ on the allow list", { allow: ["@"] }, `
  allow[0]: "@" is neither an address (ann@example.com) nor a domain (@example.com).
    pulumi config set --path 'allow[0]' ann@example.com
`],

  ["letters beyond a to z in an address", { allow: ["jürgen@example.com"] }, `
  allow[0]: "jürgen@example.com" is neither an address (ann@example.com) nor a domain (@example.com).
    pulumi config set --path 'allow[0]' ann@example.com
`],

  ["an address of 255 characters", { allow: [`${"a".repeat(243)}@example.com`] }, `
  allow[0]: "${"a".repeat(95)}..." is 255 characters long; 254 is the maximum.
    pulumi config set --path 'allow[0]' ann@example.com
`],

  ["an address twice, in different letter case", { allow: ["ann@example.com", "Ann@Example.com"] }, `
  allow[1]: "ann@example.com" is on the list twice (letter case makes no difference).
    pulumi config rm --path 'allow[1]'
`],

  ["a text as signIn", { signIn: "dex" }, `
  signIn: expected provider and users, found a text.
    pulumi config rm --path 'signIn' && pulumi config set --path 'signIn.users[0].email' ann@example.com
`],

  ["no users", { signIn: { provider: "dex" } }, `
  signIn.users: the built-in provider needs a list of users, found nothing.
    pulumi config set --path 'signIn.users[0].email' ann@example.com
`],

  ["an empty list of users", { signIn: { users: [] } }, `
  signIn.users: the built-in provider has no user, so nobody could sign in.
    pulumi config set --path 'signIn.users[0].email' ann@example.com
`],

  ["users that are not a list, one of them with a secret", { signIn: { users: { email: "ann@example.com", passwordHash: "$2b$10$abc" } } }, `
  signIn.users: the built-in provider needs a list of users, found an object.
    pulumi config rm --path 'signIn.users' && pulumi config set --path 'signIn.users[0].email' ann@example.com
`],

  ["a user that is only an address", { signIn: { users: ["ann@example.com"] } }, `
  signIn.users[0]: expected a user with an email, found "ann@example.com".
    pulumi config rm --path 'signIn.users[0]'
`],

  ["a user without an address", { signIn: { users: [{ name: "Ann" }] } }, `
  signIn.users[0].email: expected an address to sign in with, found nothing.
    pulumi config set --path 'signIn.users[0].email' ann@example.com
`],

  ["a second user with an invalid address", { signIn: { users: [{ email: "ann@example.com" }, { email: "bob" }] } }, `
  signIn.users[1].email: "bob" is not an address.
    pulumi config set --path 'signIn.users[1].email' ann@example.com
`],

  ["two users with the same address", { signIn: { users: [{ email: "ann@example.com" }, { email: "ANN@example.com" }] } }, `
  signIn.users[1].email: "ann@example.com" is on the list twice.
    pulumi config rm --path 'signIn.users[1]'
`],

  ["an empty user name", { signIn: { users: [{ email: "ann@example.com", name: "" }] } }, `
  signIn.users[0].name: "" cannot be shown as a name: use 1 to 64 characters without line breaks, double quotes, $ and \\, and no blanks at either end.
    pulumi config set --path 'signIn.users[0].name' 'Ann Lee'
`],

  ["a user name with a quote", { signIn: { users: [{ email: "ann@example.com", name: 'Ann "the boss" Lee' }] } }, `
  signIn.users[0].name: "Ann \\"the boss\\" Lee" cannot be shown as a name: use 1 to 64 characters without line breaks, double quotes, $ and \\, and no blanks at either end.
    pulumi config set --path 'signIn.users[0].name' 'Ann Lee'
`],

  ["a user name with a variable of nginx", { signIn: { users: [{ email: "ann@example.com", name: "$host" }] } }, `
  signIn.users[0].name: "$host" cannot be shown as a name: use 1 to 64 characters without line breaks, double quotes, $ and \\, and no blanks at either end.
    pulumi config set --path 'signIn.users[0].name' 'Ann Lee'
`],

  ["a user name of two lines", { signIn: { users: [{ email: "ann@example.com", name: "Ann\nLee" }] } }, `
  signIn.users[0].name: "Ann\\nLee" cannot be shown as a name: use 1 to 64 characters without line breaks, double quotes, $ and \\, and no blanks at either end.
    pulumi config set --path 'signIn.users[0].name' 'Ann Lee'
`],

  ["a user name of 65 characters", { signIn: { users: [{ email: "ann@example.com", name: "n".repeat(65) }] } }, `
  signIn.users[0].name: "${"n".repeat(65)}" cannot be shown as a name: use 1 to 64 characters without line breaks, double quotes, $ and \\, and no blanks at either end.
    pulumi config set --path 'signIn.users[0].name' 'Ann Lee'
`],

  ["a number as a user name", { signIn: { users: [{ email: "ann@example.com", name: 7 }] } }, `
  signIn.users[0].name: 7 cannot be shown as a name: use 1 to 64 characters without line breaks, double quotes, $ and \\, and no blanks at either end.
    pulumi config set --path 'signIn.users[0].name' 'Ann Lee'
`],

  ["a password where its hash belongs", { signIn: { users: [{ email: "ann@example.com", passwordHash: "hunter2" }] } }, `
  signIn.users[0].passwordHash: this is not a bcrypt hash of cost 10 to 15. \`htpasswd -nBC 10 ann\` creates one (the part after the colon):
    pulumi config set --secret --path 'signIn.users[0].passwordHash' '<hash>'
`],

  ["a password hash with too low a cost", { signIn: { users: [{ email: "ann@example.com", passwordHash: `$2b$04$${"a".repeat(53)}` }] } }, `
  signIn.users[0].passwordHash: this is not a bcrypt hash of cost 10 to 15. \`htpasswd -nBC 10 ann\` creates one (the part after the colon):
    pulumi config set --secret --path 'signIn.users[0].passwordHash' '<hash>'
`],

  ["a password hash with too high a cost", { signIn: { users: [{ email: "ann@example.com", passwordHash: `$2b$16$${"a".repeat(53)}` }] } }, `
  signIn.users[0].passwordHash: this is not a bcrypt hash of cost 10 to 15. \`htpasswd -nBC 10 ann\` creates one (the part after the colon):
    pulumi config set --secret --path 'signIn.users[0].passwordHash' '<hash>'
`],

  ["a number as a password hash", { signIn: { users: [{ email: "ann@example.com", passwordHash: 7 }] } }, `
  signIn.users[0].passwordHash: this is not a bcrypt hash of cost 10 to 15. \`htpasswd -nBC 10 ann\` creates one (the part after the colon):
    pulumi config set --secret --path 'signIn.users[0].passwordHash' '<hash>'
`],

  ["an unknown provider", { signIn: { provider: "ldap", users: [{ email: "ann@example.com" }] } }, `
  signIn.provider: "ldap" is not a supported provider. Use one of: dex, okta, google, github, oidc (dex is built in).
    pulumi config set --path signIn.provider dex
`],

  ["port 0", { port: "0" }, `
  port: 0 is not a port; a port is a whole number from 1 to 65535.
    pulumi config set port 8443
`],

  ["a negative port", { port: "-1" }, `
  port: -1 is not a port; a port is a whole number from 1 to 65535.
    pulumi config set port 8443
`],

  ["a port above 65535", { port: "65536" }, `
  port: 65536 is not a port; a port is a whole number from 1 to 65535.
    pulumi config set port 8443
`],

  ["a fraction as the port", { port: "8443.5" }, `
  port: 8443.5 is not a port; a port is a whole number from 1 to 65535.
    pulumi config set port 8443
`],

  ["a word as the port", { httpPort: "http" }, `
  httpPort: "http" is not a port; a port is a whole number from 1 to 65535.
    pulumi config set httpPort 8080
`],

  ["a list as the port", { httpPort: ["8080"] }, `
  httpPort: a list is not a port; a port is a whole number from 1 to 65535.
    pulumi config set httpPort 8080
`],

  ["no port", { port: undefined }, `
  port: nothing is not a port; a port is a whole number from 1 to 65535.
    pulumi config set port 8443
`],

  ["the same port for HTTPS and HTTP", { port: "8080" }, `
  httpPort: 8080 is also the HTTPS port; the two need different ports.
    pulumi config set httpPort 8081
`],

  ["the same other port for HTTPS and HTTP", { port: "9000", httpPort: "9000" }, `
  httpPort: 9000 is also the HTTPS port; the two need different ports.
    pulumi config set httpPort 8080
`],

  ["a text as the history", { history: "15m" }, `
  history: expected an object, found "15m".
    pulumi config rm history
`],

  ["a history that is taken every minute", { history: { every: 1 } }, `
  history.every: 1 is not a number of minutes from 5 to 1440, or 0 for no history.
    pulumi config set --path 'history.every' 15
`],

  ["a history with a negative retention", { history: { keep: { daily: "-1" } } }, `
  history.keep.daily: -1 is not a number of days from 0 to 3650.
    pulumi config set --path 'history.keep.daily' 30
`],

  ["a history that may take more than half the disk", { history: { maxPercent: 100 } }, `
  history.maxPercent: 100 is not a percentage from 1 to 50.
    pulumi config set --path 'history.maxPercent' 20
`],

  ["a text as the backup", { backup: "/mnt/backup" }, `
  backup: expected an object, found a text.
    pulumi config rm backup
`],

  ["a backup at a destination that is not supported", { backup: { to: "ftp://backup.lan/x" }, history: {} }, `
  backup.to: "ftp://backup.lan/x" is no supported destination: use a folder, sftp:, s3:, gs:, bucket (target gcp) or none.
    pulumi config set --path backup.to /mnt/backup/jupyter-up
`],

  ["a backup in a bucket without its name", { backup: { to: "s3:https://s3.example.com" }, history: {} }, `
  backup.to: "s3:https://s3.example.com" is not of the form s3:https://s3.eu-central-1.amazonaws.com/my-bucket/jupyter-up.
    pulumi config set --path backup.to /mnt/backup/jupyter-up
`],

  ["a backup in a bucket with too short a name", { backup: { to: "s3:s3.example.com/b" }, history: {} }, `
  backup.to: "s3:s3.example.com/b" is not of the form s3:https://s3.eu-central-1.amazonaws.com/my-bucket/jupyter-up.
    pulumi config set --path backup.to /mnt/backup/jupyter-up
`],

  ["a backup in a bucket of its own on this machine", { backup: { to: "bucket" }, history: {} }, `
  backup.to: a bucket of its own needs target gcp.
    pulumi config set --path backup.to /mnt/backup/jupyter-up
`],

  ["a backup in a bucket without its secret key", { backup: { to: "s3:s3.example.com/bucket", accessKey: "A" }, history: {} }, `
  backup.secretKey: a destination with s3: needs it, and it is missing.
    pulumi config set --secret --path backup.secretKey
`],

  ["a backup by SFTP without the host key", { backup: { to: "sftp:a@nas:/b", privateKey: PEM }, history: {} }, `
  backup.hostKey: a destination with sftp: needs it, and it is missing.
    pulumi config set --path backup.hostKey "ssh-ed25519 AAAA..."
`],

  ["a backup at Google without a service account", { backup: { to: "gs:bucket:/lab" }, history: {} }, `
  backup.credentials: a destination with gs: needs it, and it is missing.
    cat key.json | pulumi config set --secret --path backup.credentials
`],

  ["a backup at Google with another key", { backup: { to: "gs:bucket:/lab", credentials: "{}" }, history: {} }, `
  backup.credentials: this is not the key of a service account (JSON).
    cat key.json | pulumi config set --secret --path backup.credentials
`],

  ["a backup in a relative folder", { backup: { to: "backup" }, history: {} }, `
  backup.to: "backup" is no full path; it has to start with / or ~.
    pulumi config set --path backup.to /mnt/backup/jupyter-up
`],

  ["a backup in the root of the file system", { backup: { to: "/" }, history: {} }, `
  backup.to: "/" would fill a folder that has other things; name a separate folder.
    pulumi config set --path backup.to /mnt/backup/jupyter-up
`],

  ["a backup inside the notebooks", { notebooks: "/srv/work", backup: { to: "/srv/work/backup" }, history: {} }, `
  backup.to: "/srv/work/backup" is inside the notebooks folder, which is backed up.
    pulumi config set --path backup.to ~/jupyter-up-backup
`],

  ["a backup around the notebooks", { notebooks: "/srv/work", backup: { to: "/srv" }, history: {} }, `
  backup.to: "/srv" contains the notebooks folder, which is backed up.
    pulumi config set --path backup.to ~/jupyter-up-backup
`],

  ["a backup beside the data of a VM", { target: "gcp", backup: { to: "/srv/jupyter-up/backup" }, history: {} }, `
  backup.to: "/srv/jupyter-up/backup" is inside /srv/jupyter-up, which is backed up.
    pulumi config set --path backup.to /mnt/backup/jupyter-up
`],

  ["a backup in the home directory of another machine", { target: "gcp", backup: { to: "~/backup" }, history: {} }, `
  backup.to: "~/backup" is no full path on that machine.
    pulumi config set --path backup.to /mnt/backup/jupyter-up
`],

  ["a backup of a VM without a destination", { target: "gcp", backup: {}, history: {} }, `
  backup.to: the destination is missing.
    pulumi config set --path backup.to /mnt/backup/jupyter-up
`],

  ["a backup without a history", { backup: { to: "/mnt/backup" } }, `
  backup: the backup is made from the history, which is off (history.every: 0).
    pulumi config set --path history.every 15
`],

  ["a key of the backup that can be guessed", { backup: { to: "/mnt/backup", key: "hunter2" }, history: {} }, `
  backup.key: the key is shorter than 16 characters.
    pulumi config set --secret --path backup.key
`],

  ["a backup that is kept for a negative time", { backup: { to: "/mnt/backup", keep: { daily: -1 } }, history: {} }, `
  backup.keep.daily: -1 is not a number of days from 0 to 3650.
    pulumi config set --path 'backup.keep.daily' 30
`],

  ["a restore of a backup without its key", { backup: { to: "/mnt/backup", restore: { from: "lab" } }, history: {} }, `
  backup.key: a restore into a new stack needs the key of the backup, and it is missing.
    pulumi config set --secret --path backup.key
`],

  ["a restore of something that is no site", { backup: { key: "0123456789abcdef", restore: { from: "a b" } }, history: {} }, `
  backup.restore.from: "a b" is not the name of a site.
    pulumi config set --path backup.restore.from jupyter-up-dev
`],

  ["a restore at no time", { backup: { key: "0123456789abcdef", restore: { from: "lab", at: "now" } }, history: {} }, `
  backup.restore.at: "now" is not a time in UTC.
    pulumi config set --path backup.restore.at 2026-11-28T07:15:00Z
`],

  ["an empty notebooks folder", { notebooks: "" }, `
  notebooks: "" is not a folder.
    pulumi config set notebooks ~/notebooks
`],

  ["a notebooks folder with a blank at its end", { notebooks: "/srv/notebooks " }, `
  notebooks: "/srv/notebooks " begins or ends with a blank or a line break.
    pulumi config set notebooks ~/notebooks
`],

  ["a notebooks folder with a lone surrogate", { notebooks: "/srv/\ud800" }, `
  notebooks: "/srv/\\ud800" has half of a UTF-16 pair in it.
    pulumi config set notebooks ~/notebooks
`],

  ["another way to use Jupyter", { people: "both" }, `
  people: "both" is not a supported way to use Jupyter. Use one of: shared, own.
    pulumi config set people shared
`],
  ["a text as the limits of servers", { servers: "2g" }, `
  servers: expected an object, found "2g".
    pulumi config rm servers
`],
  ["too little memory for a server", { servers: { memory: "255m" } }, `
  servers.memory: "255m" is not an amount of memory from 256m on, such as 512m or 2g.
    pulumi config set --path 'servers.memory' 1g
`],
  ["memory without a unit", { servers: { memory: 512 } }, `
  servers.memory: 512 is not an amount of memory from 256m on, such as 512m or 2g.
    pulumi config set --path 'servers.memory' 1g
`],
  ["servers that end while somebody reads", { servers: { idle: "5m" } }, `
  servers.idle: "5m" is not a duration from 10m to 365d, such as 90m, 12h or 30d.
    pulumi config set --path 'servers.idle' 2h
`],
  ["more servers than Docker has networks", { people: "own", servers: { most: 13 } }, `
  servers.most: 13 servers are more than this site's machine has networks for, 12.
    pulumi config set --path 'servers.most' 12
`],
  ["more servers than a cluster's quota is tried with", { people: "own", servers: { on: "kubernetes", most: 501 }, cluster: inCluster.cluster }, `
  servers.most: 501 is not a number of servers from 1 to 500.
    pulumi config set --path 'servers.most' 6
`],
  ["another place for servers", { people: "own", servers: { on: "gke2" } }, `
  servers.on: "gke2" is not a supported place for servers. Use one of: here, kubernetes.
    pulumi config set --path servers.on here
`],
  ["a text as a kubeconfig", { ...inCluster, cluster: { ...inCluster.cluster, kubeconfig: "hunter2" } }, `
  cluster.kubeconfig: this is not a kubeconfig.
    kubectl config view --flatten --minify --raw | pulumi config set --secret --path cluster.kubeconfig
`],
  ["a kubeconfig without its current context", { ...inCluster, cluster: { ...inCluster.cluster, kubeconfig: kubeconfig({}, "other") } }, `
  cluster.kubeconfig: this kubeconfig has no cluster for its current context "other".
    kubectl config view --flatten --minify --raw | pulumi config set --secret --path cluster.kubeconfig
`],
  ["a kubeconfig that names a file", { ...inCluster, cluster: { ...inCluster.cluster, kubeconfig: kubeconfig({ "certificate-authority": "/home/ann/ca.crt" }) } }, `
  cluster.kubeconfig: this kubeconfig names a file of this machine, and does not contain it.
    kubectl config view --flatten --minify --raw | pulumi config set --secret --path cluster.kubeconfig
`],
  ["a kubeconfig that trusts everybody", { ...inCluster, cluster: { ...inCluster.cluster, kubeconfig: kubeconfig({ "insecure-skip-tls-verify": true }) } }, `
  cluster.kubeconfig: with this kubeconfig, anybody on the way could pass for the cluster (insecure-skip-tls-verify).
    kubectl config view --flatten --minify --raw | pulumi config set --secret --path cluster.kubeconfig
`],
  ["a kubeconfig with a proxy", { ...inCluster, cluster: { ...inCluster.cluster, kubeconfig: kubeconfig({ "proxy-url": "http://proxy:3128" }) } }, `
  cluster.kubeconfig: this kubeconfig leads through a proxy, which the site's machine cannot use.
    kubectl config view --flatten --minify --raw | pulumi config set --secret --path cluster.kubeconfig
`],
  ["a cluster without TLS", { ...inCluster, cluster: { ...inCluster.cluster, kubeconfig: kubeconfig({ server: "http://10.128.0.9:8001" }) } }, `
  cluster.kubeconfig: the cluster's address "http://10.128.0.9:8001" does not begin with https://.
    kubectl config view --flatten --minify --raw | pulumi config set --secret --path cluster.kubeconfig
`],
  ["a name as the machine's address", { ...inCluster, cluster: { ...inCluster.cluster, address: "lab" } }, `
  cluster.address: "lab" is not an IPv4 address, such as 10.128.0.2.
    pulumi config set --path cluster.address 10.128.0.2
`],
  ["a StorageClass with a blank", { ...inCluster, cluster: { ...inCluster.cluster, storageClass: "very fast" } }, `
  cluster.storageClass: "very fast" is not the name of a StorageClass.
    pulumi config set --path cluster.storageClass standard
`],
  ["sizes without a list", { people: "own", servers: { on: "kubernetes", sizes: "2g" }, cluster: inCluster.cluster }, `
  servers.sizes: expected a list of sizes, found a text.
    pulumi config rm --path 'servers.sizes' && pulumi config set --path 'servers.sizes[0].name' Small
`],
  ["no size", { people: "own", servers: { on: "kubernetes", sizes: [] }, cluster: inCluster.cluster }, `
  servers.sizes: the list is empty.
    pulumi config rm --path servers.sizes
`],
  ["two sizes of the same name", { people: "own", servers: { on: "kubernetes", sizes: [SIZE, SIZE] }, cluster: inCluster.cluster }, `
  servers.sizes[1].name: "Small" is also the name of an earlier size in the list.
    pulumi config set --path 'servers.sizes[1].name' 'Small 2'
`],
  ["a size without processors", { people: "own", servers: { on: "kubernetes", sizes: [{ ...SIZE, cpu: 0 }] }, cluster: inCluster.cluster }, `
  servers.sizes[0].cpu: 0 is not a number of processors from 0.1 to 256.
    pulumi config set --path 'servers.sizes[0].cpu' 1
`],
  ["a size whose memory has no unit", { people: "own", servers: { on: "kubernetes", sizes: [{ ...SIZE, memory: 4 }] }, cluster: inCluster.cluster }, `
  servers.sizes[0].memory: 4 is not an amount of memory from 256m on, such as 512m or 2g.
    pulumi config set --path 'servers.sizes[0].memory' 4g
`],
  ["half a GPU", { people: "own", servers: { on: "kubernetes", sizes: [{ ...SIZE, gpus: 0.5 }] }, cluster: inCluster.cluster }, `
  servers.sizes[0].gpus: 0.5 is not a number of GPUs from 0 to 16.
    pulumi config set --path 'servers.sizes[0].gpus' 0
`],
  ["a label of nodes that Kubernetes does not take", { people: "own", servers: { on: "kubernetes", sizes: [{ ...SIZE, nodes: { pool: "a b" } }] }, cluster: inCluster.cluster }, `
  servers.sizes[0].nodes.pool: "a b" is not the value of a label of nodes.
    pulumi config set --path 'servers.sizes[0].nodes.pool' gpu
`],
  ["homes without room", { people: "own", servers: { on: "kubernetes", home: 0 }, cluster: inCluster.cluster }, `
  servers.home: 0 is not a number of GiB from 1 to 65536.
    pulumi config set --path 'servers.home' 10
`],
  ["a text as the session", { session: "12h" }, `
  session: expected an object, found "12h".
    pulumi config rm session
`],

  ["a session that ends without use after a minute", { session: { idle: "1m" } }, `
  session.idle: "1m" is not a duration from 5m to 365d, such as 90m, 12h or 30d.
    pulumi config set --path 'session.idle' 12h
`],

  ["a session of more than a year", { session: { max: "366d" } }, `
  session.max: "366d" is not a duration from 5m to 365d, such as 90m, 12h or 30d.
    pulumi config set --path 'session.max' 30d
`],

  ["a session without a unit", { session: { idle: "12" } }, `
  session.idle: "12" is not a duration from 5m to 365d, such as 90m, 12h or 30d.
    pulumi config set --path 'session.idle' 12h
`],

  ["a session as a number", { session: { max: 30 } }, `
  session.max: 30 is not a duration from 5m to 365d, such as 90m, 12h or 30d.
    pulumi config set --path 'session.max' 30d
`],

  ["a session of a fraction", { session: { idle: "1.5h" } }, `
  session.idle: "1.5h" is not a duration from 5m to 365d, such as 90m, 12h or 30d.
    pulumi config set --path 'session.idle' 12h
`],

  ["a session in another notation", { session: { max: "P30D" } }, `
  session.max: "P30D" is not a duration from 5m to 365d, such as 90m, 12h or 30d.
    pulumi config set --path 'session.max' 30d
`],

  ["a misspelled part of the session", { session: { maximum: "30d" } }, `
  session.maximum: there is no such setting. There are: idle, max.
    pulumi config rm --path 'session.maximum'
`],

  ["a sessionRotation with a leading blank", { sessionRotation: " 2026" }, `
  sessionRotation: " 2026" begins or ends with a blank or a line break.
    pulumi config set sessionRotation 2026-11
`],

  ["the root folder as the notebooks folder", { notebooks: "/" }, `
  notebooks: "/" would give Jupyter more than a folder of notebooks; name a separate folder.
    pulumi config set notebooks ~/notebooks
`],

  ["the home directory as the notebooks folder", { notebooks: "~/" }, `
  notebooks: "~/" would give Jupyter more than a folder of notebooks; name a separate folder.
    pulumi config set notebooks ~/notebooks
`],

  ["the checkout as the notebooks folder", { notebooks: "./." }, `
  notebooks: "./." would give Jupyter more than a folder of notebooks; name a separate folder.
    pulumi config set notebooks ~/notebooks
`],

  ["another user's home as the notebooks folder", { notebooks: "~bob/notebooks" }, `
  notebooks: "~bob/notebooks" is another user's home; write the full path.
    pulumi config set notebooks ~/notebooks
`],

  ["a relative notebooks folder outside the checkout", { notebooks: "../notebooks" }, `
  notebooks: "../notebooks" contains ..; write the full path, starting with / or ~.
    pulumi config set notebooks ~/notebooks
`],

  ["a notebooks folder with .. in its path", { notebooks: "/srv/notebooks/../../etc" }, `
  notebooks: "/srv/notebooks/../../etc" contains ..; write the full path, starting with / or ~.
    pulumi config set notebooks ~/notebooks
`],

  ["a notebooks folder of two lines", { notebooks: "note\nbooks" }, `
  notebooks: "note\\nbooks" has a line break or another control character in it.
    pulumi config set notebooks ~/notebooks
`],

  ["the folder of the state, which contains secrets, as the notebooks folder", { notebooks: "./.state/site" }, `
  notebooks: "./.state/site" belongs to this program; name another folder.
    pulumi config set notebooks ~/notebooks
`],

  ["a list as the notebooks folder", { notebooks: ["notebooks"] }, `
  notebooks: expected a folder, found a list.
    pulumi config set notebooks ~/notebooks
`],

  ["a mistyped setting", { alow: ["ann@example.com"] }, `
  alow: there is no such setting. Did you mean allow?
    pulumi config rm --path 'alow'
`],

  ["a setting in the wrong letter case", { imagetag: "2026-08-08" }, `
  imagetag: there is no such setting. Did you mean imageTag?
    pulumi config rm --path 'imagetag'
`],

  ["a setting with two letters swapped", { prot: "8443" }, `
  prot: there is no such setting. Did you mean port?
    pulumi config rm --path 'prot'
`],

  ["an unknown setting that resembles no other", { colour: "red" }, `
  colour: there is no such setting. Pulumi.yaml lists them all.
    pulumi config rm --path 'colour'
`],

  ["a setting with a dot in its name", { "signIn.provider": "dex" }, `
  ["signIn.provider"]: there is no such setting. Pulumi.yaml lists them all.
    pulumi config rm --path '["signIn.provider"]'
`],

  ["a mistyped part of signIn", { signIn: { provide: "dex", users: [{ email: "ann@example.com" }] } }, `
  signIn.provide: there is no such setting. Did you mean provider?
    pulumi config rm --path 'signIn.provide'
`],

  ["an unknown part of signIn", { signIn: { clientId: "x", users: [{ email: "ann@example.com" }] } }, `
  signIn.clientId: there is no such setting. There are: provider, users, gate.
    pulumi config rm --path 'signIn.clientId'
`],

  ["a password in place of its hash", { signIn: { users: [{ email: "ann@example.com", password: "hunter2" }] } }, `
  signIn.users[0].password: there is no such setting. Did you mean passwordHash?
    pulumi config rm --path 'signIn.users[0].password'
`],
];

// biome-ignore format: each row in the order in which it is read
export const severalIssues: BadConfig[] = [
  ["target gcp without its required settings", { target: "gcp", project: "", sshFrom: [] }, `
  project: the Google Cloud project for the VM is missing (gcloud projects list shows yours).
    pulumi config set project my-project-123456

  sshFrom: the list is empty, but \`pulumi up\` reaches the VM by SSH. Add the addresses you connect from (curl https://ifconfig.me shows yours):
    pulumi config set --path 'sshFrom[0]' 203.0.113.7/32
`],

  ["target ssh without its required settings", { target: "ssh" }, `
  ssh.host: the machine's host name or address is missing.
    pulumi config set --path ssh.host 203.0.113.7

  ssh.privateKey: the private key for the machine is missing.
    cat ~/.ssh/id_ed25519 | pulumi config set --secret --path ssh.privateKey

  ssh.hostKey: the machine's host key is missing; without it, an attacker on the network could impersonate the machine. Compare the key that this fetches with /etc/ssh/ssh_host_ed25519_key.pub on the machine:
    pulumi config set --path ssh.hostKey "$(ssh-keyscan -t ed25519 -p 22 203.0.113.7 2>/dev/null | cut -d ' ' -f 2-)"
`],

  ["servers in a cluster that is not there", { people: "own", servers: { on: "kubernetes" } }, `
  cluster.kubeconfig: the kubeconfig of the cluster is missing.
    kubectl config view --flatten --minify --raw | pulumi config set --secret --path cluster.kubeconfig

  cluster.address: the address of the site's machine in the cluster's network is missing: pods admit only requests from it.
    pulumi config set --path cluster.address 10.128.0.2
`],

  ["okta with users, and without its required settings", { signIn: { provider: "okta", users: [{ email: "ann@example.com" }] } }, `
  signIn.domain: expected Okta's domain of your organization, found nothing.
    pulumi config set --path signIn.domain dev-123456.okta.com

  signIn.clientId: expected the client ID that the provider gave, found nothing.
    pulumi config set --path signIn.clientId YOUR-CLIENT-ID

  signIn.clientSecret: the client secret that the provider gave is missing.
    pulumi config set --secret --path signIn.clientSecret

  signIn.users: there is no such setting. There are: provider, domain, clientId, clientSecret, gate.
    pulumi config rm --path 'signIn.users'
`],

  ["an allow list with two invalid entries and a duplicate", { allow: ["ann@example.com", "example.com", "@example.com", "@", "ANN@example.com"] }, `
  allow[1]: "example.com" has no @ in it. An address is written ann@example.com, a whole domain @example.com.
    pulumi config set --path 'allow[1]' ann@example.com

  allow[3]: "@" is neither an address (ann@example.com) nor a domain (@example.com).
    pulumi config set --path 'allow[3]' ann@example.com

  allow[4]: "ann@example.com" is on the list twice (letter case makes no difference).
    pulumi config rm --path 'allow[4]'
`],

  ["an allow list with an entry that is not a text and a duplicate", { allow: [7, "ann@example.com", "ann@example.com"] }, `
  allow[0]: expected an address, found 7.
    pulumi config set --path 'allow[0]' ann@example.com

  allow[2]: "ann@example.com" is on the list twice (letter case makes no difference).
    pulumi config rm --path 'allow[2]'
`],

  ["an invalid user and a duplicate one", { signIn: { users: [{ email: "ann@example.com" }, { email: "bob" }, { email: "ann@example.com", name: "" }] } }, `
  signIn.users[1].email: "bob" is not an address.
    pulumi config set --path 'signIn.users[1].email' ann@example.com

  signIn.users[2].name: "" cannot be shown as a name: use 1 to 64 characters without line breaks, double quotes, $ and \\, and no blanks at either end.
    pulumi config set --path 'signIn.users[2].name' 'Ann Lee'

  signIn.users[2].email: "ann@example.com" is on the list twice.
    pulumi config rm --path 'signIn.users[2]'
`],

  ["a mistyped image and a tag that moves", { image: "scipy-notebok", imageTag: "latest" }, `
  image: "scipy-notebok" is not one of the images with JupyterLab: base-notebook, minimal-notebook, scipy-notebook, r-notebook, julia-notebook, datascience-notebook, tensorflow-notebook, pytorch-notebook, pyspark-notebook, all-spark-notebook.
    pulumi config set image scipy-notebook

  imageTag: "latest" is not a date; the images of quay.io/jupyter are tagged with the day of their build, YYYY-MM-DD.
    pulumi config set imageTag 2026-08-08
`],

  ["the same port twice and an invalid folder", { port: "8080", notebooks: "/" }, `
  notebooks: "/" would give Jupyter more than a folder of notebooks; name a separate folder.
    pulumi config set notebooks ~/notebooks

  httpPort: 8080 is also the HTTPS port; the two need different ports.
    pulumi config set httpPort 8081
`],

  ["two unknown settings and an invalid one", { alow: [], domian: "lab.example.com", domain: "lab" }, `
  domain: "lab" has one label only, and browsers refuse sign-in cookies for such a domain; it needs two or more.
    pulumi config set domain lab.example.com

  alow: there is no such setting. Did you mean allow?
    pulumi config rm --path 'alow'

  domian: there is no such setting. Did you mean domain?
    pulumi config rm --path 'domian'
`],

  ["issues at three levels of signIn", { signIn: { provider: "dex", user: [], users: [{ email: "ann@", nme: "Ann" }] } }, `
  signIn.users[0].email: "ann@" is not an address.
    pulumi config set --path 'signIn.users[0].email' ann@example.com

  signIn.users[0].nme: there is no such setting. Did you mean name?
    pulumi config rm --path 'signIn.users[0].nme'

  signIn.user: there is no such setting. Did you mean users?
    pulumi config rm --path 'signIn.user'
`],

  ["many settings at once", { target: "ssh", domain: "lab", image: "scipy", imageTag: "latest", imageMirror: "a b", allow: [], signIn: { provider: "x", users: [] }, port: "0", httpPort: "http", notebooks: "", colour: "red" }, `
  domain: "lab" has one label only, and browsers refuse sign-in cookies for such a domain; it needs two or more.
    pulumi config set domain lab.example.com

  allow: the list is empty, so nobody could sign in. Add an address or a domain:
    pulumi config set --path 'allow[0]' ann@example.com

  signIn.provider: "x" is not a supported provider. Use one of: dex, okta, google, github, oidc (dex is built in).
    pulumi config set --path signIn.provider dex

  image: "scipy" is not one of the images with JupyterLab: base-notebook, minimal-notebook, scipy-notebook, r-notebook, julia-notebook, datascience-notebook, tensorflow-notebook, pytorch-notebook, pyspark-notebook, all-spark-notebook.
    pulumi config set image scipy-notebook

  imageTag: "latest" is not a date; the images of quay.io/jupyter are tagged with the day of their build, YYYY-MM-DD.
    pulumi config set imageTag 2026-08-08

  imageMirror: "a b" is not the name of a registry, which contains a dot or a port, such as mirror.example.com.
    pulumi config set imageMirror mirror.example.com

  notebooks: "" is not a folder.
    pulumi config set notebooks ~/notebooks

  port: 0 is not a port; a port is a whole number from 1 to 65535.
    pulumi config set port 8443

  httpPort: "http" is not a port; a port is a whole number from 1 to 65535.
    pulumi config set httpPort 8080

  ssh.host: the machine's host name or address is missing.
    pulumi config set --path ssh.host 203.0.113.7

  ssh.privateKey: the private key for the machine is missing.
    cat ~/.ssh/id_ed25519 | pulumi config set --secret --path ssh.privateKey

  ssh.hostKey: the machine's host key is missing; without it, an attacker on the network could impersonate the machine. Compare the key that this fetches with /etc/ssh/ssh_host_ed25519_key.pub on the machine:
    pulumi config set --path ssh.hostKey "$(ssh-keyscan -t ed25519 -p 22 203.0.113.7 2>/dev/null | cut -d ' ' -f 2-)"

  colour: there is no such setting. Pulumi.yaml lists them all.
    pulumi config rm --path 'colour'
`],
];
