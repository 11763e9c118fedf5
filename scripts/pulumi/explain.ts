/**
 * Plain words for what providers say when they refuse: what is wrong, and the command that mends it. Pure.
 *
 * They are said by the scripts, and not by an error hook of the program, because Pulumi's language host has to know hooks,
 * and that of a machine which reaches only package registries does not.
 */

import { cloudName } from "../../components/names.ts";
import { type EngineEvent, providersWords } from "./engineEvents.ts";

/** Which machine a stack's commands go to. */
export type Target = "local" | "gcp" | "ssh";

interface Rule {
  says: RegExp;
  /**
   * @param found the expression's groups
   * @param urn the resource that the error is of; empty when that is not known
   */
  means(found: Record<string, string | undefined>, urn: string, target: Target): string;
}

/** What the command provider says when it gave up connecting: no other error of the network begins like this. */
const dial = "^after \\d+ failed attempts: ";

/** What the user has to be in the project, and the line that gives a role. An owner has them all. */
const roles =
  "The site needs the roles Compute Admin, Service Account Admin and Service Account User in the project; an owner of it gives them:";
const grant = (role: string, project = "my-project-123456") =>
  `gcloud projects add-iam-policy-binding ${project} --member user:you@example.com --role roles/${role}`;

const rules: Rule[] = [
  {
    says: /could not find default credentials|No credentials loaded|neither valid json nor a valid file path|invalid_grant|Error 401.*authError/,
    means: () =>
      "Google Cloud does not know who asks, or does not take the credentials it was shown. Sign in anew:\ngcloud auth application-default login",
  },
  {
    says: /API has not been used in project (?<project>\S+) before or it is disabled[\s\S]*?"service": "(?<service>[a-z.]+)"/,
    means: ({ project, service }) =>
      `The project has this API of Google's switched off. Switch it on, wait two minutes, and run the command again:\ngcloud services enable ${service} --project ${project}`,
  },
  {
    says: /Error 404: The resource 'projects\/(?<project>[^/']+)' was not found|Project '?(?<other>[\w-]+)'? not found|Unknown project id: (?<third>[\w-]+)/i,
    means: ({ project, other, third }) =>
      `There is no project ${project ?? other ?? third}, or you may not see it. \`gcloud projects list\` shows yours:\npulumi config set project my-project-123456`,
  },
  {
    says: /Error 403: Required '(?<permission>[\w.]+)' permission for 'projects\/(?<project>[^/']+)/,
    means: ({ permission, project }) =>
      `Your Google account lacks the right ${permission} in the project. ${roles}\n${grant("compute.admin", project)}`,
  },
  {
    says: /Error 403: Permission '?(?<permission>iam\.[\w.]+)'? (?:denied|is required to perform this operation on project projects\/(?<project>[\w-]+))/,
    means: ({ permission, project }) =>
      `Your Google account lacks the right ${permission} in the project. ${roles}\n${grant("iam.serviceAccountAdmin", project)}`,
  },
  {
    says: /The user does not have access to service account '(?<account>[^'@]+@(?<project>[\w-]+)[^']*)'/,
    means: ({ account, project }) =>
      `Your Google account may not let a VM run as ${account}, the account that the site has made for it. ${roles}\n${grant("iam.serviceAccountUser", project)}`,
  },
  {
    says: /requires billing to be enabled\. Please enable billing on project #?(?<project>[\w-]+)|Billing account for project '?(?<other>[\w-]+)'? is not found/,
    means: ({ project, other }) =>
      `The project has no billing account. Google asks for one before it makes a VM, the free one, too. \`gcloud billing accounts list\` shows yours. Link it, wait two minutes, and run the command again:\ngcloud billing projects link ${project ?? other} --billing-account 000000-000000-000000`,
  },
  {
    says: /pd-standard disk type cannot be used by (?<type>[\w-]+) machine type/,
    means: ({ type }) =>
      `Machines of the type ${type} take no disk of the type pd-standard, which the site has. Set another one, and run the command again, which also starts a VM that was stopped for this:\npulumi config set machineType e2-micro`,
  },
  {
    says: /::host-(?:data|vm)" cannot be deleted\s+because it is protected|Cannot delete instance \S+: instance Deletion Protection is enabled/,
    means: () =>
      "Your work lies on that disk, and protectData keeps it. Download what you need; then allow it, and run the command again:\npulumi config set protectData false && pulumi up",
  },
  {
    says: /Quota '(?<metric>\w+)' exceeded\.\s+Limit: (?<limit>[\d.]+)/,
    means: ({ metric, limit }) =>
      `The project may have ${Number(limit)} of ${metric} and no more. Take away what is not needed, or ask for more at https://console.cloud.google.com/iam-admin/quotas; then run the command again:\npulumi up`,
  },
  {
    says: /zone '(?:projects\/[^']*\/)?(?<zone>[\w-]+)' does not have enough resources/,
    means: ({ zone }) =>
      `Google has no room for the VM in ${zone} right now. Try again in an hour, or take another zone of the region, into which the work comes along: \`gcloud compute zones list\` shows all.\npulumi config set zone ${zone?.replace(/-[a-z]$/, zone.endsWith("-c") ? "-b" : "-c")}`,
  },
  {
    says: /Machine type with name '(?<type>[\w-]+)' does not exist in zone '(?<zone>[\w-]+)'/,
    means: ({ type, zone }) =>
      `The zone ${zone} has no machines of the type ${type}. \`gcloud compute machine-types list --zones ${zone}\` shows what it has:\npulumi config set machineType e2-micro`,
  },
  {
    says: /Invalid value for field 'zone': '(?<zone>[^']*)'\. Unknown zone/,
    means: ({ zone }) =>
      `Compute Engine has no zone ${zone}. \`gcloud compute zones list\` shows all:\npulumi config set zone us-central1-a`,
  },
  {
    says: /Error 409: The resource '(?<resource>projects\/[^']+)' already exists|Error 409: Service account \S+ already exists[\s\S]*?"resourceName": "(?<account>[^"]+)"/,
    means: ({ resource, account, id = resource ?? account ?? "" }, urn) =>
      `It is there already: of a run that was cut off before Pulumi could note it, or of somebody else's making. If it is this site's, take it over, and run the command again:\n${importLine(urn, id)}`,
  },
  {
    // Before what such an answer means elsewhere.
    says: /api\.cloudflare\.com\S*origin_tls_client_auth\S*"[\s\S]*"code":143[34]\b/,
    means: () =>
      "Cloudflare still uses the client certificate that was to be deleted: it is being deployed, or was for one of the site's names until now. That ends within some minutes. Nothing is wrong: run the command again in a minute.",
  },
  {
    says: /api\.cloudflare\.com[^"]*\/originca?\/?certificates[^"]*": 403|api\.cloudflare\.com\S*(?:certificates|origin_tls_client_auth)\S*": 40[013]/,
    means: () =>
      "Cloudflare's token may not make certificates. It needs, for the site's zone: SSL and Certificates: Edit (https://dash.cloudflare.com/profile/api-tokens). With another token:\npulumi config set --secret cloudflare:apiToken",
  },
  {
    says: /api\.cloudflare\.com[\s\S]*(?:"code":(?:10000|9109|9106|6003|6111)\b)/,
    means: () =>
      "Cloudflare does not take the token, or the token may not do this. It needs, for the site's zone: Zone: Read, DNS: Edit, and behind Cloudflare SSL and Certificates: Edit, Zone Settings: Read (https://dash.cloudflare.com/profile/api-tokens). With another token:\npulumi config set --secret cloudflare:apiToken",
  },
  {
    says: new RegExp(`${dial}dial tcp \\S+: connect: connection refused`),
    means: (_, _urn, target) =>
      `The machine is there, and nothing answers at its SSH port. It may still be starting: run the command again in a minute. If it stays so, ${target === "gcp" ? "sshd does not run: the VM's serial console in Google's console says why" : "sshd does not run there, or has another port (ssh.port)"}.\npulumi up`,
  },
  {
    says: new RegExp(
      `${dial}dial tcp \\S+: (?:i/o timeout|connect: (?:no route to host|network is unreachable|connection timed out|host is down))`,
    ),
    means: (_, _urn, target) =>
      target === "gcp"
        ? "The VM does not answer at its SSH port at all: it is down, or its firewall drops what comes from here. It lets in sshFrom, where the address you come from now has to be (curl https://ifconfig.me shows it):\npulumi config set --path 'sshFrom[0]' \"$(curl -s https://ifconfig.me)/32\""
        : "The machine does not answer at its SSH port at all: it is switched off, has another address or port (ssh.host, ssh.port), or a firewall drops what comes from here. When `ssh` gets there from here, run the command again:\npulumi up",
  },
  {
    says: new RegExp(`${dial}dial tcp: lookup (?<host>\\S+?)(?: on \\S+)?: no such host`),
    means: ({ host }) =>
      `There is no machine of the name ${host}. Set its name or address:\npulumi config set --path ssh.host 203.0.113.7`,
  },
  {
    says: new RegExp(`${dial}ssh: handshake failed: ssh: host key mismatch`),
    means: (_, urn, target) =>
      `The machine shows another host key than the one it is known by, and nothing was sent to it. Either it was set up anew, or somebody on the way poses as it. ${
        target === "gcp"
          ? `The VM takes up its own key again when it is restarted; then run the command again:\n${restart(urn)}`
          : 'Compare with /etc/ssh/ssh_host_ed25519_key.pub on the machine itself before you set it:\npulumi config set --path ssh.hostKey "ssh-ed25519 AAAA..."'
      }`,
  },
  {
    says: new RegExp(`${dial}ssh: (?:handshake failed: (?:ssh: unable to authenticate|EOF)|unable to authenticate)`),
    means: (_, urn, target) =>
      target === "gcp"
        ? `The VM does not let the stack's key in (after some tries it only hangs up). Google's guest agent puts the key in place a moment after the start: run the command again in a minute. If it stays so, restart the VM first:\n${restart(urn)}`
        : "The machine does not let the key in (after some tries it only hangs up). Its public half has to be in ~/.ssh/authorized_keys of the user (ssh.user), and it is the key in ssh.privateKey that counts:\ncat ~/.ssh/id_ed25519 | pulumi config set --secret --path ssh.privateKey",
  },
  {
    says: /^wait: remote command exited without exit status/,
    means: () =>
      "The connection to the machine was cut while a command ran there. The machine ends by itself what it was doing. Run the command again: it goes on from there.\npulumi up",
  },
];

