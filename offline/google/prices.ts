/**
 * Google's list of prices (https://cloud.google.com/billing/docs/reference/rest/v1/services.skus/list): a fake with a few of its
 * 30,000 entries, in US dollars, as of November 2026. Pages are short, so that a reader has to ask for the next one.
 */

const PAGE = 5;
const AMERICA = ["us-central1", "us-east1", "us-west1"];

/** By the beginning of the description: dollars an hour for a core and for a GiB of memory. */
const PRICES: [begins: string, ends: string, usage: string, core: number, ram: number][] = [
  ["E2 Instance", "Americas", "OnDemand", 0.02181159, 0.00292353],
  ["Spot Preemptible E2 Instance", "Americas", "Preemptible", 0.00872, 0.001169],
  ["N2 Instance", "Americas", "OnDemand", 0.031611, 0.004237],
  ["Spot Preemptible N2 Instance", "Americas", "Preemptible", 0.00802, 0.00107],
  ["N2 Custom Instance", "Americas", "OnDemand", 0.03319155, 0.00444885],
  ["N2D AMD Instance", "Americas", "OnDemand", 0.027502, 0.003686],
  ["N1 Predefined Instance", "Americas", "OnDemand", 0.031611, 0.004237],
];

function entry(description: string, usageType: string, price: number, usageUnit: string, regions = AMERICA) {
  const unitPrice = { currencyCode: "USD", units: String(Math.floor(price)), nanos: Math.round((price % 1) * 1e9) };
  const pricingExpression = { usageUnit, tieredRates: [{ startUsageAmount: 0, unitPrice }] };
  const category = { resourceFamily: "Compute", usageType };
  return { description, category, serviceRegions: regions, pricingInfo: [{ pricingExpression }] };
}

const ENTRIES = PRICES.flatMap(([begins, ends, usage, core, ram]) => [
  entry(`${begins} Core running in ${ends}`, usage, core, "h"),
  entry(`${begins} Ram running in ${ends}`, usage, ram, "GiBy.h"),
  entry(`${begins} Core running in Zurich`, usage, core * 1.4, "h", ["europe-west6"]),
]);

/** One page of the list. */
export function skus(token: string | null) {
  const begin = Number(token ?? 0);
  const next = begin + PAGE;
  return { skus: ENTRIES.slice(begin, next), nextPageToken: next < ENTRIES.length ? String(next) : "" };
}
