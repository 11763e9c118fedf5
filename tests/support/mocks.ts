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
  /** URNs of what it waits for. */
  dependencies: string[];
  /** As sent: a secret is wrapped, see `secretOf`. */
  inputs: Record<string, unknown>;
  options: {
    /** URN of what it goes away with, without being deleted itself. */
    deletedWith: string;
    /** URNs of what it is made anew with. */
    replaceWith: string[];
    protect: boolean;
    deleteBeforeReplace: boolean;
    ignoreChanges: string[];
    /** Names of the hooks that are called when it cannot be created, updated or deleted. */
    onError: string[];
    /** URN and id of the provider that it is made by; empty where that is the default one. */
    provider: string;
    /** URNs and names that it had before, as the program asked for them. */
    aliases: Alias[];
  };
}

/** A former URN, or the parts of it that were others. */
export interface Alias {
  urn?: string;
  name?: string;
  type?: string;
  parentUrn?: string;
}

/** What a program asked for, and what it gave out. */
export interface Run {
  resources: Resource[];
  /** Outputs of components and of the stack, by URN; secrets wrapped. */
  outputs: Record<string, Record<string, unknown>>;
  /** The stack's. */
  exports: Record<string, unknown>;
}

/** What a request to the engine says; its type comes with no declarations. */
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
  getIgnorechangesList(): string[];
  getProvider(): string;
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
/** The mocks' monitor, and what an engine answers that the mocks' does not know. */
type Monitor = MockMonitor & {
  registerErrorHook(request: unknown, answer: (error: Error | null) => void): void;
};

/** What a run may find otherwise than usual. */
export interface World {
  stackName?: string;
  preview?: boolean;
  /** Whether error hooks can be registered. Default: true. */
  errorHooks?: boolean;
  /** Whole keys of the config with something encrypted in their values: Pulumi tells no more than that. */
  encrypted?: string[];
  /** What is looked up in a cloud, by the function's token; an error is thrown. */
  answers?: Record<string, Record<string, unknown> | Error>;
}

/**
 * Runs a program as the engine would, with made-up resources.
 * @param config by whole key, as texts: what Pulumi hands over.
 * @param made what the stack has made so far: outputs by URN.
 * @throws what the program throws.
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
    // As gRPC hands it over.
    if (answer instanceof Error) throw Object.assign(answer, { details: answer.message });
    return token === "pulumi:pulumi:readStackResourceOutputs" ? { outputs: before } : answer;
  };
  await pulumi.runtime.setMocks({ newResource: madeUp, call }, "jupyter-up", stackName, preview, "organization");
  const monitor = pulumi.runtime.getMonitor() as unknown as Monitor;
  record(monitor, run);
  monitor.registerErrorHook = (_, answer) => answer(errorHooks ? null : new Error("12 UNIMPLEMENTED: unknown method"));
  try {
    await pulumi.runtime.runInPulumiStack(program);
    // The stack's outputs can be known before the last resource is asked for.
    await pulumi.runtime.disconnect();
  } finally {
    // The server that waits for calls of hooks, also after a program that has failed.
    pulumi.runtime.disconnectSync();
  }
  const stack = run.resources.find(({ type }) => type === "pulumi:pulumi:Stack");
  run.exports = run.outputs[stack?.urn ?? ""] ?? {};
  return run;
}

/** What is looked up in a cloud where all is as it should be. */
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

/** Mocks tell nothing of parents and options, nor of outputs: they are read off the requests. */
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
            ignoreChanges: request.getIgnorechangesList(),
            onError: request.getHooks()?.getOnErrorList() ?? [],
            provider: request.getProvider(),
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

/** The word that stands in every secret value made up here, and in none that is no secret. */
export const MARKER = "top-secret";

/** What the providers would give back, with secrets that can be found again wherever they end up. */
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
    "gcp:compute/disk:Disk": { selfLink: `${name}-link` },
    "gcp:compute/snapshot:Snapshot": { selfLink: `${name}-link` },
    "pulumi:index:Stash": { output: inputs.input },
  };
  return { id: `${name}-id`, state: { ...inputs, ...state[type] } };
}

/** What is wrapped as a secret, or undefined where nothing is. */
export function secretOf(value: unknown): unknown {
  return pulumi.runtime.isRpcSecret(value) ? pulumi.runtime.unwrapRpcSecret(value) : undefined;
}

/** Every text in a value that is not wrapped as a secret: what lies open in the state, and what a preview shows. */
export function openTexts(value: unknown): string[] {
  if (typeof value === "string") return [value];
  if (typeof value !== "object" || value === null || pulumi.runtime.isRpcSecret(value)) return [];
  return Object.values(value).flatMap(openTexts);
}
