import type { Cloud } from "../../../cloud/folder.ts";
import type { Change, CheckFailure, Operation, Properties, State } from "../../resource.ts";
import type { Place, ScopeKind } from "./scope.ts";

/** The inputs of every kind. `labels` and locations only if the kind has them. */
export type CommonInputs = {
  name?: string;
  project?: string;
  region?: string;
  zone?: string;
  labels?: Record<string, string>;
  /** Default: DELETE. */
  deletionPolicy?: "DELETE" | "PREVENT" | "ABANDON";
};

/** A resource in its cloud, with all values known. */
export interface Site<Inputs> {
  readonly cloud: Cloud;
  readonly path: string;
  readonly name: string;
  readonly place: Place;
  readonly inputs: Inputs;
  readonly operation: Operation;
}

/** How one kind of resource differs from the others. */
export interface Kind<Inputs extends CommonInputs, Outputs extends Properties> {
  /** Pulumi's type token. */
  readonly type: string;
  /** In the provider's errors: `Error creating Network: ...` */
  readonly title: string;
  /** In the API's errors: `The network resource ...` */
  readonly noun: string;
  /** In addresses: `networks`. */
  readonly collection: string;
  readonly scope: ScopeKind;
  readonly quota: { readonly metric: string; readonly limit: number };
  readonly service?: { readonly name: string; readonly title: string; readonly permission: string };
  readonly required?: readonly (keyof Inputs & string)[];
  readonly defaults?: Partial<Inputs>;
  /** The outputs that are not inputs, or not always. All kinds also have `name` and the location as outputs. */
  readonly outputs: readonly (keyof Outputs & string)[];
  /** Whether a change at this path (`bootDisk.deviceName`) replaces the resource. */
  replaces(path: string, state: State<Inputs, Outputs>, inputs: Inputs): boolean;
  /** What identifies the resource in its location, if not its `name`. */
  nameOf?(inputs: Inputs): string;
  /** A regular expression for what identifies it. Default: that of Compute Engine's names. */
  readonly nameForm?: string;
  pathOf?(place: Place, name: string): string;
  /** The name in an import ID that has another form than `projects/.../networks/site`. */
  importedName?(id: string): string | undefined;
  check?(inputs: Inputs): CheckFailure[];
  /** Whether two values are two spellings of the same thing, so that there is no change. */
  isSame?(change: Change, state: State<Inputs, Outputs>, inputs: Inputs): boolean;
  /** The outputs that a preview of an update cannot know. Default: none. */
  unknownAfter?(state: State<Inputs, Outputs>, inputs: Inputs): readonly (keyof Outputs & string)[];
  /** The paths of what it uses. Each must exist. */
  uses?(inputs: Inputs, place: Place, cloud: Cloud): readonly string[] | Promise<readonly string[]>;
  /** The API's message if it exists already. Default: Compute Engine's. */
  existing?(site: Site<Inputs>): string;
  /** Acts besides writing the record; refuses with an Error in the API's words. */
  create(site: Site<Inputs>): Promise<Outputs>;
  update?(site: Site<Inputs>, state: State<Inputs, Outputs>): Promise<Outputs>;
  delete?(site: Site<Inputs>, state: State<Inputs, Outputs>): Promise<void>;
  /** Runs after the record is written or deleted. */
  afterwards?(site: Site<Inputs>): Promise<void>;
  /** The current state; undefined if it is gone. Default: the record. */
  read?(site: Site<Inputs>, state: State<Inputs, Outputs>): Promise<Partial<Inputs & Outputs> | undefined>;
}
