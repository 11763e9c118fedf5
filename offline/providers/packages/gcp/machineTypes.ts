/** The families after N2D and C2D support Hyperdisk, or pd-balanced and pd-ssd, but not pd-standard. */
export const takesStandardDisks = (name: string) => !/^(c3|n4|c4)-/.test(name);

/** The properties of a machine type; undefined if it does not exist. */
export function machineTypeOf(name: string): { cpus: number; memoryMb: number } | undefined {
  const small: Record<string, [cpus: number, memoryMb: number]> = {
    "f1-micro": [1, 614],
    "g1-small": [1, 1740],
    "e2-micro": [2, 1024],
    "e2-small": [2, 2048],
    "e2-medium": [2, 4096],
  };
  const known = small[name];
  if (known !== undefined) return { cpus: known[0], memoryMb: known[1] };
  const [, family = "", kind = "", count = ""] =
    /^(e2|n1|n2|n2d|t2d|c3|n4|c4)-(standard|highmem|highcpu)-(\d+)$/.exec(name) ?? [];
  // Numbers of cores that Google offers in any of these families.
  const offered = [1, 2, 4, 8, 16, 32, 48, 64, 80, 96, 112, 128];
  const perCpu: Record<string, number> = { standard: family === "n1" ? 3.75 : 4, highmem: 8, highcpu: 1 };
  const gb = perCpu[kind];
  return gb === undefined || !offered.includes(Number(count))
    ? undefined
    : { cpus: Number(count), memoryMb: Number(count) * gb * 1024 };
}
