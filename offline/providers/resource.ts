/**
 * The types of a package of fake resources. Nothing in this file or under `packages/` knows gRPC: a package defines
 * what its resources do, `server.ts` speaks with the engine.
 */

/** Property values as the engine sends them: JSON, secrets unwrapped, unknown values as {@link UNKNOWN}. */
export type Properties = Record<string, unknown>;

/** Stands for a value that a preview does not know yet. The string is fixed by Pulumi's wire format. */
export const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

export type Severity = "debug" | "info" | "warning" | "error";

/** One call of the engine for one resource. */
export interface Operation {
  /** The resource's full name in the stack. */
  readonly urn: string;
  /** The last part of the URN: the name given by the program. */
  readonly name: string;
  /** The provider's own configuration (`gcp:project`, ...); empty for packages that have none. */
  readonly config: Properties;
  /**
   * Aborted by Ctrl-C (reason: an Error `context canceled`) and when `customTimeouts` run out (`context deadline
   * exceeded`).
   */
  readonly signal: AbortSignal;
  /**
   * Aborted when the CLI has ended and nothing waits for the answer: at this point a real provider would have been
   * killed.
   */
  readonly abandoned: AbortSignal;
  /** Shows the user a permanent message. */
  log(severity: Severity, message: string): void;
  /** Shows the user a status line of the resource: in the engine's words, an ephemeral message. */
  status(message: string): void;
}

/** Why an input is refused; without `property`, the whole resource. */
export interface CheckFailure {
  readonly property?: string;
  readonly reason: string;
}

export interface Change {
  /** The path of the property, in the engine's notation: `environment.PATH`, `triggers[0]`. */
  readonly path: string;
  readonly kind: "add" | "update" | "delete";
  /** Whether this change replaces the resource instead of updating it. */
  readonly replace: boolean;
  /** False if the change is not in the inputs, for example a certificate due for renewal. */
  readonly inputDiff: boolean;
}

export interface Diff {
  readonly changes: readonly Change[];
  /** Whether a replacement must delete the old resource first. Default: false. */
  readonly deleteBeforeReplace?: boolean;
}

/** What is known about an existing resource. */
export interface State<Inputs, Outputs> {
  readonly id: string;
  readonly inputs: Inputs;
  readonly outputs: Inputs & Outputs;
}

type Eventually<T> = T | Promise<T>;

/**
 * The behaviour of one resource type. `Inputs` and `Outputs` must be type aliases, not interfaces, so that they are
 * also {@link Properties}. An error thrown by a method fails the resource with the error's message.
 */
export interface ResourceType<Inputs extends Properties = Properties, Outputs extends Properties = Properties> {
  /** The outputs that are not inputs: unknown until the resource exists. */
  readonly outputs: readonly (keyof Outputs & string)[];
  /** The inputs whose change replaces the resource. All others update in place. */
  readonly replaceOnChanges: readonly (keyof Inputs & string)[];

  /**
   * Fills in the defaults. Its result is what is compared, created and kept as outputs. Default: the inputs unchanged.
   */
  normalize?(inputs: Inputs): Inputs;
  /** The inputs that Check returns, with the schema's defaults. Default: unchanged. */
  checked?(inputs: Inputs): Inputs;
  /**
   * The properties that the schema marks as secret, as paths: `connection.privateKey`. Check, Create, Update and Read
   * return them marked, even inside an object that is secret as a whole. Default: only what the program marks.
   */
  readonly secrets?: readonly string[];
  /** Refuses wrong inputs; each of them may still be {@link UNKNOWN}. Default: refuses nothing. */
  check?(inputs: Inputs, operation: Operation): Eventually<CheckFailure[]>;
  /** Compares the old and the new values, both normalized. Default: `diffInputs`. */
  diff?(state: State<Inputs, Outputs>, inputs: Inputs, operation: Operation): Eventually<Diff>;
  /**
   * The outputs that a preview shows; `state` is given for an update. Default: all of `outputs` are unknown, unless
   * there is no `update` to change them.
   */
  preview?(inputs: Inputs, state: State<Inputs, Outputs> | undefined, operation: Operation): Eventually<Properties>;
  /** The id that a preview shows for a new resource. Default: none. */
  previewId?(operation: Operation): string;
  create(inputs: Inputs, operation: Operation): Eventually<{ id: string; outputs: Outputs }>;
  /** Returns the outputs after the update. Default: nothing is done, and the outputs stay. */
  update?(inputs: Inputs, state: State<Inputs, Outputs>, operation: Operation): Eventually<Outputs>;
  /** Default: forgets the resource. */
  delete?(state: State<Inputs, Outputs>, operation: Operation): Eventually<void>;
  /**
   * Splits the id given to `pulumi import` into the resource's own id and what else it contains. Throws if it is
   * malformed. Default: it is the resource's own id.
   */
  parseImportId?(importId: string): { id: string; inputs: Partial<Inputs> };
  /**
   * Reads the real object on refresh and on import, when only the id is known; undefined if it is gone. Default: trusts
   * the state.
   */
  read?(state: State<Inputs, Outputs>, operation: Operation): Eventually<(Inputs & Outputs) | undefined>;
}

/** A resource type without its input types: only it and the program know them. */
// biome-ignore lint/suspicious/noExplicitAny: no other type is a supertype of all of them
export type AnyResourceType = ResourceType<any, any>;

/** The target of `pulumi.runtime.invoke`. An error is shown with its message. */
export type ProviderFunction = (args: Properties, operation: Operation) => Eventually<Properties>;

/** The fake of a provider plugin: the default export of `packages/<name>/index.ts`. */
export interface ProviderPackage {
  /** As in `PULUMI_DEBUG_PROVIDERS` and at the front of each type token. */
  readonly name: string;
  /** The version of the plugin that it replaces, without `v`. */
  readonly version: string;
  /** By type token, such as `command:local:Command`. */
  readonly resources: Readonly<Record<string, AnyResourceType>>;
  /**
   * Whether it truncates `customTimeouts` to whole seconds, as providers built with pulumi-go-provider do. Default:
   * false.
   */
  readonly wholeSecondTimeouts?: boolean;
  /** By token, such as `cloudflare:index/getZone:getZone`. Default: none. */
  readonly functions?: Readonly<Record<string, ProviderFunction>>;
  /**
   * Starts the servers that commands find through environment variables, and returns the variables. Default: nothing.
   */
  environment?(): Promise<Record<string, string>>;
  /** Refuses a wrong provider configuration before any resource. Default: refuses nothing. */
  checkConfig?(config: Properties): CheckFailure[];
  /** The warnings about a provider configuration. Default: none. */
  warnings?(config: Properties): string[];
}
