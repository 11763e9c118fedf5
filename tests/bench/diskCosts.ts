import { run } from "../../scripts/cli/command.ts";
import { PlainError } from "../../scripts/cli/plainError.ts";
import { FaultySite } from "../support/faultySite.ts";
import { pullImages } from "../support/images.ts";
import { serviceOf, siteWith } from "../support/site.ts";
import { rounded } from "./figures.ts";
import type { Result } from "./result.ts";

const RELEASES = 30;
/** From here on, as many earlier releases are kept as later. */
const SETTLED = 10;

/** The disk that releases take, one after another. */
export async function diskCosts(imageMirror: string | undefined): Promise<Result[]> {
  const { reference } = serviceOf(siteWith({ settings: { imageMirror: imageMirror ?? "" } }), "nginx").image;
  await pullImages([reference]);
  const site = new FaultySite(reference);
  try {
    const used: number[] = [];
    for (let number = 0; number < RELEASES; number++) {
      const { code, output } = await site.release(`r${number}`);
      if (code !== 0) throw new PlainError(`Release ${number} failed.`, output);
      const [kilobytes = ""] = (await run("du", "du", ["--summarize", "--block-size=1K", site.root])).split("\t");
      used.push(Number(kilobytes) / 1024);
    }
    const [settled = Number.NaN, end = Number.NaN] = [used[SETTLED - 1], used.at(-1)];
    return [
      {
        what: `disk of a small site after ${RELEASES} releases, without images`,
        value: rounded(end),
        unit: "MiB",
        beside: { what: `after ${SETTLED}`, value: rounded(settled) },
        ratio: rounded(end / settled),
        aim: "1.05 or less",
      },
    ];
  } finally {
    await site.remove();
  }
}
