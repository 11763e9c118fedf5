import type * as pulumi from "@pulumi/pulumi";

/**
 * A value of the settings that must not lie open in the state or in a preview. Its only way out is a secret Output: code
 * that forgets `pulumi.secret` does not compile.
 */
export class Sensitive<Value> {
  readonly #value: Value;

  constructor(value: Value) {
    this.#value = value;
  }

  /** @param secret `pulumi.secret`. It is handed in because settings are also read where Pulumi's SDK is not loaded. */
  output(secret: typeof pulumi.secret): pulumi.Output<Value> {
    return secret(this.#value) as pulumi.Output<Value>;
  }

  /** What JSON shows of it. */
  toJSON(): string {
    return "[secret]";
  }
}

/** The type with some of its properties sealed. */
export type Sealed<Type, Key extends PropertyKey> = Type extends unknown
  ? {
      [Name in keyof Type]: Name extends Key
        ? Sensitive<NonNullable<Type[Name]>> | Extract<Type[Name], undefined>
        : Type[Name];
    }
  : never;

/** Seals one property of an object, where it has it. */
export function seal<Type extends object, Key extends keyof Type>(object: Type, key: Key): Sealed<Type, Key> {
  const value = object[key];
  return (value === undefined ? object : { ...object, [key]: new Sensitive(value) }) as Sealed<Type, Key>;
}
