import { z } from "zod";
import { regionOf } from "../../settings/target/gcp.ts";
import type { Google } from "./google.ts";
import type { MachineType } from "./vm.ts";

/** Dollars an hour for a core, and for a GiB of memory. */
export interface Rate {
  core: number;
  memory: number;
}

/** The rates of a region by family: `e2`, and `e2 spot`. A family without both parts has none. */
export type Rates = Record<string, Rate>;

/** Compute Engine's entries in Google's list of prices. https://cloud.google.com/billing/docs/reference/rest/v1/services.skus/list */
const LIST = "https://cloudbilling.googleapis.com/v1/services/6F81-5844-456A/skus";
const FIELDS =
  "nextPageToken,skus(description,serviceRegions,category/usageType,pricingInfo/pricingExpression(usageUnit,tieredRates/unitPrice))";

/** What the list calls the families, before "Core" and "Ram". The names of custom, sole-tenant and committed ones differ. */
const FAMILIES: Record<string, string> = {
  e2: "E2 Instance",
  n1: "N1 Predefined Instance",
  n2: "N2 Instance",
  n2d: "N2D AMD Instance",
  t2d: "T2D AMD Instance",
  c2: "Compute optimized",
  c2d: "C2D AMD Instance",
};

const page = z.object({
  nextPageToken: z.string().default(""),
  skus: z
    .array(
      z.object({
        description: z.string(),
        serviceRegions: z.array(z.string()).default([]),
        category: z.object({ usageType: z.string() }),
        pricingInfo: z
          .array(
            z.object({
              pricingExpression: z.object({
                tieredRates: z
                  .array(
                    z.object({
                      unitPrice: z.object({ units: z.coerce.number().default(0), nanos: z.number().default(0) }),
                    }),
                  )
                  .default([]),
              }),
            }),
          )
          .default([]),
      }),
    )
    .default([]),
});

type Sku = z.infer<typeof page>["skus"][number];

/** The rates of a zone's region, from Google's list, which has about ten pages. */
export async function ratesOf(google: Google, zone: string): Promise<Rates> {
  const skus: Sku[] = [];
  let token = "";
  do {
    const query = new URLSearchParams({ currencyCode: "USD", pageSize: "5000", fields: FIELDS, pageToken: token });
    const found = page.parse(await google.get(`${LIST}?${query}`, "prices"));
    skus.push(...found.skus);
    token = found.nextPageToken;
  } while (token);
  return ratesIn(skus, regionOf(zone));
}

/** The rates of a region in these entries. */
export function ratesIn(skus: Sku[], region: string): Rates {
  const here = skus.filter(({ serviceRegions }) => serviceRegions.includes(region));
  const rates: Rates = {};
  for (const [family, words] of Object.entries(FAMILIES))
    for (const [suffix, begins, usage] of [
      ["", "", "OnDemand"],
      [" spot", "Spot Preemptible ", "Preemptible"],
    ]) {
      const price = (part: string) => {
        const entry = here.find(
          ({ description, category }) =>
            category.usageType === usage && description.startsWith(`${begins}${words} ${part} running in `),
        );
        const { units, nanos } = entry?.pricingInfo.at(-1)?.pricingExpression.tieredRates.at(-1)?.unitPrice ?? {};
        return units === undefined || nanos === undefined ? undefined : units + nanos / 1e9;
      };
      const [core, memory] = [price("Core"), price("Ram")];
      if (core !== undefined && memory !== undefined) rates[`${family}${suffix}`] = { core, memory };
    }
  return rates;
}

/** Types with a part of a core: Google counts this much of it. https://cloud.google.com/compute/vm-instance-pricing */
const SHARED: Record<string, number> = { "e2-micro": 0.25, "e2-small": 0.5, "e2-medium": 1 };

/** Dollars an hour for a machine type; undefined if the list does not have its family. Disks, address and traffic are not in it. */
export function priceOf(rates: Rates, { name, cores, memoryGb }: MachineType, spot: boolean): number | undefined {
  const rate = rates[`${name.split("-")[0]}${spot ? " spot" : ""}`];
  return rate && (SHARED[name] ?? cores) * rate.core + memoryGb * rate.memory;
}
