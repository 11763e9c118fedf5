/** Explains providers' errors in plain words: what is wrong, and the command that fixes it. Pure. */

import { cloudName } from "../names.ts";
import { kubernetesRules } from "./kubernetesRules.ts";
import { providersWords } from "./providersWords.ts";
import type { Rule, Target } from "./rule.ts";

/** The start of the command provider's error when it gives up connecting. No other network error starts like this. */
const dial = "^after \\d+ failed attempts: ";

/** The roles that the user needs in the project. An owner of the project has them all. */
const roles =
  "The site needs the roles Compute Admin, Service Account Admin and Service Account User in the project. An owner of the project can grant them:";
/** The command that grants a role. */
const grant = (role: string, project = "my-project-123456") =>
  `gcloud projects add-iam-policy-binding ${project} --member user:you@example.com --role roles/${role}`;

const rules: Rule[] = [
  ...kubernetesRules,
  {
    says: /could not find default credentials|No credentials loaded|neither valid json nor a valid file path|invalid_grant|Error 401.*authError/,
    means: () => "Google Cloud found no valid credentials. Sign in again:\ngcloud auth application-default login",
  },
  {
    says: /API has not been used in project (?<project>\S+) before or it is disabled[\s\S]*?"service": "(?<service>[a-z.]+)"/,
    means: ({ project, service }) =>
      `This Google API is disabled in the project. Enable it, wait two minutes, and run the command again:\ngcloud services enable ${service} --project ${project}`,
  },
  {
    says: /Error 404: The resource 'projects\/(?<project>[^/']+)' was not found|Project '?(?<other>[\w-]+)'? not found|Unknown project id: (?<third>[\w-]+)/i,
    means: ({ project, other, third }) =>
      `The project ${project ?? other ?? third} does not exist, or you have no access to it. \`gcloud projects list\` shows yours:\npulumi config set project my-project-123456`,
  },
  {
    says: /Error 403: Required '(?<permission>[\w.]+)' permission for 'projects\/(?<project>[^/']+)/,
    means: ({ permission, project }) =>
      `Your Google account lacks the permission ${permission} in the project. ${roles}\n${grant("compute.admin", project)}`,
  },
  {
    says: /Error 403: Permission '?(?<permission>iam\.[\w.]+)'? (?:denied|is required to perform this operation on project projects\/(?<project>[\w-]+))/,
    means: ({ permission, project }) =>
      `Your Google account lacks the permission ${permission} in the project. ${roles}\n${grant(permission?.startsWith("iam.serviceAccountKeys.") ? "iam.serviceAccountKeyAdmin" : "iam.serviceAccountAdmin", project)}`,
  },
  {
    says: /Permission '?(?<permission>(?:workflows|resourcemanager)\.[\w.]+)'? denied|Error 403: (?<policy>Policy update access denied)/,
    means: ({ permission }) =>
      `Your Google account lacks ${permission ? `the permission ${permission}` : "the right to grant roles"} in the project, which the setting boost needs: the roles Workflows Editor, Role Administrator and Project IAM Admin. An owner of the project can grant them:\n${grant(permission?.startsWith("workflows.") ? "workflows.editor" : "resourcemanager.projectIamAdmin")}`,
  },
  {
    says: /Key creation is not allowed on this service account|iam\.disableServiceAccountKeyCreation/,
    means: () =>
      "Your organization at Google forbids keys of service accounts, and the bucket of the backup needs one. An administrator of the organization can allow it for this project (https://cloud.google.com/iam/docs/restrict-service-account-keys). Or back up elsewhere:\npulumi config set --path backup.to s3:https://s3.example.com/my-bucket/jupyter-up",
  },
  {
    says: /does not have (?<permission>storage\.buckets\.\w+) access to the Google Cloud (?:project|Storage bucket)/,
    means: ({ permission }) =>
      `Your Google account lacks the permission ${permission} in the project, which the bucket of the backup needs: the role Storage Admin. An owner of the project can grant it:\n${grant("storage.admin")}`,
  },
  {
    // Google does not say which bucket it is. The label finds it.
    says: /Error 409: Your previous request to create the named bucket succeeded and you already own it/,
    means: (_, urn) => {
      const [stack = "", project = ""] = urn.replace(/^urn:pulumi:/, "").split("::");
      const label = `labels.jupyter-up=${cloudName(project, stack)}`;
      const found = `"$(gcloud storage buckets list --filter ${label} --format 'value(name)')"`;
      return `The bucket of an earlier stack of this name exists, with its backup: pulumi destroy leaves it. Import it, set backup.key to the key of that stack, and run the command again:\n${importLine(urn, found)}`;
    },
  },
  {
    says: /The user does not have access to service account '(?<account>[^'@]+@(?<project>[\w-]+)[^']*)'/,
    means: ({ account, project }) =>
      `Your Google account is not allowed to run a VM as ${account}, the service account that the site created for it. ${roles}\n${grant("iam.serviceAccountUser", project)}`,
  },
  {
    says: /requires billing to be enabled\. Please enable billing on project #?(?<project>[\w-]+)|Billing account for project '?(?<other>[\w-]+)'? is not found/,
    means: ({ project, other }) =>
      `The project has no billing account. Google requires one to create a VM, even the free one. \`gcloud billing accounts list\` shows yours. Link it, wait two minutes, and run the command again:\ngcloud billing projects link ${project ?? other} --billing-account 000000-000000-000000`,
  },
  {
    says: /pd-standard disk type cannot be used by (?<type>[\w-]+) machine type/,
    means: ({ type }) =>
      `Machines of type ${type} do not support the site's disk type, pd-standard. Set another machine type and run the command again, which also starts the VM if Google stopped it for the change:\npulumi config set machineType e2-micro`,
  },
  {
    says: /::host-(?:data|vm)" cannot be deleted\s+because it is protected|Cannot delete instance \S+: instance Deletion Protection is enabled/,
    means: () =>
      "Your work is on that disk, and protectData protects it. Download what you need, then allow the deletion and run the command again:\npulumi config set protectData false && pulumi up",
  },
  {
    says: /Quota '(?<metric>\w+)' exceeded\.\s+Limit: (?<limit>[\d.]+)/,
    means: ({ metric, limit }) =>
      `The project's quota of ${metric} is ${Number(limit)}. Delete what you do not need, or request more at https://console.cloud.google.com/iam-admin/quotas. Then run the command again:\npulumi up`,
  },
  {
    says: /zone '(?:projects\/[^']*\/)?(?<zone>[\w-]+)' does not have enough resources/,
    means: ({ zone }) =>
      `Google has no capacity for the VM in ${zone} right now. Try again in an hour, or move the site and its data to another zone of the region: \`gcloud compute zones list\` shows all.\npulumi config set zone ${zone?.replace(/-[a-z]$/, zone.endsWith("-c") ? "-b" : "-c")}`,
  },
  {
    says: /Machine type with name '(?<type>[\w-]+)' does not exist in zone '(?<zone>[\w-]+)'/,
    means: ({ type, zone }) =>
      `The zone ${zone} has no machine type ${type}. \`gcloud compute machine-types list --zones ${zone}\` shows the types it has:\npulumi config set machineType e2-micro`,
  },
  {
    says: /Invalid value for field 'zone': '(?<zone>[^']*)'\. Unknown zone/,
    means: ({ zone }) =>
      `Compute Engine does not have the zone ${zone}. \`gcloud compute zones list\` shows all:\npulumi config set zone us-central1-a`,
  },
  {
    says: /Error 409: The resource '(?<resource>projects\/[^']+)' already exists|Error 409: Service account \S+ already exists[\s\S]*?"resourceName": "(?<account>[^"]+)"/,
    means: ({ resource, account, id = resource ?? account ?? "" }, urn) =>
      `It already exists: an interrupted run created it before Pulumi could record it, or somebody else did. If it belongs to this site, import it and run the command again:\n${importLine(urn, id)}`,
  },
  {
    // This rule comes before the next ones, which match the same request but have another cause.
    says: /api\.cloudflare\.com\S*origin_tls_client_auth\S*"[\s\S]*"code":143[34]\b/,
    means: () =>
      "Cloudflare still uses the client certificate that the run tried to delete: it is being deployed, or one of the site's names used it until now. This ends within a few minutes. Nothing is wrong: run the command again in a minute.",
  },
  {
    says: /api\.cloudflare\.com[^"]*\/originca?\/?certificates[^"]*": 403|api\.cloudflare\.com\S*(?:certificates|origin_tls_client_auth)\S*": 40[013]/,
    means: () =>
      "Cloudflare's token has no permission to create certificates. It needs, for the site's zone: SSL and Certificates: Edit (https://dash.cloudflare.com/profile/api-tokens). With another token:\npulumi config set --secret cloudflare:apiToken",
  },
  {
    says: /api\.cloudflare\.com[\s\S]*(?:"code":(?:10000|9109|9106|6003|6111)\b)/,
    means: () =>
      "Cloudflare rejects the token, or the token lacks a permission. It needs, for the site's zone: Zone: Read, DNS: Edit, and behind Cloudflare SSL and Certificates: Edit, Zone Settings: Read (https://dash.cloudflare.com/profile/api-tokens). With another token:\npulumi config set --secret cloudflare:apiToken",
  },
  {
    says: new RegExp(`${dial}dial tcp \\S+: connect: connection refused`),
    means: (_, _urn, target) =>
      `The machine is reachable, but nothing answers at its SSH port. It may still be starting: run the command again in a minute. If it still fails, ${target === "gcp" ? "sshd is not running: the VM's serial console in Google's console says why" : "sshd is not running there, or uses another port (ssh.port)"}.\npulumi up`,
  },
  {
    says: new RegExp(
      `${dial}dial tcp \\S+: (?:i/o timeout|connect: (?:no route to host|network is unreachable|connection timed out|host is down))`,
    ),
    means: (_, _urn, target) =>
      target === "gcp"
        ? "The VM does not answer at its SSH port: it is down, or its firewall blocks this machine. The firewall allows only the addresses in sshFrom, so add your current address (curl https://ifconfig.me shows it):\npulumi config set --path 'sshFrom[0]' \"$(curl -s https://ifconfig.me)/32\""
        : "The machine does not answer at its SSH port: it is off, has another address or port (ssh.host, ssh.port), or a firewall blocks this machine. When `ssh` works from here, run the command again:\npulumi up",
  },
  {
    says: new RegExp(`${dial}dial tcp: lookup (?<host>\\S+?)(?: on \\S+)?: no such host`),
    means: ({ host }) =>
      `The host name ${host} does not exist. Set the machine's name or address:\npulumi config set --path ssh.host 203.0.113.7`,
  },
  {
    says: new RegExp(`${dial}ssh: handshake failed: ssh: host key mismatch`),
    means: (_, urn, target) =>
      `The machine presents an unexpected host key, so nothing was sent to it. Either it was reinstalled, or somebody in between impersonates it. ${
        target === "gcp"
          ? `A restart installs the VM's own key again. Restart it, and run the command again:\n${restart(urn)}`
          : 'Compare with /etc/ssh/ssh_host_ed25519_key.pub on the machine itself before you set it:\npulumi config set --path ssh.hostKey "ssh-ed25519 AAAA..."'
      }`,
  },
  {
    says: new RegExp(`${dial}ssh: (?:handshake failed: (?:ssh: unable to authenticate|EOF)|unable to authenticate)`),
    means: (_, urn, target) =>
      target === "gcp"
        ? `The VM rejects the stack's SSH key (after some attempts it just closes the connection). Google's guest agent installs the key shortly after the start: run the command again in a minute. If it still fails, restart the VM first:\n${restart(urn)}`
        : "The machine rejects the SSH key (after some attempts it just closes the connection). ssh.privateKey must be the key whose public half is in ~/.ssh/authorized_keys of the user (ssh.user):\ncat ~/.ssh/id_ed25519 | pulumi config set --secret --path ssh.privateKey",
  },
  {
    says: /^wait: remote command exited without exit status/,
    means: () =>
      "The connection to the machine was lost while a command ran there. The machine finishes that command by itself. Run yours again to continue:\npulumi up",
  },
];

/** Errors that the CLI itself reports before its first event. */
const rulesOfTheCli: Rule[] = [
  {
    says: /stack is currently locked by \d+ lock|Another update is currently in progress/,
    means: () =>
      "Another run is in progress, or a killed run left its lock. If no other run is in progress, remove the lock and run the command again:\npulumi cancel --yes",
  },
  {
    says: /configuration key '(?:jupyter-up:)?(?<key>\w+)' must be of type 'array<string>'/,
    means: ({ key }) =>
      `YAML reads an unquoted entry of ${key} as a number, a date or a boolean. Set it as a text by its position in the list:\npulumi config set --path '${key}[0]' --type string '<entry>'`,
  },
];

/**
 * Explains an error text in plain words, with the command that fixes it on the last line; undefined if unknown. Skips
 * the output of failed commands: its words about networks, keys and permissions are about other machines.
 */
export function explain(text: string, urn = "", target: Target = "ssh"): string | undefined {
  const words = providersWords(text);
  return words === undefined ? undefined : firstOf([...rules, ...rulesOfTheCli], words, urn, target);
}

/** An explanation as it is shown: the command on the last line is indented. */
export function layOut(explanation: string): string {
  return explanation.replace(/\n(?=[^\n]*$)/, "\n  ");
}

/** Explains the final message of the CLI itself if it refused to start the run; undefined if unknown. */
export function explainCli(text: string): string | undefined {
  return firstOf(rulesOfTheCli, text, "", "local");
}

function firstOf(among: Rule[], text: string, urn: string, target: Target): string | undefined {
  for (const { says, means } of among) {
    const found = says.exec(text);
    if (found) return means(found.groups ?? {}, urn, target);
  }
  return undefined;
}

/** The command that restarts the stack's VM. gcloud asks for the zone. */
function restart(urn: string): string {
  const [stack = "", project = ""] = urn.replace(/^urn:pulumi:/, "").split("::");
  return `gcloud compute instances reset ${cloudName(project, stack)}`;
}

/**
 * The command that imports an existing object as the resource of a URN. A child's name starts with the name of its
 * component: `host-network` is a child of `host`.
 */
function importLine(urn: string, id: string): string {
  const [stack, project, types = "", name = ""] = urn.replace(/^urn:pulumi:/, "").split("::");
  const chain = types.split("$");
  const type = chain.at(-1);
  const component = `urn:pulumi:${stack}::${project}::${chain.slice(0, -1).join("$")}::${name.split("-")[0]}`;
  const parent = chain.length > 1 ? ` --parent ${name.split("-")[0]}='${component}'` : "";
  return `pulumi import ${type} ${name} ${id}${parent} --protect=false --generate-code=false`;
}
