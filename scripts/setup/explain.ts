/**
 * Plain words for what providers say when they refuse: what is wrong, and the command that mends it. Pure.
 *
 * They are said by the scripts, and not by an error hook of the program, because Pulumi's language host has to know hooks,
 * and that of a machine which reaches only package registries does not.
 */

import type { EngineEvent } from "./engineEvents.ts";

interface Rule {
  says: RegExp;
  /** @param found the expression's groups. */
  means(found: Record<string, string | undefined>, urn: string): string;
}

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
      `Whoever is signed in lacks the right ${permission} in the project. Compute Admin and Service Account Admin hold all that is needed; an owner of the project gives them:\ngcloud projects add-iam-policy-binding ${project} --member user:you@example.com --role roles/compute.admin`,
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
    says: /dial tcp \S+: connect: connection refused/,
    means: () =>
      "The machine is there, and nothing answers at its SSH port. It may still be starting: run the command again in a minute. If it stays so, sshd does not run, or has another port (ssh.port):\npulumi up",
  },
  {
    says: /dial tcp \S+: i\/o timeout|no route to host/,
    means: () =>
      "The machine does not answer at its SSH port at all: it is down, or a firewall drops what comes from here. That of a VM lets in sshFrom, where the address you come from now has to be (curl https://ifconfig.me shows it):\npulumi config set --path 'sshFrom[0]' \"$(curl -s https://ifconfig.me)/32\"",
  },
  {
    says: /dial tcp: lookup (?<host>\S+?)(?: on \S+)?: no such host/,
    means: ({ host }) =>
      `There is no machine of the name ${host}. Set its name or address:\npulumi config set --path ssh.host 203.0.113.7`,
  },
  {
    says: /ssh: host key mismatch/,
    means: () =>
      'The machine shows another host key than the one it is known by, and nothing was sent to it. Either it was set up anew, or somebody on the way poses as it. A VM at Google takes up its own key again when it is restarted. Of a machine you have (target ssh), compare with /etc/ssh/ssh_host_ed25519_key.pub on the machine itself before you set it:\npulumi config set --path ssh.hostKey "ssh-ed25519 AAAA..."',
  },
  {
    says: /ssh: unable to authenticate|ssh: handshake failed: EOF/,
    means: () =>
      "The machine does not let the key in (after some tries it only hangs up). Its public half has to be in ~/.ssh/authorized_keys of the user (ssh.user), and it is the key in ssh.privateKey that counts:\ncat ~/.ssh/id_ed25519 | pulumi config set --secret --path ssh.privateKey",
  },
  {
    says: /stack is currently locked by \d+ lock/,
    means: () =>
      "Another run is under way, or one was killed and left its lock. If none is, take the lock away, and run the command again:\npulumi cancel --yes",
  },
];

/** What an error text means, in plain words, the mending command on the last line; undefined where nothing is known. */
export function explain(text: string, urn = ""): string | undefined {
  for (const { says, means } of rules) {
    const found = says.exec(text);
    if (found) return means(found.groups ?? {}, urn);
  }
  return undefined;
}

/** The explanations of what went wrong in a run, each once. */
export function explanations(events: EngineEvent[]): string[] {
  const texts = events.flatMap(({ diagnosticEvent }) => {
    const words = diagnosticEvent?.severity === "error" && explain(diagnosticEvent.message, diagnosticEvent.urn);
    return words ? [words] : [];
  });
  return [...new Set(texts)];
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
