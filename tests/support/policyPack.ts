import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import grpc from "@grpc/grpc-js";
import analyzerService from "@pulumi/pulumi/proto/analyzer_grpc_pb.js";
import analyzerProto from "@pulumi/pulumi/proto/analyzer_pb.js";
import empty from "google-protobuf/google/protobuf/empty_pb.js";
import { channelOptions, toStruct } from "../../offline/providers/protocol.ts";
import { firstLine } from "../../offline/providers/testing/trialStack.ts";
import type { Resource } from "./mocks.ts";

/** A violation of a rule. */
export interface Violation {
  rule: string;
  /** Name of the resource. */
  at: string;
  message: string;
  /** Whether a preview only warns. */
  advisory: boolean;
}

/** The policy pack, started as Pulumi's language host starts it, and called as the engine calls it. */
export interface PolicyPack {
  /** Names of its rules. */
  rules: string[];
  /**
   * Violations by the resources of a program.
   * @param only the resources to which rules for single resources are applied. Default: all.
   */
  check(resources: Resource[], only?: Resource[]): Promise<Violation[]>;
  stop(): Promise<void>;
}

const checkout = join(import.meta.dirname, "../..");

export async function startPolicyPack(): Promise<PolicyPack> {
  const folder = join(checkout, "policy");
  const starter = join(checkout, "node_modules/@pulumi/pulumi/cmd/run-policy-pack");
  const server = spawn(process.execPath, [starter, "127.0.0.1:1", folder], {
    cwd: folder,
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [port] = await firstLine(server);
  const { AnalyzerClient } = analyzerService;
  const client = new AnalyzerClient(`127.0.0.1:${port}`, grpc.credentials.createInsecure(), channelOptions);
  const call = <Response>(method: string, request: object): Promise<Response> =>
    new Promise((resolve, reject) => {
      const methods = client as unknown as Record<string, UnaryMethod<Response>>;
      methods[method]?.call(client, request, (error, response) => (error ? reject(error) : resolve(response)));
    });
  const info = await call<analyzerProto.AnalyzerInfo>("getAnalyzerInfo", new empty.Empty());
  return {
    rules: info.getPoliciesList().map((policy) => policy.getName()),
    async check(resources, only = resources) {
      const violations: Violation[] = [];
      const collect = (answer: analyzerProto.AnalyzeResponse, name?: string) =>
        violations.push(...answer.getDiagnosticsList().map((found) => violationOf(found, resources, name)));
      for (const resource of only) {
        const request = filled(new analyzerProto.AnalyzeRequest(), resource, resources);
        await call("remediate", request);
        collect(await call("analyze", request), resource.name);
      }
      const all = resources.map((resource) => filled(new analyzerProto.AnalyzerResource(), resource, resources));
      collect(await call("analyzeStack", new analyzerProto.AnalyzeStackRequest().setResourcesList(all)));
      return violations;
    },
    async stop() {
      client.close();
      server.kill();
      await once(server, "close");
    },
  };
}

type UnaryMethod<Response> = (
  request: object,
  callback: (error: grpc.ServiceError | null, response: Response) => void,
) => void;

/** A message about a resource, with the fields that both messages of this kind have. */
function filled<Message extends analyzerProto.AnalyzeRequest | analyzerProto.AnalyzerResource>(
  message: Message,
  { urn, type, name, inputs, options }: Resource,
  resources: Resource[],
): Message {
  message.setUrn(urn);
  message.setType(type);
  message.setName(name);
  message.setProperties(toStruct(inputs));
  message.setOptions(
    new analyzerProto.AnalyzerResourceOptions()
      .setProtect(options.protect)
      .setIgnorechangesList([...options.ignoreChanges]),
  );
  const provider = resources.find((each) => options.provider.startsWith(`${each.urn}::`));
  // The engine creates a default provider of the version that a resource without one names.
  const version = (provider ?? { options }).options.version;
  message.setProvider(
    new analyzerProto.AnalyzerProviderResource()
      .setType(provider?.type ?? "")
      .setUrn(provider?.urn ?? "")
      .setName(provider?.name ?? "")
      .setProperties(toStruct({ ...provider?.inputs, ...(version ? { version } : {}) })),
  );
  return message;
}

function violationOf(found: analyzerProto.AnalyzeDiagnostic, resources: Resource[], name?: string): Violation {
  return {
    rule: found.getPolicyname(),
    at: name ?? resources.find(({ urn }) => urn === found.getUrn())?.name ?? "",
    // The SDK puts the description of the rule before the message.
    message: found.getMessage().slice(found.getDescription().length + 1),
    advisory: found.getEnforcementlevel() === analyzerProto.EnforcementLevel.ADVISORY,
  };
}
