import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { explain, explanations } from "../../../scripts/setup/explain.ts";
import {
  accountExists,
  alreadyExists,
  apiNotEnabled,
  permissionDenied,
  quotaExceeded,
  zoneExhausted,
} from "../../stand-ins/providers/packages/gcp/apiErrors.ts";

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
      /lacks the right compute\.networks\.create/,
      "gcloud projects add-iam-policy-binding p-123456 --member user:you@example.com --role roles/compute.admin",
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
    [
      "SSH that does not answer",
      dial("dial tcp 203.0.113.7:22: i/o timeout"),
      /lets in sshFrom/,
      "pulumi config set --path 'sshFrom[0]' \"$(curl -s https://ifconfig.me)/32\"",
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
  ];
  for (const [name, text, words, command] of rows)
    it(name, () => {
      const explained = explain(text) ?? "";
      assert.match(explained, words);
      assert.equal(explained.split("\n").at(-1), command);
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
});
