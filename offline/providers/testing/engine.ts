/** A fake engine for tests: talks to a package's server as the real one does, over gRPC. */

import grpc from "@grpc/grpc-js";
import engineService from "@pulumi/pulumi/proto/engine_grpc_pb.js";
import type engineProto from "@pulumi/pulumi/proto/engine_pb.js";
import providerService from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import providerProto from "@pulumi/pulumi/proto/provider_pb.js";
import empty from "google-protobuf/google/protobuf/empty_pb.js";
import { channelOptions, fromStruct, toStruct as markedStruct, withoutSecretMarks } from "../protocol.ts";
import type { Properties, ProviderPackage } from "../resource.ts";
import { serve } from "../server.ts";

export interface Message {
  readonly urn: string;
  readonly text: string;
  readonly severity: engineProto.LogSeverity;
  readonly ephemeral: boolean;
}

/** A resource as the engine's state has it. */
export interface Resource {
  readonly id: string;
  readonly inputs: Properties;
  readonly outputs: Properties;
}

/** What `diff` says, by path: `update`, `update & replace`, ... */
export type Changes = Record<string, string>;

export class TestEngine {
  /** The provider's messages so far. */
  readonly messages: Message[] = [];
  /** Answers the next messages only when told to. */
  onMessage: (message: Message) => Promise<void> = async () => {};
  readonly #log = new grpc.Server();
  readonly #waiting = new Set<grpc.ClientUnaryCall>();
  readonly #client: InstanceType<typeof providerService.ResourceProviderClient>;

  /** An engine that has connected to the provider at this port and configured it. */
  static async attach(port: number, config: Properties = {}): Promise<TestEngine> {
    const engine = new TestEngine(port);
    const address = await engine.#listen();
    await engine.#call("handshake", new providerProto.ProviderHandshakeRequest().setEngineAddress(address));
    await engine.#call("configure", new providerProto.ConfigureRequest().setArgs(toStruct(config)));
    return engine;
  }

