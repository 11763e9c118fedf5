/**
 * What a package of fake resources is. Nothing in this file, and nothing under `packages/`, knows gRPC:
 * a package says what its resources do, `server.ts` says it to the engine.
 */

/** Property values as the engine sends them: JSON, secrets unwrapped, unknown values as {@link UNKNOWN}. */
export type Properties = Record<string, unknown>;

/** Stands for a value that a preview cannot know yet. The string is fixed by Pulumi's wire format. */
export const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

export type Severity = "debug" | "info" | "warning" | "error";

/** One call of the engine about one resource. */
export interface Operation {
  /** The resource's full name in the stack. */
  readonly urn: string;
  /** The last part of the URN: the name that the program gave. */
  readonly name: string;
  /** The provider's own configuration (`gcp:project`, ...); empty for the packages that have none. */
  readonly config: Properties;
  /**
   * Aborted by Ctrl-C (reason: an Error `context canceled`) and when `customTimeouts` run out (`context deadline
   * exceeded`).
   */
  readonly signal: AbortSignal;
  /** Aborted when the CLI has gone and nobody waits for the answer: where a real provider would have been killed. */
  readonly abandoned: AbortSignal;
  /** Shows the user a message that stays. */
  log(severity: Severity, message: string): void;
  /** Shows the user a status line of the resource: what the engine calls an ephemeral message. */
  status(message: string): void;
}

/** Why an input is refused; without `property` it is the whole resource. */
export interface CheckFailure {
  readonly property?: string;
  readonly reason: string;
}

export interface Change {
  /** Where, in the engine's notation: `environment.PATH`, `triggers[0]`. */
  readonly path: string;
  readonly kind: "add" | "update" | "delete";
  /** Whether this change makes a new resource instead of updating the old one. */
  readonly replace: boolean;
  /** False where the change is not in the inputs, such as a certificate whose time has come. */
  readonly inputDiff: boolean;
}

export interface Diff {
  readonly changes: readonly Change[];
  /** Whether a replacement has to delete the old resource first. Default: false. */
  readonly deleteBeforeReplace?: boolean;
}

/** What is known of a resource that exists. */
export interface State<Inputs, Outputs> {
  readonly id: string;
  readonly inputs: Inputs;
  readonly outputs: Inputs & Outputs;
}

type Eventually<T> = T | Promise<T>;

/**
 * How one type of resource behaves.
 * `Inputs` and `Outputs` have to be type aliases, not interfaces, so that they are also {@link Properties}.
 * An error thrown by a method fails the resource with the error's message.
 */
export interface ResourceType<Inputs extends Properties = Properties, Outputs extends Properties = Properties> {
  /** The outputs that are not inputs: unknown until the resource exists. */
  readonly outputs: readonly (keyof Outputs & string)[];
  /** The inputs whose change makes a new resource. All others update in place. */
  readonly replaceOnChanges: readonly (keyof Inputs & string)[];

  /** Fills in the defaults. What is compared, created and kept as outputs is its result. Default: the inputs as they are. */
  normalize?(inputs: Inputs): Inputs;
  /** The inputs as Check hands them back, with the defaults that the schema has for them. Default: as they are. */
  checked?(inputs: Inputs): Inputs;
  /**
   * The properties that the schema marks as secret, as paths: `connection.privateKey`. They come back marked from Check,
   * Create, Update and Read, even inside of something that is secret as a whole. Default: none but what the program marks.
   */
  readonly secrets?: readonly string[];
  /** Refuses wrong inputs; each of them may still be {@link UNKNOWN}. Default: refuses nothing. */
  check?(inputs: Inputs, operation: Operation): Eventually<CheckFailure[]>;
  /** Compares what is with what is asked for, both normalized. Default: `diffInputs`. */
  diff?(state: State<Inputs, Outputs>, inputs: Inputs, operation: Operation): Eventually<Diff>;
  /**
   * The outputs that a preview shows; `state` is given for an update. Default: every one of `outputs` is unknown, unless
   * there is no `update` to change them.
   */
  preview?(inputs: Inputs, state: State<Inputs, Outputs> | undefined, operation: Operation): Eventually<Properties>;
  /** The id that a preview shows for a new resource. Default: none. */
  previewId?(operation: Operation): string;
  create(inputs: Inputs, operation: Operation): Eventually<{ id: string; outputs: Outputs }>;
  /** Returns the outputs after the update. Default: nothing is done, and the outputs stay as they are. */
  update?(inputs: Inputs, state: State<Inputs, Outputs>, operation: Operation): Eventually<Outputs>;
  /** Default: forgets the resource. */
  delete?(state: State<Inputs, Outputs>, operation: Operation): Eventually<void>;
  /**
   * Takes apart the id that `pulumi import` is given, where it is more than the resource's own id: returns that one, and
   * what else it says. Throws when it cannot be one. Default: it is the resource's own id.
   */
  parseImportId?(importId: string): { id: string; inputs: Partial<Inputs> };
  /**
   * Looks at the real thing on refresh and on import, when nothing is known but the id; undefined when it is gone.
   * Default: believes the state.
   */
  read?(state: State<Inputs, Outputs>, operation: Operation): Eventually<(Inputs & Outputs) | undefined>;
}

/** A resource type among others: what its inputs are is between it and the program. */
// biome-ignore lint/suspicious/noExplicitAny: no other type is a supertype of all of them
export type AnyResourceType = ResourceType<any, any>;

/** What `pulumi.runtime.invoke` calls. An error thrown by it is shown with the error's message. */
export type ProviderFunction = (args: Properties, operation: Operation) => Eventually<Properties>;

/** A provider plugin's fake: what the file `packages/<name>/index.ts` exports as default. */
export interface ProviderPackage {
  /** As in `PULUMI_DEBUG_PROVIDERS` and at the front of each type token. */
  readonly name: string;
  /** The version of the plugin that it stands in for, without `v`. */
  readonly version: string;
  /** By type token, such as `command:local:Command`. */
  readonly resources: Readonly<Record<string, AnyResourceType>>;
  /** Whether it cuts `customTimeouts` to whole seconds, as providers made with pulumi-go-provider do. Default: false. */
  readonly wholeSecondTimeouts?: boolean;
  /** By token, such as `cloudflare:index/getZone:getZone`. Default: none. */
  readonly functions?: Readonly<Record<string, ProviderFunction>>;
  /** Starts what commands find by variables of their environment, and returns the variables. Default: nothing. */
  environment?(): Promise<Record<string, string>>;
  /** Refuses a wrong configuration of the provider before any resource. Default: refuses nothing. */
  checkConfig?(config: Properties): CheckFailure[];
  /** What it warns the user of when its configuration is checked. Default: nothing. */
  warnings?(config: Properties): string[];
}