/** What the CLI itself refuses, before there is an event. */
const rulesOfTheCli: Rule[] = [
  {
    says: /stack is currently locked by \d+ lock|Another update is currently in progress/,
    means: () =>
      "Another run is under way, or one was killed and left its lock. If none is, take the lock away, and run the command again:\npulumi cancel --yes",
  },
  {
    says: /configuration key '(?:jupyter-up:)?(?<key>\w+)' must be of type 'array<string>'/,
    means: ({ key }) =>
      `An entry of ${key} is a number, a date or a yes or no to YAML, because it has no quotes. As a text it is set by its place in the list:\npulumi config set --path '${key}[0]' --type string '<entry>'`,
  },
];

/**
 * What an error text means, in plain words, the mending command on the last line; undefined where nothing is known. The output
 * of a command that failed is passed over: what it says of networks, keys and rights is about other machines than ours.
 */
export function explain(text: string, urn = "", target: Target = "ssh"): string | undefined {
  const words = providersWords(text);
  return words === undefined ? undefined : firstOf([...rules, ...rulesOfTheCli], words, urn, target);
}

/** The explanations of what went wrong in a run, each once. */
export function explanations(events: EngineEvent[], target: Target = "ssh"): string[] {
  const texts = events.flatMap(({ diagnosticEvent }) => {
    const words =
      diagnosticEvent?.severity === "error" && explain(diagnosticEvent.message, diagnosticEvent.urn, target);
    return words ? [words] : [];
  });
  return [...new Set(texts)];
}

