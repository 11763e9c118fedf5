import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import {
  accountExists,
  accountNotUsable,
  alreadyExists,
  apiNotEnabled,
  billingDisabled,
  iamPermissionDenied,
  permissionDenied,
  quotaExceeded,
  zoneExhausted,
} from "../../../offline/providers/packages/gcp/apiErrors.ts";
import { explain, explanations, pendingOperations } from "../../../scripts/pulumi/explain.ts";

const dial = (error: string) => `after 10 failed attempts: ${error}`;
const cloudflare = (path: string, status: number, code: number) =>
  `failed to make http request: POST "https://api.cloudflare.com/client/v4${path}": ${status} Forbidden {"result":null,"success":false,"errors":[{"code":${code},"message":"Authentication error"}],"messages":[]}`;

describe("A provider's error is explained, and ends in a command:", () => {
  const rows: [name: string, text: string, words: RegExp, command: string][] = [
    [
      "no Google credentials",
      "failed to load application credentials. Original error: google: could not find default credentials. See https://cloud.google.com/docs",
      /does not know who asks/,
      "gcloud auth application-default login",
    ],
    [
      "an API that is not enabled",
      apiNotEnabled("Compute Engine API", "compute.googleapis.com", "123456789012"),
      /API of Google's switched off/,
      "gcloud services enable compute.googleapis.com --project 123456789012",
    ],
    [
      "a project that is not there",
      "googleapi: Error 404: The resource 'projects/no-project-1' was not found, notFound",
      /no project no-project-1/,
      "pulumi config set project my-project-123456",
    ],
    [
      "a right that is missing",
      permissionDenied("compute.networks.create", "projects/p-123456/global/networks/net"),
      /lacks the right compute\.networks\.create[\s\S]*Compute Admin, Service Account Admin and Service Account User/,
      "gcloud projects add-iam-policy-binding p-123456 --member user:you@example.com --role roles/compute.admin",
    ],
    [
      "a right of IAM's that is missing",
      iamPermissionDenied("iam.serviceAccounts.create"),
      /lacks the right iam\.serviceAccounts\.create[\s\S]*Compute Admin, Service Account Admin and Service Account User/,
      "gcloud projects add-iam-policy-binding my-project-123456 --member user:you@example.com --role roles/iam.serviceAccountAdmin",
    ],
    [
      "the same in IAM's older words",
      "googleapi: Error 403: Permission iam.serviceAccounts.create is required to perform this operation on project projects/p-123456., forbidden",
      /lacks the right iam\.serviceAccounts\.create/,
      "gcloud projects add-iam-policy-binding p-123456 --member user:you@example.com --role roles/iam.serviceAccountAdmin",
    ],
    [
      "an account that a VM may not run as",
      accountNotUsable("jupyter-up-dev@p-123456.iam.gserviceaccount.com"),
      /run as jupyter-up-dev@p-123456\.iam\.gserviceaccount\.com/,
      "gcloud projects add-iam-policy-binding p-123456 --member user:you@example.com --role roles/iam.serviceAccountUser",
    ],
    [
      "a project without a billing account",
      billingDisabled("p-123456"),
      /no billing account/,
      "gcloud billing projects link p-123456 --billing-account 000000-000000-000000",
    ],
    [
      "a machine type that takes no pd-standard",
      "googleapi: Error 400: pd-standard disk type cannot be used by n4-standard-2 machine type., badRequest",
      /type n4-standard-2 take no disk/,
      "pulumi config set machineType e2-micro",
    ],
    [
      "a protected disk",
      'resource "urn:pulumi:dev::jupyter-up::jupyter-up:index:GcpVm$gcp:compute/disk:Disk::host-data" cannot be deleted\nbecause it is protected. To unprotect the resource, either remove the `protect` flag',
      /protectData keeps it/,
      "pulumi config set protectData false && pulumi up",
    ],
    [
      "a VM that Google protects",
      'Cannot delete instance jupyter-up-dev: instance Deletion Protection is enabled. Set deletion_protection to false for this resource and run "terraform apply" before attempting to delete it.',
      /protectData keeps it/,
      "pulumi config set protectData false && pulumi up",
    ],
    ["a quota", quotaExceeded("CPUS", 24, "in region us-central1"), /may have 24 of CPUS/, "pulumi up"],
    [
      "a full zone",
      zoneExhausted("projects/p-123456/zones/us-central1-a"),
      /no room for the VM in us-central1-a/,
      "pulumi config set zone us-central1-c",
    ],
    [
      "a machine type that the zone has not",
      "Machine type with name 'c4-standard-2' does not exist in zone 'us-east1-b'.",
      /us-east1-b has no machines of the type c4-standard-2/,
      "pulumi config set machineType e2-micro",
    ],
    [
      "a zone that is none",
      "Invalid value for field 'zone': 'mars-east1-a'. Unknown zone.",
      /no zone mars-east1-a/,
      "pulumi config set zone us-central1-a",
    ],
    [
      "Cloudflare's token without a right",
      cloudflare("/zones/z/dns_records", 403, 10000),
      /Zone: Read, DNS: Edit/,
      "pulumi config set --secret cloudflare:apiToken",
    ],
    [
      "Cloudflare's token that may not make certificates",
      cloudflare("/certificates", 403, 10000),
      /may not make certificates/,
      "pulumi config set --secret cloudflare:apiToken",
    ],
    ["SSH refused", dial("dial tcp 203.0.113.7:22: connect: connection refused"), /may still be starting/, "pulumi up"],
    ["SSH that does not answer", dial("dial tcp 203.0.113.7:22: i/o timeout"), /ssh\.port/, "pulumi up"],
    [
      "SSH on a network without a route",
      dial("dial tcp 203.0.113.7:22: connect: no route to host"),
      /off/,
      "pulumi up",
    ],
    [
      "a connection that is cut",
      "wait: remote command exited without exit status or exit signal: running \"sudo -n sh -c 'site-apply'\":\njupyter: starts\n",
      /connection to the machine was cut/,
      "pulumi up",
    ],
    [
      "a name that nobody has",
      dial("dial tcp: lookup box.example.com on 127.0.0.53:53: no such host"),
      /no machine of the name box\.example\.com/,
      "pulumi config set --path ssh.host 203.0.113.7",
    ],
    [
      "another host key",
      dial("ssh: handshake failed: ssh: host key mismatch"),
      /nothing was sent to it/,
      'pulumi config set --path ssh.hostKey "ssh-ed25519 AAAA..."',
    ],
    [
      "a key that is not let in",
      dial(
        "ssh: handshake failed: ssh: unable to authenticate, attempted methods [none publickey], no supported methods remain",
      ),
      /does not let the key in/,
      "cat ~/.ssh/id_ed25519 | pulumi config set --secret --path ssh.privateKey",
    ],
    [
      "a key that is not let in, after sshd has lost its patience",
      dial("ssh: handshake failed: EOF"),
      /does not let the key in/,
      "cat ~/.ssh/id_ed25519 | pulumi config set --secret --path ssh.privateKey",
    ],
    [
      "the lock of a run that was killed",
      "error: the stack is currently locked by 1 lock(s). Either wait for the other process(es) to end or delete the lock file with `pulumi cancel`.",
      /take the lock away/,
      "pulumi cancel --yes",
    ],
    [
      "a number in a list of texts",
      "error: validating stack config: Stack 'home' with configuration key 'allow' must be of type 'array<string>'",
      /An entry of allow is a number/,
      "pulumi config set --path 'allow[0]' --type string '<entry>'",
    ],
    [
      "the lock that Pulumi's service keeps",
      "error: [409] Conflict: Another update is currently in progress.",
      /take the lock away/,
      "pulumi cancel --yes",
    ],
  ];
  for (const [name, text, words, command] of rows)
    it(name, () => {
      const explained = explain(text) ?? "";
      assert.match(explained, words);
      assert.equal(explained.split("\n").at(-1), command);
    });

  it("a VM of ours that cannot be reached is explained by settings that target gcp has", () => {
    const urn = "urn:pulumi:dev::jupyter-up::jupyter-up:index:GcpVm$command:remote:Command::host-provision";
    const sshFrom = "pulumi config set --path 'sshFrom[0]' \"$(curl -s https://ifconfig.me)/32\"";
    const rows: [error: string, words: RegExp, command: string][] = [
      ["dial tcp 203.0.113.7:22: i/o timeout", /firewall/, sshFrom],
      ["dial tcp 203.0.113.7:22: connect: no route to host", /firewall/, sshFrom],
      ["dial tcp 203.0.113.7:22: connect: connection refused", /may still be starting/, "pulumi up"],
      [
        "ssh: handshake failed: ssh: host key mismatch",
        /another host key/,
        "gcloud compute instances reset jupyter-up-dev",
      ],
      [
        "ssh: handshake failed: EOF",
        /does not let the stack's key in/,
        "gcloud compute instances reset jupyter-up-dev",
      ],
    ];
    for (const [error, words, command] of rows) {
      const explained = explain(dial(error), urn, "gcp") ?? "";
      assert.match(explained, words);
      assert.equal(explained.split("\n").at(-1), command);
      assert.doesNotMatch(explained, /ssh\.[a-z]/i);
      assert.doesNotMatch(explain(dial(error), urn, "ssh") ?? "", /sshFrom|gcloud/);
    }
  });

  it("a client certificate that Cloudflare still uses is deleted by the same command, whichever that was", () => {
    for (const [code, said] of [
      [1433, "in use"],
      [1434, "pending deployment"],
    ] as const) {
      const path = "/zones/z/origin_tls_client_auth/hostnames/certificates/c";
      const text = cloudflare(path, 400, code).replace("POST", "DELETE").replace("Authentication error", said);
      assert.match(String(explain(text)), /still uses the client certificate.* run the command again in a minute\.$/);
    }
  });

  it("what is there already is taken over, into its component", () => {
    const urn = "urn:pulumi:dev::jupyter-up::jupyter-up:index:GcpVm$gcp:compute/network:Network::host-network";
    const text = `Error creating Network: ${alreadyExists("projects/p-123456/global/networks/net")}`;
    assert.equal(
      explain(text, urn)?.split("\n").at(-1),
      "pulumi import gcp:compute/network:Network host-network projects/p-123456/global/networks/net --parent host='urn:pulumi:dev::jupyter-up::jupyter-up:index:GcpVm::host' --protect=false --generate-code=false",
    );
  });

  it("... so is a service account, which another API has other words for", () => {
    const urn = "urn:pulumi:dev::jupyter-up::jupyter-up:index:GcpVm$gcp:serviceaccount/account:Account::host-account";
    const text = `Error creating service account: ${accountExists("site", "p-123456")}`;
    assert.match(
      explain(text, urn)?.split("\n").at(-1) ?? "",
      /^pulumi import gcp:serviceaccount\/account:Account host-account projects\/p-123456\/serviceAccounts\/site@p-123456\.iam\.gserviceaccount\.com /,
    );
  });

  it("what Docker or a container says is not taken for a provider's error", () => {
    const pulled = (error: string) =>
      `quay.io/jupyter/scipy-notebook:2026-08-08 could not be pulled. Docker says: Error response from daemon: Get "https://quay.io/v2/": ${error}`;
    const said = [
      pulled("dial tcp: lookup quay.io on 127.0.0.11:53: no such host"),
      pulled("dial tcp 203.0.113.9:443: i/o timeout"),
      pulled("dial tcp 203.0.113.9:443: connect: connection refused"),
      pulled("dial tcp 203.0.113.9:443: connect: no route to host"),
      "after 3 failed attempts: dial tcp 10.0.0.2:3306: connect: connection refused",
      "ssh: handshake failed: ssh: unable to authenticate",
      "app: ssh: host key mismatch",
      "app: oauth2: invalid_grant",
      "app: google: could not find default credentials",
      "app: googleapi: Error 404: The resource 'projects/other' was not found",
      `app: ${quotaExceeded("CPUS", 24, "globally")}`,
      `app: ${permissionDenied("compute.networks.create", "projects/p-123456/global/networks/net")}`,
      `app: ${alreadyExists("projects/p-123456/global/networks/net")}`,
      `app: ${cloudflare("/zones/z/dns_records", 403, 10000)}`,
      `lego: ${cloudflare("/certificates", 403, 10000)}`,
      "app: the stack is currently locked by 1 lock(s)",
      "app: wait: remote command exited without exit status or exit signal",
    ];
    const failures = [
      (text: string) => `error: exit status 3: running "exec 3<&0; { '/a b/site-apply' \\"x\\"; }":\n${text}\n`,
      (text: string) =>
        `<{%reset%}>Process exited with status 1: running "sudo -n sh -c 'site-apply'":\n${text}<{%reset%}>\n`,
      (text: string) =>
        `1 error occurred:\n\t* Process exited with status 137 from signal KILL: running "x":\n${text}\n\n`,
      (text: string) => `context canceled: running "x":\n${text}`,
    ];
    for (const text of said)
      for (const failure of failures) assert.equal(explain(failure(text)), undefined, failure(text));
  });

  it("an error of the network is SSH's only where the command provider says so", () => {
    for (const error of [
      "dial tcp 203.0.113.7:443: connect: connection refused",
      "dial tcp 203.0.113.7:443: i/o timeout",
      "dial tcp: lookup api.example.com on 127.0.0.53:53: no such host",
      "connect: no route to host",
      "ssh: handshake failed: EOF",
    ]) {
      assert.equal(explain(`Post "https://api.example.com/": ${error}`), undefined);
      assert.equal(explain(`something was tried after 3 failed attempts: ${error}`), undefined);
    }
  });

  it("a dial error is found in what the engine wraps around it", () => {
    const error = dial("dial tcp 203.0.113.7:22: connect: connection refused");
    for (const wrapped of [
      `error: ${error}`,
      `<{%reset%}>${error}<{%reset%}>\n`,
      `1 error occurred:\n\t* ${error}\n\n`,
    ])
      assert.match(explain(wrapped) ?? "", /nothing answers at its SSH port/);
  });

  it("nothing is made of what is not known", () => {
    assert.equal(explain("Process exited with status 3: the release did not start"), undefined);
    assert.equal(explain(""), undefined);
  });

  it("each thing is said once, and of errors only", () => {
    const event = (severity: string) => ({
      diagnosticEvent: { severity, message: quotaExceeded("CPUS", 24, "globally") },
    });
    assert.equal(explanations([event("error"), event("error"), event("debug")]).length, 1);
    assert.deepEqual(explanations([event("debug")]), []);
  });

  it("operations that are pending are named, with the command that forgets them", () => {
    const message = `Attempting to deploy or update resources with 2 pending operations from previous deployment.
  * urn:pulumi:local::jupyter-up::jupyter-up:index:SiteRelease$command:local:Command::site-release, interrupted while creating
  * urn:pulumi:local::jupyter-up::tls:index/privateKey:PrivateKey::authority-key, interrupted while updating
These resources are in an unknown state because the Pulumi CLI was interrupted while waiting for changes to these resources to complete. You should confirm whether or not the operations listed completed successfully by checking the state of the appropriate provider.`;
    const [words = "", ...others] = pendingOperations([{ diagnosticEvent: { severity: "warning", message } }]);
    assert.deepEqual(others, []);
    assert.match(words, /while it created site-release, and Pulumi/);
    assert.doesNotMatch(words, /authority-key/, "an update that was cut off is forgotten by itself");
    assert.equal(words.split("\n").at(-1), "pulumi refresh --yes --non-interactive --clear-pending-creates");
    assert.deepEqual(pendingOperations([{ diagnosticEvent: { severity: "warning", message: "Careful." } }]), []);
    assert.deepEqual(pendingOperations([{ diagnosticEvent: { severity: "info", message } }]), []);
  });
});
