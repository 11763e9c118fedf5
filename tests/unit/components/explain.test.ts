import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import { explain, layOut } from "../../../components/explain/explain.ts";

const dial = (error: string) => `after 10 failed attempts: ${error}`;
const cloudflare = (path: string, status: number, code: number) =>
  `failed to make http request: POST "https://api.cloudflare.com/client/v4${path}": ${status} Forbidden {"result":null,"success":false,"errors":[{"code":${code},"message":"Authentication error"}],"messages":[]}`;

// Errors of Google's API.
const networkExists =
  "googleapi: Error 409: The resource 'projects/p-123456/global/networks/net' already exists, alreadyExists";
const networkDenied =
  "googleapi: Error 403: Required 'compute.networks.create' permission for 'projects/p-123456/global/networks/net', forbidden";
const quotaExceeded = (where: string) =>
  `googleapi: Error 403: Quota 'CPUS' exceeded.  Limit: 24.0 ${where}., quotaExceeded`;

describe("explain() explains a provider's error, with a command as the last line:", () => {
  const rows: [name: string, text: string, words: RegExp, command: string][] = [
    [
      "no Google credentials",
      "failed to load application credentials. Original error: google: could not find default credentials. See https://cloud.google.com/docs",
      /found no valid credentials/,
      "gcloud auth application-default login",
    ],
    [
      "an API that is not enabled",
      `googleapi: Error 403: Compute Engine API has not been used in project 123456789012 before or it is disabled. Enable it by visiting https://console.developers.google.com/apis/api/compute.googleapis.com/overview?project=123456789012 then retry. If you enabled this API recently, wait a few minutes for the action to propagate to our systems and retry.
Details:
[
  {
    "@type": "type.googleapis.com/google.rpc.ErrorInfo",
    "domain": "googleapis.com",
    "metadatas": {
      "consumer": "projects/123456789012",
      "service": "compute.googleapis.com"
    },
    "reason": "SERVICE_DISABLED"
  }
]
, accessNotConfigured`,
      /Google API is disabled/,
      "gcloud services enable compute.googleapis.com --project 123456789012",
    ],
    [
      "a cluster that does not answer",
      'configured Kubernetes cluster is unreachable: unable to load schema information from the API server: Get "https://10.99.0.2:6444/openapi/v2?timeout=32s": dial tcp 10.99.0.2:6444: connect: connection refused',
      /The cluster does not answer at https:\/\/10\.99\.0\.2:6444 from this machine/,
      "kubectl get nodes",
    ],
    [
      "a cluster that does not accept the kubeconfig",
      "configured Kubernetes cluster is unreachable: unable to load schema information from the API server: the server has asked for the client to provide credentials",
      /does not accept the credentials in the kubeconfig/,
      "kubectl config view --flatten --minify --raw | pulumi config set --secret --path cluster.kubeconfig",
    ],
    [
      "another cluster at the same address",
      'configured Kubernetes cluster is unreachable: unable to load schema information from the API server: Get "https://10.99.0.2:6443/openapi/v2?timeout=32s": tls: failed to verify certificate: x509: certificate signed by unknown authority',
      /\(certificate signed by unknown authority\)/,
      "kubectl config view --flatten --minify --raw | pulumi config set --secret --path cluster.kubeconfig",
    ],
    [
      "an account that may not create a namespace",
      'namespaces "jupyter-up-dev" is forbidden: User "ann" cannot patch resource "namespaces" in API group "" in the namespace "jupyter-up-dev"',
      /The account ann of the kubeconfig may not patch namespaces in the cluster/,
      "kubectl config view --flatten --minify --raw | pulumi config set --secret --path cluster.kubeconfig",
    ],
    [
      "a project that does not exist",
      "googleapi: Error 404: The resource 'projects/no-project-1' was not found, notFound",
      /The project no-project-1 does not exist/,
      "pulumi config set project my-project-123456",
    ],
    [
      "a missing permission",
      networkDenied,
      /lacks the permission compute\.networks\.create[\s\S]*Compute Admin, Service Account Admin and Service Account User/,
      "gcloud projects add-iam-policy-binding p-123456 --member user:you@example.com --role roles/compute.admin",
    ],
    [
      "a missing IAM permission",
      `googleapi: Error 403: Permission 'iam.serviceAccounts.create' denied on resource (or it may not exist).
Details:
[
  {
    "@type": "type.googleapis.com/google.rpc.ErrorInfo",
    "domain": "iam.googleapis.com",
    "metadata": {
      "permission": "iam.serviceAccounts.create"
    },
    "reason": "IAM_PERMISSION_DENIED"
  }
]
, forbidden`,
      /lacks the permission iam\.serviceAccounts\.create[\s\S]*Compute Admin, Service Account Admin and Service Account User/,
      "gcloud projects add-iam-policy-binding my-project-123456 --member user:you@example.com --role roles/iam.serviceAccountAdmin",
    ],
    [
      "a missing IAM permission, in an older format",
      "googleapi: Error 403: Permission iam.serviceAccounts.create is required to perform this operation on project projects/p-123456., forbidden",
      /lacks the permission iam\.serviceAccounts\.create/,
      "gcloud projects add-iam-policy-binding p-123456 --member user:you@example.com --role roles/iam.serviceAccountAdmin",
    ],
    [
      "a service account that the user may not use",
      "googleapi: Error 400: The user does not have access to service account 'jupyter-up-dev@p-123456.iam.gserviceaccount.com'.  User: 'you@example.com'.  Ask a project owner to grant you the iam.serviceAccountUser role on the service account, badRequest",
      /run a VM as jupyter-up-dev@p-123456\.iam\.gserviceaccount\.com/,
      "gcloud projects add-iam-policy-binding p-123456 --member user:you@example.com --role roles/iam.serviceAccountUser",
    ],
    [
      "a project without a billing account",
      "googleapi: Error 403: This API method requires billing to be enabled. Please enable billing on project #p-123456 by visiting https://console.developers.google.com/billing/enable?project=p-123456 then retry. If you enabled billing for this project recently, wait a few minutes for the action to propagate to our systems and retry., accessNotConfigured",
      /no billing account/,
      "gcloud billing projects link p-123456 --billing-account 000000-000000-000000",
    ],
    [
      "a machine type without pd-standard",
      "googleapi: Error 400: pd-standard disk type cannot be used by n4-standard-2 machine type., badRequest",
      /type n4-standard-2 do not support the site's disk type/,
      "pulumi config set machineType e2-micro",
    ],
    [
      "a missing permission for keys",
      "googleapi: Error 403: Permission 'iam.serviceAccountKeys.create' denied on resource (or it may not exist)., forbidden",
      /lacks the permission iam\.serviceAccountKeys\.create/,
      "gcloud projects add-iam-policy-binding my-project-123456 --member user:you@example.com --role roles/iam.serviceAccountKeyAdmin",
    ],
    [
      "an organization that forbids keys",
      "googleapi: Error 400: Key creation is not allowed on this service account., failedPrecondition",
      /organization at Google forbids keys/,
      "pulumi config set --path backup.to s3:https://s3.example.com/my-bucket/jupyter-up",
    ],
    [
      "a missing permission for workflows",
      "googleapi: Error 403: Permission 'workflows.workflows.create' denied on 'projects/my-project-123456/locations/us-central1', forbidden",
      /lacks the permission workflows\.workflows\.create in the project, which the setting boost needs/,
      "gcloud projects add-iam-policy-binding my-project-123456 --member user:you@example.com --role roles/workflows.editor",
    ],
    [
      "no right to grant a role",
      "Error setting IAM policy for project: googleapi: Error 403: Policy update access denied., forbidden",
      /lacks the right to grant roles in the project, which the setting boost needs/,
      "gcloud projects add-iam-policy-binding my-project-123456 --member user:you@example.com --role roles/resourcemanager.projectIamAdmin",
    ],
    [
      "a missing permission for buckets",
      "googleapi: Error 403: you@example.com does not have storage.buckets.create access to the Google Cloud project. Permission 'storage.buckets.create' denied on resource (or it may not exist)., forbidden",
      /lacks the permission storage\.buckets\.create/,
      "gcloud projects add-iam-policy-binding my-project-123456 --member user:you@example.com --role roles/storage.admin",
    ],
    [
      "a protected disk",
      'resource "urn:pulumi:dev::jupyter-up::jupyter-up:index:GcpVm$gcp:compute/disk:Disk::host-data" cannot be deleted\nbecause it is protected. To unprotect the resource, either remove the `protect` flag',
      /protectData protects it/,
      "pulumi config set protectData false && pulumi up",
    ],
    [
      "a VM that Google protects",
      'Cannot delete instance jupyter-up-dev: instance Deletion Protection is enabled. Set deletion_protection to false for this resource and run "terraform apply" before attempting to delete it.',
      /protectData protects it/,
      "pulumi config set protectData false && pulumi up",
    ],
    ["an exceeded quota", quotaExceeded("in region us-central1"), /quota of CPUS is 24/, "pulumi up"],
    [
      "a zone without capacity",
      "The zone 'projects/p-123456/zones/us-central1-a' does not have enough resources available to fulfill the request.  Try a different zone, or try again later.",
      /no capacity for the VM in us-central1-a/,
      "pulumi config set zone us-central1-c",
    ],
    [
      "a machine type that the zone does not have",
      "Machine type with name 'c4-standard-2' does not exist in zone 'us-east1-b'.",
      /us-east1-b has no machine type c4-standard-2/,
      "pulumi config set machineType e2-micro",
    ],
    [
      "an unknown zone",
      "Invalid value for field 'zone': 'mars-east1-a'. Unknown zone.",
      /does not have the zone mars-east1-a/,
      "pulumi config set zone us-central1-a",
    ],
    [
      "a Cloudflare token without a permission",
      cloudflare("/zones/z/dns_records", 403, 10000),
      /Zone: Read, DNS: Edit/,
      "pulumi config set --secret cloudflare:apiToken",
    ],
    [
      "a Cloudflare token without permission to create certificates",
      cloudflare("/certificates", 403, 10000),
      /no permission to create certificates/,
      "pulumi config set --secret cloudflare:apiToken",
    ],
    ["SSH refused", dial("dial tcp 203.0.113.7:22: connect: connection refused"), /may still be starting/, "pulumi up"],
    ["SSH without an answer", dial("dial tcp 203.0.113.7:22: i/o timeout"), /ssh\.port/, "pulumi up"],
    [
      "SSH on a network without a route",
      dial("dial tcp 203.0.113.7:22: connect: no route to host"),
      /off/,
      "pulumi up",
    ],
    [
      "a lost connection",
      "wait: remote command exited without exit status or exit signal: running \"sudo -n sh -c 'site-apply'\":\njupyter: starts\n",
      /connection to the machine was lost/,
      "pulumi up",
    ],
    [
      "an unknown host name",
      dial("dial tcp: lookup box.example.com on 127.0.0.53:53: no such host"),
      /host name box\.example\.com does not exist/,
      "pulumi config set --path ssh.host 203.0.113.7",
    ],
    [
      "another host key",
      dial("ssh: handshake failed: ssh: host key mismatch"),
      /nothing was sent to it/,
      'pulumi config set --path ssh.hostKey "ssh-ed25519 AAAA..."',
    ],
    [
      "a rejected key",
      dial(
        "ssh: handshake failed: ssh: unable to authenticate, attempted methods [none publickey], no supported methods remain",
      ),
      /rejects the SSH key/,
      "cat ~/.ssh/id_ed25519 | pulumi config set --secret --path ssh.privateKey",
    ],
    [
      "a rejected key, after sshd closes the connection",
      dial("ssh: handshake failed: EOF"),
      /rejects the SSH key/,
      "cat ~/.ssh/id_ed25519 | pulumi config set --secret --path ssh.privateKey",
    ],
    [
      "the lock of a killed run",
      "error: the stack is currently locked by 1 lock(s). Either wait for the other process(es) to end or delete the lock file with `pulumi cancel`.",
      /remove the lock/,
      "pulumi cancel --yes",
    ],
    [
      "a number in a list of texts",
      "error: validating stack config: Stack 'home' with configuration key 'allow' must be of type 'array<string>'",
      /unquoted entry of allow as a number/,
      "pulumi config set --path 'allow[0]' --type string '<entry>'",
    ],
    [
      "the lock of an update in Pulumi Cloud",
      "error: [409] Conflict: Another update is currently in progress.",
      /remove the lock/,
      "pulumi cancel --yes",
    ],
  ];
  for (const [name, text, words, command] of rows)
    it(name, () => {
      const explained = explain(text) ?? "";
      assert.match(explained, words);
      assert.equal(explained.split("\n").at(-1), command);
      assert.equal(explain(layOut(explained)), undefined, "an explanation needs none itself");
    });

  it("explains an unreachable VM with settings of target gcp only", () => {
    const urn = "urn:pulumi:dev::jupyter-up::jupyter-up:index:GcpVm$command:remote:Command::host-provision";
    const sshFrom = "pulumi config set --path 'sshFrom[0]' \"$(curl -s https://ifconfig.me)/32\"";
    const rows: [error: string, words: RegExp, command: string][] = [
      ["dial tcp 203.0.113.7:22: i/o timeout", /firewall/, sshFrom],
      ["dial tcp 203.0.113.7:22: connect: no route to host", /firewall/, sshFrom],
      ["dial tcp 203.0.113.7:22: connect: connection refused", /may still be starting/, "pulumi up"],
      [
        "ssh: handshake failed: ssh: host key mismatch",
        /unexpected host key/,
        "gcloud compute instances reset jupyter-up-dev",
      ],
      ["ssh: handshake failed: EOF", /rejects the stack's SSH key/, "gcloud compute instances reset jupyter-up-dev"],
    ];
    for (const [error, words, command] of rows) {
      const explained = explain(dial(error), urn, "gcp") ?? "";
      assert.match(explained, words);
      assert.equal(explained.split("\n").at(-1), command);
      assert.doesNotMatch(explained, /ssh\.[a-z]/i);
      assert.doesNotMatch(explain(dial(error), urn, "ssh") ?? "", /sshFrom|gcloud/);
    }
  });

  it("asks to run the same command again if Cloudflare still uses the client certificate", () => {
    for (const [code, said] of [
      [1433, "in use"],
      [1434, "pending deployment"],
    ] as const) {
      const path = "/zones/z/origin_tls_client_auth/hostnames/certificates/c";
      const text = cloudflare(path, 400, code).replace("POST", "DELETE").replace("Authentication error", said);
      assert.match(String(explain(text)), /still uses the client certificate.* run the command again in a minute\.$/);
    }
  });

  it("shows the command that imports an existing resource into its component", () => {
    const urn = "urn:pulumi:dev::jupyter-up::jupyter-up:index:GcpVm$gcp:compute/network:Network::host-network";
    const text = `Error creating Network: ${networkExists}`;
    assert.equal(
      explain(text, urn)?.split("\n").at(-1),
      "pulumi import gcp:compute/network:Network host-network projects/p-123456/global/networks/net --parent host='urn:pulumi:dev::jupyter-up::jupyter-up:index:GcpVm::host' --protect=false --generate-code=false",
    );
  });

  it("shows the command that imports an existing service account, whose API has another format", () => {
    const urn = "urn:pulumi:dev::jupyter-up::jupyter-up:index:GcpVm$gcp:serviceaccount/account:Account::host-account";
    const text = `Error creating service account: googleapi: Error 409: Service account site already exists within project projects/p-123456.
Details:
[
  {
    "@type": "type.googleapis.com/google.rpc.ResourceInfo",
    "resourceName": "projects/p-123456/serviceAccounts/site@p-123456.iam.gserviceaccount.com"
  }
]
, alreadyExists`;
    assert.match(
      explain(text, urn)?.split("\n").at(-1) ?? "",
      /^pulumi import gcp:serviceaccount\/account:Account host-account projects\/p-123456\/serviceAccounts\/site@p-123456\.iam\.gserviceaccount\.com /,
    );
  });

  it("does not mistake the output of Docker or a container for a provider's error", () => {
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
      `app: ${quotaExceeded("globally")}`,
      `app: ${networkDenied}`,
      `app: ${networkExists}`,
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

  it("attributes a network error to SSH only if it comes from the command provider", () => {
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

  it("finds a dial error within the engine's own text", () => {
    const error = dial("dial tcp 203.0.113.7:22: connect: connection refused");
    for (const wrapped of [
      `error: ${error}`,
      `<{%reset%}>${error}<{%reset%}>\n`,
      `1 error occurred:\n\t* ${error}\n\n`,
    ])
      assert.match(explain(wrapped) ?? "", /nothing answers at its SSH port/);
  });

  it("returns undefined for an unknown error", () => {
    assert.equal(explain("Process exited with status 3: the release did not start"), undefined);
    assert.equal(explain(""), undefined);
  });
});
