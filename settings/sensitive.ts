import type * as pulumi from "@pulumi/pulumi";

/**
 * A secret value of the settings. It can be read only as a secret Output, so code that would put it into the state or a
 * preview in plain text does not compile.
 */
export class Sensitive<Value> {
  readonly #value: Value;

  constructor(value: Value) {
    this.#value = value;
  }

  /** @param secret `pulumi.secret`: an argument, because settings are also read where Pulumi's SDK is not loaded. */
  output(secret: typeof pulumi.secret): pulumi.Output<Value> {
    return secret(this.#value) as pulumi.Output<Value>;
  }

  /** Its form in JSON. */
  toJSON(): string {
    return "[secret]";
  }
}

/** A type with some of its properties sealed. */
export type Sealed<Type, Key extends PropertyKey> = Type extends unknown
  ? {
      [Name in keyof Type]: Name extends Key
        ? Sensitive<NonNullable<Type[Name]>> | Extract<Type[Name], undefined>
        : Type[Name];
    }
  : never;

/** Seals one property of an object, if it has it. */
export function seal<Type extends object, Key extends keyof Type>(object: Type, key: Key): Sealed<Type, Key> {
  const value = object[key];
  return (value === undefined ? object : { ...object, [key]: new Sensitive(value) }) as Sealed<Type, Key>;
}
