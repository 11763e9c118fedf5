import grpc from "@grpc/grpc-js";
import pluginProto from "@pulumi/pulumi/proto/plugin_pb.js";
import providerService from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import providerProto from "@pulumi/pulumi/proto/provider_pb.js";
import empty from "google-protobuf/google/protobuf/empty_pb.js";
import { diffInputs } from "./diff.ts";
import {
  channelOptions,
  fromStruct,
  toCheckResponse,
  toDiffResponse,
  toStruct,
  withoutSecretMarks,
} from "./protocol.ts";
import type { Operation, Properties, ProviderPackage, ResourceType } from "./resource.ts";
import { importedState, keptOutputs, marked, normalize, preview, resourceType, stateOf } from "./resourceState.ts";
import { Session } from "./session.ts";

export interface ProviderServer {
  /** On 127.0.0.1. */
  readonly port: number;
  /** Stops at once, whatever is running. */
  close(): void;
}

/** Serves one package to any number of engines, on a free port of the loopback interface. */
export async function serve(provider: ProviderPackage): Promise<ProviderServer> {
  const server = new grpc.Server(channelOptions);
  server.addService(providerService.ResourceProviderService, implementation(provider));
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    );
  });
  return { port, close: () => server.forceShutdown() };
}

function implementation(provider: ProviderPackage): grpc.UntypedServiceImplementation {
  const sessions = new Map<string, Session>();

  /**
   * The engine keeps one connection for the life of a provider, so the connection's remote address identifies the
   * session.
   */
  function sessionOf(call: AnyCall): Session {
    const peer = call.getPeer();
    let session = sessions.get(peer);
    if (session === undefined) {
      session = new Session();
      sessions.set(peer, session);
    }
    return session;
  }

  /** A call for one resource. */
  function about<Request extends ResourceRequest, Response>(
    deed: (type: ResourceType, request: Request, operation: Operation) => Promise<Response>,
  ) {
    return unary<Request, Response>((request, call) => {
      const abandoned = new AbortController();
      call.on("cancelled", () => abandoned.abort());
      const asked = request.getTimeout?.() || Number.POSITIVE_INFINITY;
      const timeout = provider.wholeSecondTimeouts ? Math.floor(asked) : asked;
      return sessionOf(call).run({ urn: request.getUrn(), timeout, abandoned: abandoned.signal }, (operation) =>
        deed(resourceType(provider, operation.urn), request, operation),
      );
    });
  }

  return {
    handshake: unary<providerProto.ProviderHandshakeRequest, providerProto.ProviderHandshakeResponse>(
      (request, call) => {
        sessionOf(call).attach(request.getEngineAddress());
        // Without acceptSecrets the engine sends plain values, and itself marks the outputs of secret inputs as secret.
        return new providerProto.ProviderHandshakeResponse().setAcceptSecrets(false);
      },
    ),

    attach: unary<pluginProto.PluginAttach, empty.Empty>((request, call) => {
      sessionOf(call).attach(request.getAddress());
      return new empty.Empty();
    }),

    getPluginInfo: unary<empty.Empty, pluginProto.PluginInfo>(() =>
      new pluginProto.PluginInfo().setVersion(provider.version),
    ),

    getSchema: unary<providerProto.GetSchemaRequest, providerProto.GetSchemaResponse>(() =>
      new providerProto.GetSchemaResponse().setSchema(
        JSON.stringify({ name: provider.name, version: provider.version }),
      ),
    ),

    checkConfig: unary<providerProto.CheckRequest, providerProto.CheckResponse>(async (request, call) => {
      const config = fromStruct(request.getNews());
      // Without a URN, the engine shows it at the stack.
      const about = { urn: "", timeout: Number.POSITIVE_INFINITY, abandoned: new AbortController().signal };
      await sessionOf(call).run(about, ({ log }) => {
        for (const warning of provider.warnings?.(config) ?? []) log("warning", warning);
      });
      return toCheckResponse(config, provider.checkConfig?.(config) ?? []);
    }),

    diffConfig: unary<providerProto.DiffRequest, providerProto.DiffResponse>((request) =>
      toDiffResponse(diffInputs(fromStruct(request.getOldInputs()), fromStruct(request.getNews()), [])),
    ),

    configure: unary<providerProto.ConfigureRequest, providerProto.ConfigureResponse>((request, call) => {
      sessionOf(call).config = withoutSecretMarks(fromStruct(request.getArgs())) as Properties;
      return new providerProto.ConfigureResponse().setSupportspreview(true);
    }),

    check: about<providerProto.CheckRequest, providerProto.CheckResponse>(async (type, request, operation) => {
      const inputs = fromStruct(request.getNews());
      const failures = (await type.check?.(inputs, operation)) ?? [];
      const checked = failures.length === 0 ? type.checked?.(inputs) : undefined;
      return toCheckResponse(marked(type, checked ?? inputs), failures);
    }),

    diff: about<providerProto.DiffRequest, providerProto.DiffResponse>(async (type, request, operation) => {
      const inputs = normalize(type, fromStruct(request.getNews()));
      const state = stateOf(type, request.getId(), request.getOldInputs(), request.getOlds());
      const diff = type.diff?.(state, inputs, operation) ?? diffInputs(state.inputs, inputs, type.replaceOnChanges);
      return toDiffResponse(await diff);
    }),

    create: about<providerProto.CreateRequest, providerProto.CreateResponse>(async (type, request, operation) => {
      const inputs = normalize(type, fromStruct(request.getProperties()));
      const created = request.getPreview()
        ? {
            id: type.previewId?.(operation) ?? "",
            outputs: await preview(type, inputs, undefined, operation),
          }
        : await type.create(inputs, operation);
      return new providerProto.CreateResponse()
        .setId(created.id)
        .setProperties(toStruct(marked(type, { ...inputs, ...created.outputs })));
    }),

    update: about<providerProto.UpdateRequest, providerProto.UpdateResponse>(async (type, request, operation) => {
      const inputs = normalize(type, fromStruct(request.getNews()));
      const state = stateOf(type, request.getId(), request.getOldInputs(), request.getOlds());
      const outputs = request.getPreview()
        ? await preview(type, inputs, state, operation)
        : ((await type.update?.(inputs, state, operation)) ?? keptOutputs(type, state));
      return new providerProto.UpdateResponse().setProperties(toStruct(marked(type, { ...inputs, ...outputs })));
    }),

    read: about<providerProto.ReadRequest, providerProto.ReadResponse>(async (type, request, operation) => {
      const inputs = fromStruct(request.getInputs());
      const isImport = Object.keys(fromStruct(request.getProperties())).length === 0;
      const state = isImport
        ? importedState(type, request.getId())
        : stateOf(type, request.getId(), request.getInputs(), request.getProperties());
      const outputs = type.read === undefined ? state.outputs : await type.read(state, operation);
      // An answer without an id tells the engine that the resource is gone.
      if (outputs === undefined) return new providerProto.ReadResponse();
      // A refresh shows changes of the given inputs; an import reads all possible inputs.
      const isGiven = (name: string) => (isImport ? !type.outputs.includes(name) : name in inputs);
      const found = Object.fromEntries(Object.entries({ ...inputs, ...outputs }).filter(([name]) => isGiven(name)));
      return new providerProto.ReadResponse()
        .setId(state.id)
        .setProperties(toStruct(marked(type, outputs)))
        .setInputs(toStruct(marked(type, found)));
    }),

    delete: about<providerProto.DeleteRequest, empty.Empty>(async (type, request, operation) => {
      const state = stateOf(type, request.getId(), request.getOldInputs(), request.getProperties());
      await type.delete?.(state, operation);
      return new empty.Empty();
    }),

    invoke: unary<providerProto.InvokeRequest, providerProto.InvokeResponse>(async (request, call) => {
      const deed = provider.functions?.[request.getTok()];
      if (deed === undefined) {
        throw new Error(`The fake provider ${provider.name} has no function ${request.getTok()}.`);
      }
      const abandoned = new AbortController();
      call.on("cancelled", () => abandoned.abort());
      // A function is not a resource: its messages belong to the stack.
      const result = await sessionOf(call).run(
        { urn: "", timeout: Number.POSITIVE_INFINITY, abandoned: abandoned.signal },
        (operation) => deed(fromStruct(request.getArgs()), operation),
      );
      return new providerProto.InvokeResponse().setReturn(toStruct(result));
    }),

    cancel: unary<empty.Empty, empty.Empty>((_, call) => {
      sessionOf(call).cancel();
      sessions.delete(call.getPeer());
      return new empty.Empty();
    }),
  };
}

type AnyCall = grpc.ServerUnaryCall<unknown, unknown>;

interface ResourceRequest {
  getUrn(): string;
  /** In seconds. Only requests that `customTimeouts` can limit have it. */
  getTimeout?(): number;
}

/** A gRPC handler from a function: its result is the answer, its exception the error text. */
function unary<Request, Response>(
  deed: (request: Request, call: grpc.ServerUnaryCall<Request, Response>) => Response | Promise<Response>,
): grpc.handleUnaryCall<Request, Response> {
  return async (call, callback) => {
    try {
      callback(null, await deed(call.request, call));
    } catch (error) {
      callback({ code: grpc.status.UNKNOWN, details: error instanceof Error ? error.message : String(error) });
    }
  };
}
