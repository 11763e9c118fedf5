import * as pulumi from "@pulumi/pulumi";
import type { MockCallArgs, MockMonitor, MockResourceArgs, MockResourceResult } from "@pulumi/pulumi/runtime/mocks.js";

/** A resource as the program asked the engine for it. */
export interface Resource {
  urn: string;
  type: string;
  name: string;
  custom: boolean;
  /** URN; empty for the stack itself. */
  parent: string;
  /** URNs of its dependencies. */
  dependencies: string[];
  /** The inputs as sent: a secret is wrapped, see `secretOf`. */
  inputs: Record<string, unknown>;
  options: {
    /** URN of the resource with which it disappears, without being deleted itself. */
    deletedWith: string;
    /** URNs of the resources with which it is replaced. */
    replaceWith: string[];
    protect: boolean;
    deleteBeforeReplace: boolean;
    retainOnDelete: boolean;
    ignoreChanges: string[];
    /** Names of the error hooks: called when it cannot be created, updated or deleted. */
    onError: string[];
    /** URN and ID of its provider; empty for the default provider. */
    provider: string;
    /** Version of the provider's plugin: of the default provider, or of this resource if it is a provider. */
    version: string;
    /** Its aliases. */
    aliases: Alias[];
  };
}

/** A former URN, or the parts of it that differed. */
export interface Alias {
  urn?: string;
  name?: string;
  type?: string;
  parentUrn?: string;
}

/** The resources that a program registered, and its outputs. */
export interface Run {
  resources: Resource[];
  /** Outputs of components and of the stack, by URN, with secrets wrapped. */
  outputs: Record<string, Record<string, unknown>>;
  /** The stack's outputs. */
  exports: Record<string, unknown>;
}

/** The fields of a request to the engine, whose type has no declarations. */
interface Request {
  getType(): string;
  getName(): string;
  getCustom(): boolean;
  getParent(): string;
  getDependenciesList(): string[];
  getDeletedwith(): string;
  getReplaceWithList(): string[];
  getProtect(): boolean;
  getDeletebeforereplace(): boolean;
  getRetainondelete(): boolean;
  getIgnorechangesList(): string[];
  getProvider(): string;
  getVersion(): string;
  getHooks(): { getOnErrorList(): string[] } | undefined;
  getAliasesList(): AliasMessage[];
  getObject(): { toJavaScript(): Record<string, unknown> };
}
interface AliasMessage {
  getUrn(): string;
  getSpec(): { getName(): string; getType(): string; getParenturn(): string } | undefined;
}
interface OutputsRequest {
  getUrn(): string;
  getOutputs(): { toJavaScript(): Record<string, unknown> };
}
type Answer = (error: unknown, response: { getUrn(): string }) => void;
/** The mocks' monitor, with answers that it lacks and an engine gives. */
type Monitor = MockMonitor & {
  registerErrorHook(request: unknown, answer: (error: Error | null) => void): void;
};

/** Unusual conditions of a run. */
export interface World {
  stackName?: string;
  preview?: boolean;
  /** Whether error hooks can be registered. Default: true. */
  errorHooks?: boolean;
  /** Full keys of the config with encrypted parts in their values, which is all that Pulumi tells. */
  encrypted?: string[];
  /** Results of the invoked functions, by token; an error is thrown. */
  answers?: Record<string, Record<string, unknown> | Error>;
}

/**
 * Runs a program like the engine, with mock resources.
 * @param config the texts that Pulumi passes on, by full key.
 * @param made the resources of the stack's state: outputs by URN.
 * @throws the program's error.
 */
export async function runUnderMocks(
  config: Record<string, string>,
  program: () => Promise<unknown>,
  made: Record<string, Record<string, unknown>> = {},
  { stackName = "test", answers = {}, encrypted = [], preview = false, errorHooks = true }: World = {},
): Promise<Run> {
  const run: Run = { resources: [], outputs: {}, exports: {} };
  pulumi.runtime.setAllConfig(config, encrypted);
  const before = Object.fromEntries(Object.entries(made).map(([urn, outputs]) => [urn, { outputs }]));
  const call = ({ token }: MockCallArgs) => {
    const answer = answers[token] ?? wellAnswers[token] ?? {};
    // Like an error of gRPC.
    if (answer instanceof Error) throw Object.assign(answer, { details: answer.message });
    return token === "pulumi:pulumi:readStackResourceOutputs" ? { outputs: before } : answer;
  };
  await pulumi.runtime.setMocks({ newResource: madeUp, call }, "jupyter-up", stackName, preview, "organization");
  const monitor = pulumi.runtime.getMonitor() as unknown as Monitor;
  record(monitor, run);
  monitor.registerErrorHook = (_, answer) => answer(errorHooks ? null : new Error("12 UNIMPLEMENTED: unknown method"));
  try {
    await pulumi.runtime.runInPulumiStack(program);
    // The stack's outputs may be known before the last resource is registered.
    await pulumi.runtime.disconnect();
  } finally {
    // The server for calls of hooks must be stopped, even after a program that failed.
    pulumi.runtime.disconnectSync();
  }
  const stack = run.resources.find(({ type }) => type === "pulumi:pulumi:Stack");
  run.exports = run.outputs[stack?.urn ?? ""] ?? {};
  return run;
}

