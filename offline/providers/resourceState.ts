/** A resource's type, state and outputs, from and for the engine's messages. */

import { fromStruct, withSecretMarks } from "./protocol.ts";
import {
  type Operation,
  type Properties,
  type ProviderPackage,
  type ResourceType,
  type State,
  UNKNOWN,
} from "./resource.ts";

/** `urn:pulumi:stack::project::parent type$type::name` */
export function resourceType(provider: ProviderPackage, urn: string): ResourceType {
  const token = urn.split("::")[2]?.split("$").at(-1) ?? "";
  const type = provider.resources[token];
  if (type === undefined) {
    const known = Object.keys(provider.resources).join(", ");
    throw new Error(`The fake provider ${provider.name} has no resource type ${token}. It has: ${known}.`);
  }
  return type;
}

export function marked({ secrets = [] }: ResourceType, properties: Properties): Properties {
  return withSecretMarks(properties, secrets);
}

export function normalize(type: ResourceType, inputs: Properties): Properties {
  return type.normalize?.(inputs) ?? inputs;
}

type StructMessage = Parameters<typeof fromStruct>[0];

export function stateOf(
  type: ResourceType,
  id: string,
  inputs: StructMessage,
  outputs: StructMessage,
): State<Properties, Properties> {
  return { id, inputs: normalize(type, fromStruct(inputs)), outputs: fromStruct(outputs) };
}

export function importedState(type: ResourceType, importId: string): State<Properties, Properties> {
  const { id, inputs } = type.parseImportId?.(importId) ?? { id: importId, inputs: {} };
  return { id, inputs, outputs: inputs };
}

export function preview(
  type: ResourceType,
  inputs: Properties,
  state: State<Properties, Properties> | undefined,
  operation: Operation,
): Properties | Promise<Properties> {
  if (type.preview !== undefined) return type.preview(inputs, state, operation);
  if (state !== undefined && type.update === undefined) return keptOutputs(type, state);
  return Object.fromEntries(type.outputs.map((name) => [name, UNKNOWN]));
}

export function keptOutputs(type: ResourceType, { outputs }: State<Properties, Properties>): Properties {
  return Object.fromEntries(type.outputs.map((name) => [name, outputs[name]]));
}
