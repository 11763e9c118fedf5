import type { CheckFailure, Properties, ResourceType } from "../../resource.ts";
import { type CharacterOptions, randomCharacters } from "./characters.ts";
import { immutableResource, isKnown, type Keepers } from "./immutable.ts";

type StringInputs = Partial<CharacterOptions> & Pick<CharacterOptions, "length"> & Keepers & { number?: boolean };

/** `random:index/randomString:RandomString`: not secret, its id is the string itself. */
export const randomString = stringResource({
  outputs: ["result"],
  async create(result) {
    return { id: result, outputs: { result } };
  },
});

/** `random:index/randomPassword:RandomPassword` */
export const randomPassword = stringResource({
  outputs: ["result", "bcryptHash"],
  async create(result) {
    const { hash } = await import("bcryptjs");
    return { id: "none", outputs: { result, bcryptHash: await hash(result, 10) } };
  },
});

function stringResource<Outputs extends Properties>(type: {
  outputs: readonly (keyof Outputs & string)[];
  create(result: string): Promise<{ id: string; outputs: Outputs }>;
}): ResourceType<StringInputs, Outputs> {
  return immutableResource<StringInputs, Outputs>({
    inputs: [
      ...(["length", "lower", "upper", "number", "numeric", "special", "overrideSpecial"] as const),
      ...(["minLower", "minUpper", "minNumeric", "minSpecial"] as const),
    ],
    outputs: type.outputs,
    check,
    normalize,
    create: (inputs) => type.create(randomCharacters({ ...characterDefaults, ...inputs })),
  });
}

const characterDefaults = {
  lower: true,
  minLower: 0,
  upper: true,
  minUpper: 0,
  numeric: true,
  minNumeric: 0,
  special: true,
  minSpecial: 0,
  overrideSpecial: "",
};

/** `number` is the old name of `numeric`; the outputs have both. */
function normalize(inputs: StringInputs): StringInputs {
  const { overrideSpecial: _, ...defaults } = characterDefaults;
  const numeric = inputs.numeric ?? inputs.number ?? true;
  return { ...defaults, ...inputs, numeric, number: numeric };
}

function check(inputs: StringInputs): CheckFailure[] {
  const failures: CheckFailure[] = [];
  const { length, number, numeric } = inputs;
  const minimums = [inputs.minLower, inputs.minUpper, inputs.minNumeric, inputs.minSpecial].filter(isKnown);
  const required = minimums.reduce((sum, minimum) => sum + minimum, 0);
  if (isKnown(length) && length < Math.max(1, required)) {
    const reason =
      length < 1
        ? `Attribute length value must be at least 1, got: ${length}`
        : `Attribute length value must be at least sum of min_upper + min_lower + min_numeric + min_special, got: ${length}`;
    failures.push({ property: "length", reason });
  }
  if (isKnown(number) && isKnown(numeric) && number !== numeric) {
    failures.push({ property: "number", reason: "Number and numeric are both configured with different values" });
  }
  return failures;
}