/** Results of invoked functions without any issue. */
const wellAnswers: Record<string, Record<string, unknown>> = {
  "cloudflare:index/getZones:getZones": {
    results: ["example.com", "lab.example.com"].map((name, index) => ({
      id: `${index}`.repeat(32),
      name,
      status: "active",
      nameServers: [],
    })),
  },
  "cloudflare:index/getDnsRecords:getDnsRecords": { results: [] },
  "cloudflare:index/getAuthenticatedOriginPulls:getAuthenticatedOriginPulls": {
    status: "active",
    certStatus: "active",
  },
  "cloudflare:index/getZoneSetting:getZoneSetting": { value: "strict" },
  "cloudflare:index/getIpRanges:getIpRanges": { ipv4Cidrs: ["173.245.48.0/20"], ipv6Cidrs: ["2400:cb00::/32"] },
};

/** Reads parents, options and outputs from the requests, because Pulumi's mocks do not have them. */
function record(monitor: MockMonitor, run: Run): void {
  const register = monitor.registerResource.bind(monitor);
  monitor.registerResource = (request: Request, answer: Answer) =>
    register(request, (error: unknown, response: { getUrn(): string }) => {
      if (!error)
        run.resources.push({
          urn: response.getUrn(),
          type: request.getType(),
          name: request.getName(),
          custom: request.getCustom(),
          parent: request.getParent(),
          dependencies: request.getDependenciesList(),
          inputs: request.getObject().toJavaScript(),
          options: {
            deletedWith: request.getDeletedwith(),
            replaceWith: request.getReplaceWithList(),
            protect: request.getProtect(),
            deleteBeforeReplace: request.getDeletebeforereplace(),
            retainOnDelete: request.getRetainondelete(),
            ignoreChanges: request.getIgnorechangesList(),
            onError: request.getHooks()?.getOnErrorList() ?? [],
            provider: request.getProvider(),
            version: request.getVersion(),
            aliases: request.getAliasesList().map(aliasOf),
          },
        });
      answer(error, response);
    });
  const registerOutputs = monitor.registerResourceOutputs.bind(monitor);
  monitor.registerResourceOutputs = (request: OutputsRequest, answer: Answer) => {
    run.outputs[request.getUrn()] = request.getOutputs().toJavaScript();
    registerOutputs(request, answer);
  };
}

function aliasOf(message: AliasMessage): Alias {
  const spec = message.getSpec();
  const parts = spec && { name: spec.getName(), type: spec.getType(), parentUrn: spec.getParenturn() };
  return Object.fromEntries(Object.entries({ urn: message.getUrn(), ...parts }).filter(([, value]) => value !== ""));
}

/** A word that every secret value of the mocks contains, and no other value. */
export const MARKER = "top-secret";

/** The outputs of the providers, with secrets that can be found in any other text. */
function madeUp({ type, name, inputs }: MockResourceArgs): MockResourceResult {
  const secret = (text: string) => pulumi.secret(`${MARKER}-${name}-${text}`);
  const pem = (what: string, text: string) => `-----BEGIN ${what}-----\n${text}\n-----END ${what}-----\n`;
  const state: Record<string, Record<string, unknown>> = {
    "random:index/randomPassword:RandomPassword": { result: secret("result"), bcryptHash: secret("hash") },
    "tls:index/privateKey:PrivateKey": {
      privateKeyPem: pulumi.secret(pem("PRIVATE KEY", `${MARKER}-${name}`)),
      privateKeyOpenssh: pulumi.secret(pem("OPENSSH PRIVATE KEY", `${MARKER}-${name}`)),
      publicKeyOpenssh: `ssh-ed25519 ${name}\n`,
    },
    "tls:index/selfSignedCert:SelfSignedCert": { certPem: pem("CERTIFICATE", name) },
    "tls:index/certRequest:CertRequest": { certRequestPem: pem("CERTIFICATE REQUEST", name) },
    "tls:index/locallySignedCert:LocallySignedCert": { certPem: pem("CERTIFICATE", name) },
    "gcp:compute/address:Address": { address: "198.51.100.7" },
    "gcp:serviceaccount/account:Account": { email: `${name}@my-project-123456.iam.gserviceaccount.com` },
    "gcp:serviceaccount/key:Key": {
      privateKey: pulumi.secret(Buffer.from(`${MARKER}-${name}-json\n`).toString("base64")),
    },
    "gcp:projects/iAMCustomRole:IAMCustomRole": { name: `projects/my-project-123456/roles/${inputs.roleId}` },
    "gcp:compute/disk:Disk": { selfLink: `${name}-link` },
    "gcp:compute/snapshot:Snapshot": { selfLink: `${name}-link` },
    "kubernetes:core/v1:Secret": {
      data: pulumi.secret({ token: Buffer.from(`${MARKER}-${name}-token`).toString("base64") }),
    },
    "kubernetes:core/v1:ServiceAccount": {
      metadata: { ...inputs.metadata, uid: "0b0e9d0e-1c1d-4d1e-8f1a-2b2c3d4e5f60" },
    },
    "pulumi:index:Stash": { output: inputs.input },
  };
  return { id: `${name}-id`, state: { ...inputs, ...state[type] } };
}

/** The value wrapped as a secret, or undefined if it is not a secret. */
export function secretOf(value: unknown): unknown {
  return pulumi.runtime.isRpcSecret(value) ? pulumi.runtime.unwrapRpcSecret(value) : undefined;
}

/** Every text in a value that is not wrapped as a secret, so that the state and a preview show it. */
export function openTexts(value: unknown): string[] {
  if (typeof value === "string") return [value];
  if (typeof value !== "object" || value === null || pulumi.runtime.isRpcSecret(value)) return [];
  return Object.values(value).flatMap(openTexts);
}