  private constructor(port: number) {
    this.#client = new providerService.ResourceProviderClient(
      `127.0.0.1:${port}`,
      grpc.credentials.createInsecure(),
      // A real engine has a separate connection; by default grpc-js would share one among all clients of a process.
      { ...channelOptions, "grpc.use_local_subchannel_pool": 1 },
    );
  }

  /** The reasons why the provider's configuration is refused, with their property. */
  async checkConfig(config: Properties): Promise<string[]> {
    const request = new providerProto.CheckRequest().setNews(toStruct(config));
    const response = await this.#call<providerProto.CheckResponse>("checkConfig", request);
    return response.getFailuresList().map((failure) => `${failure.getProperty()}: ${failure.getReason()}`);
  }

  /** Calls a function, as `pulumi.runtime.invoke` does. */
  async invoke(token: string, args: Properties): Promise<Properties> {
    const request = new providerProto.InvokeRequest().setTok(token).setArgs(toStruct(args));
    return fromStruct((await this.#call<providerProto.InvokeResponse>("invoke", request)).getReturn());
  }

  /** The inputs that Check returns, secrets marked. */
  async checked(type: string, inputs: Properties): Promise<Properties> {
    const request = new providerProto.CheckRequest().setUrn(urn(type)).setNews(toStruct(inputs));
    return fromStruct((await this.#call<providerProto.CheckResponse>("check", request)).getInputs());
  }

  /** The reasons why inputs are refused, with their property. */
  async check(type: string, inputs: Properties): Promise<string[]> {
    const request = new providerProto.CheckRequest().setUrn(urn(type)).setNews(toStruct(inputs));
    const response = await this.#call<providerProto.CheckResponse>("check", request);
    return response.getFailuresList().map((failure) => `${failure.getProperty()}: ${failure.getReason()}`);
  }

  async diff(type: string, { id, inputs, outputs }: Resource, news: Properties): Promise<Changes> {
    const request = new providerProto.DiffRequest()
      .setUrn(urn(type))
      .setId(id)
      .setOldInputs(toStruct(inputs))
      .setOlds(toStruct(outputs))
      .setNews(toStruct(news));
    const response = await this.#call<providerProto.DiffResponse>("diff", request);
    const kinds = ["add", "add & replace", "delete", "delete & replace", "update", "update & replace"];
    const changes: Changes = {};
    response.getDetaileddiffMap().forEach((change, path) => {
      changes[path] = kinds[change.getKind()] ?? "";
    });
    return changes;
  }

  /** `timeout` is in seconds. */
  async create(
    type: string,
    inputs: Properties,
    { preview = false, timeout = 0, name = "it" } = {},
  ): Promise<Resource> {
    const request = new providerProto.CreateRequest()
      .setUrn(urn(type, name))
      .setProperties(toStruct(inputs))
      .setPreview(preview)
      .setTimeout(timeout);
    const response = await this.#call<providerProto.CreateResponse>("create", request);
    return { id: response.getId(), inputs, outputs: fromStruct(response.getProperties()) };
  }

  async update(type: string, old: Resource, inputs: Properties, { preview = false } = {}): Promise<Resource> {
    const request = new providerProto.UpdateRequest()
      .setUrn(urn(type))
      .setId(old.id)
      .setOldInputs(toStruct(old.inputs))
      .setOlds(toStruct(old.outputs))
      .setNews(toStruct(inputs))
      .setPreview(preview);
    const response = await this.#call<providerProto.UpdateResponse>("update", request);
    return { id: old.id, inputs, outputs: fromStruct(response.getProperties()) };
  }

  async read(type: string, { id, inputs, outputs }: Resource): Promise<Resource> {
    const request = new providerProto.ReadRequest()
      .setUrn(urn(type))
      .setId(id)
      .setInputs(toStruct(inputs))
      .setProperties(toStruct(outputs));
    const response = await this.#call<providerProto.ReadResponse>("read", request);
    return {
      id: response.getId(),
      inputs: fromStruct(response.getInputs()),
      outputs: fromStruct(response.getProperties()),
    };
  }

  /** The result of `pulumi import` for this id. */
  async import(type: string, id: string): Promise<Resource> {
    return this.read(type, { id, inputs: {}, outputs: {} });
  }

  async delete(type: string, { id, inputs, outputs }: Resource): Promise<void> {
    const request = new providerProto.DeleteRequest()
      .setUrn(urn(type))
      .setId(id)
      .setOldInputs(toStruct(inputs))
      .setProperties(toStruct(outputs));
    await this.#call("delete", request);
  }

  /** As at Ctrl-C, and at the end of every operation of the CLI. */
  async cancel(): Promise<void> {
    await this.#call("cancel", new empty.Empty());
  }

  /** Disconnects without a word, like a killed CLI. */
  close(): void {
    for (const call of this.#waiting) call.cancel();
    this.#client.close();
    this.#log.forceShutdown();
  }

  #listen(): Promise<string> {
    this.#log.addService(engineService.EngineService, {
      log: async (
        { request }: grpc.ServerUnaryCall<engineProto.LogRequest, empty.Empty>,
        done: grpc.sendUnaryData<empty.Empty>,
      ) => {
        const message = {
          urn: request.getUrn(),
          text: request.getMessage(),
          severity: request.getSeverity(),
          ephemeral: request.getEphemeral(),
        };
        this.messages.push(message);
        await this.onMessage(message);
        done(null, new empty.Empty());
      },
    });
    return new Promise((resolve, reject) => {
      this.#log.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, port) =>
        error === null ? resolve(`127.0.0.1:${port}`) : reject(error),
      );
    });
  }

  /** Throws an Error with the message that the user would read. */
  #call<Response>(method: string, request: object): Promise<Response> {
    return new Promise((resolve, reject) => {
      const methods = this.#client as unknown as Record<string, UnaryMethod<Response>>;
      const call = methods[method]?.call(this.#client, request, (error, response) => {
        if (call !== undefined) this.#waiting.delete(call);
        if (error === null) resolve(response);
        else reject(new Error(error.details));
      });
      if (call !== undefined) this.#waiting.add(call);
    });
  }
}

/** Secrets go to the provider without their marks, because it does not accept them, and come back marked. */
function toStruct(properties: Properties): ReturnType<typeof markedStruct> {
  return markedStruct(withoutSecretMarks(properties) as Properties);
}

type UnaryMethod<Response> = (
  request: object,
  callback: (error: grpc.ServiceError | null, response: Response) => void,
) => grpc.ClientUnaryCall;

export function urn(type: string, name = "it"): string {
  return `urn:pulumi:stack::project::${type}::${name}`;
}

/** Serves a package during one test file. */
export async function serveForTests(
  provider: ProviderPackage,
): Promise<{ attach: (config?: Properties) => Promise<TestEngine>; close: () => void }> {
  const server = await serve(provider);
  const engines: TestEngine[] = [];
  return {
    attach: async (config) => {
      const engine = await TestEngine.attach(server.port, config);
      engines.push(engine);
      return engine;
    },
    close: () => {
      for (const engine of engines) engine.close();
      server.close();
    },
  };
}
