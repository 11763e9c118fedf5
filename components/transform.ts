import type * as pulumi from "@pulumi/pulumi";

/**
 * A change to a resource of a component: arguments to set, or a function that changes arguments and options in place.
 */
export type Transform<Args> = Partial<Args> | ((args: Args, opts: pulumi.CustomResourceOptions, name: string) => void);

/** The changed arguments of a resource's constructor: `new Disk(...transformed(transform?.disk, name, args, opts))` */
export function transformed<Args extends object>(
  transform: Transform<Args> | undefined,
  name: string,
  args: Args,
  opts: pulumi.CustomResourceOptions,
): [name: string, args: Args, opts: pulumi.CustomResourceOptions] {
  if (typeof transform !== "function") return [name, { ...args, ...transform }, opts];
  // Copies, because resources share their options.
  const changed: [string, Args, pulumi.CustomResourceOptions] = [name, { ...args }, { ...opts }];
  transform(changed[1], changed[2], name);
  return changed;
}