/** What the CLI's own last words mean, for a run that it refused before it began; none where nothing is known. */
export function explanationsOfTheCli(stderr: string): string[] {
  const words = firstOf(rulesOfTheCli, stderr, "", "local");
  return words ? [words] : [];
}

/** What to do about resources of which the engine does not know whether they were made, as a run was cut off; mostly nothing. */
export function pendingOperations(events: EngineEvent[]): string[] {
  const names = events.flatMap(({ diagnosticEvent }) =>
    diagnosticEvent?.severity === "warning" && diagnosticEvent.message.includes("pending operations")
      ? [...diagnosticEvent.message.matchAll(/::([^:\s]+), interrupted while (?:creating|importing)/g)].map(
          ([, name]) => name,
        )
      : [],
  );
  if (names.length === 0) return [];
  return [
    `An earlier run was cut off while it created ${[...new Set(names)].join(", ")}, and Pulumi warns of that in each run. If the site runs, that is over; let Pulumi forget it:\npulumi refresh --yes --non-interactive --clear-pending-creates`,
  ];
}

function firstOf(among: Rule[], text: string, urn: string, target: Target): string | undefined {
  for (const { says, means } of among) {
    const found = says.exec(text);
    if (found) return means(found.groups ?? {}, urn, target);
  }
  return undefined;
}

/** The command that restarts the VM of the stack. It asks for the zone. */
function restart(urn: string): string {
  const [stack = "", project = ""] = urn.replace(/^urn:pulumi:/, "").split("::");
  return `gcloud compute instances reset ${cloudName(project, stack)}`;
}

/** Takes over what exists as the resource of a URN. A child is named after its component: `host-network` of `host`. */
function importLine(urn: string, id: string): string {
  const [stack, project, types = "", name = ""] = urn.replace(/^urn:pulumi:/, "").split("::");
  const chain = types.split("$");
  const type = chain.at(-1);
  const component = `urn:pulumi:${stack}::${project}::${chain.slice(0, -1).join("$")}::${name.split("-")[0]}`;
  const parent = chain.length > 1 ? ` --parent ${name.split("-")[0]}='${component}'` : "";
  return `pulumi import ${type} ${name} ${id}${parent} --protect=false --generate-code=false`;
}
