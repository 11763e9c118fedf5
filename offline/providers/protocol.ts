/** Converts between the engine's messages and plain values. */

import engineProto from "@pulumi/pulumi/proto/engine_pb.js";
import providerProto from "@pulumi/pulumi/proto/provider_pb.js";
import struct from "google-protobuf/google/protobuf/struct_pb.js";
import type { Change, CheckFailure, Diff, Properties, Severity } from "./resource.ts";

type Struct = struct.Struct;

/**
 * Pulumi allows gRPC messages of up to 400 MB for properties; gRPC's own limit is 4 MB. For clients and servers alike.
 */
export const channelOptions = {
  "grpc.max_receive_message_length": 400 * 1024 * 1024,
  "grpc.max_send_message_length": 400 * 1024 * 1024,
};

export function fromStruct(message: Struct | undefined): Properties {
  return message === undefined ? {} : message.toJavaScript();
}

const secretMark = { key: "4dabf18193072939515e22adb298388d", value: "1b47061264138c4ac30d75fd1eb44270" };

/** Unwraps secrets. A provider's configuration always has wrapped secrets, whatever was negotiated. */
export function withoutSecretMarks(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutSecretMarks);
  if (typeof value !== "object" || value === null) return value;
  if ((value as Properties)[secretMark.key] === secretMark.value)
    return withoutSecretMarks((value as Properties).value);
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, withoutSecretMarks(inner)]));
}

/**
 * Marks the values at these paths (`connection.privateKey`) as secret. An inner value is marked even inside a secret
 * outer one, so the inner paths go first.
 */
export function withSecretMarks(properties: Properties, paths: readonly string[]): Properties {
  return paths
    .toSorted((one, other) => other.split(".").length - one.split(".").length)
    .reduce((marked, path) => markAt(marked, path.split(".")), properties);
}

function markAt(properties: Properties, [name = "", ...rest]: string[]): Properties {
  const value = properties[name];
  if (value === undefined) return properties;
  if (rest.length === 0) return { ...properties, [name]: { [secretMark.key]: secretMark.value, value } };
  if (typeof value !== "object" || value === null) return properties;
  return { ...properties, [name]: markAt(value as Properties, rest) };
}

/** A property that is `undefined` is left out. */
export function toStruct(properties: Properties): Struct {
  const present = JSON.parse(JSON.stringify(properties)) as Parameters<typeof struct.Struct.fromJavaScript>[0];
  return struct.Struct.fromJavaScript(present);
}

export function toCheckResponse(inputs: Properties, failures: readonly CheckFailure[]): providerProto.CheckResponse {
  return new providerProto.CheckResponse()
    .setInputs(toStruct(inputs))
    .setFailuresList(
      failures.map(({ property = "", reason }) =>
        new providerProto.CheckFailure().setProperty(property).setReason(reason),
      ),
    );
}

export function toDiffResponse({ changes, deleteBeforeReplace = false }: Diff): providerProto.DiffResponse {
  const { DIFF_NONE, DIFF_SOME } = providerProto.DiffResponse.DiffChanges;
  const response = new providerProto.DiffResponse()
    .setChanges(changes.length === 0 ? DIFF_NONE : DIFF_SOME)
    .setDiffsList(topLevelNames(changes))
    .setReplacesList(topLevelNames(changes.filter((change) => change.replace)))
    .setDeletebeforereplace(deleteBeforeReplace)
    .setHasdetaileddiff(true);
  for (const change of changes) {
    const detail = new providerProto.PropertyDiff().setKind(changeKind(change)).setInputdiff(change.inputDiff);
    response.getDetaileddiffMap().set(change.path, detail);
  }
  return response;
}

function topLevelNames(changes: readonly Change[]): string[] {
  return [...new Set(changes.map((change) => change.path.replace(/[.[].*$/s, "")))];
}

function changeKind({ kind, replace }: Change): providerProto.PropertyDiff.Kind {
  const kinds = providerProto.PropertyDiff.Kind;
  switch (kind) {
    case "add":
      return replace ? kinds.ADD_REPLACE : kinds.ADD;
    case "update":
      return replace ? kinds.UPDATE_REPLACE : kinds.UPDATE;
    case "delete":
      return replace ? kinds.DELETE_REPLACE : kinds.DELETE;
  }
}

export function toLogRequest(urn: string, severity: Severity, message: string, ephemeral: boolean) {
  const severities = engineProto.LogSeverity;
  const numbers = {
    debug: severities.DEBUG,
    info: severities.INFO,
    warning: severities.WARNING,
    error: severities.ERROR,
  };
  return new engineProto.LogRequest()
    .setUrn(urn)
    .setSeverity(numbers[severity])
    .setMessage(message)
    .setEphemeral(ephemeral);
}
