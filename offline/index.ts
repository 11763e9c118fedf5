import { PlainError } from "../scripts/cli/plainError.ts";
import { step } from "../scripts/cli/step.ts";
import type { Environment } from "./setup/environment.ts";
import { ensureImages, fakeLines, imagesAreHere } from "./setup/images.ts";
import { pluginsAreHere, startProviders } from "./setup/providers.ts";
import { registryAddress, type Stop, startRegistry } from "./setup/registry.ts";

/** What a script needs that may have to be stood in for. */
export interface Needs {
  /** The images the site runs, as the site names them; none when nothing will be pulled. */
  images: string[];
  /** The packages whose provider plugins the engine will ask for. */
  providers: string[];
  /** Whether another machine pulls the images, so that it is of no use when they are here. Default: false. */
  pulledElsewhere?: boolean;
  /** The user's own `imageMirror`, which then is where images come from; undefined or empty when there is none. */
  imageMirror?: string | undefined;
}

/** What stands in, for the time that it is needed. */
export interface Fakes {
  /** Environment variables for the Pulumi CLI. */
  env: Record<string, string>;
  /** The registry that images are to be pulled through; undefined where they come from their own registries. */
  imageMirror: string | undefined;
  /** One line for each thing that is not the real one. */
  lines: string[];
}

const clouds: Record<string, string> = {
  gcp: "Google Cloud: containers on this machine (offline/cloud)",
  cloudflare: "Cloudflare: a zone and an edge on this machine (offline/edge)",
};

const nothing: Fakes = { env: {}, imageMirror: undefined, lines: [] };

/**
 * Runs `work` with fakes for what cannot be downloaded here, and ends them afterwards, however it went. With the
 * internet, or with everything fetched before, there are none.
 */
export async function withFakes<Result>(
  environment: Environment,
  needs: Needs,
  work: (fakes: Fakes) => Promise<Result>,
): Promise<Result> {
  const stops: Stop[] = [];
  try {
    const images = await fakeImages(environment, needs, stops);
    const providers = await fakeProviders(environment, needs, stops);
    return await work({
      env: { ...images.env, ...providers.env },
      imageMirror: images.imageMirror,
      lines: [...images.lines, ...providers.lines],
    });
  } finally {
    for (const stop of stops.reverse()) await stop();
  }
}

/** The registry that images are pulled through on a machine like this, whether or not it runs now. */
export function fakeMirror({ imageRegistries, debianRoot }: Environment): string | undefined {
  return imageRegistries || debianRoot === undefined ? undefined : registryAddress;
}

async function fakeImages(environment: Environment, needs: Needs, stops: Stop[]): Promise<Fakes> {
  const { imageRegistries, debianRoot } = environment;
  if (needs.images.length === 0 || needs.imageMirror || imageRegistries) return nothing;
  if (!needs.pulledElsewhere && (await imagesAreHere(needs.images))) return nothing;
  if (debianRoot === undefined) {
    throw new PlainError(
      "The site's images cannot be pulled: quay.io, ghcr.io and docker.io do not all answer from here, and fakes for them are built from Debian's packages, on Debian 12 or newer as root only.",
      "Connect this machine to the internet, or name the registry your company mirrors them in: pulumi config set imageMirror mirror.example.com. Then run the command again.",
    );
  }
  await step("Images built from packages, as no image registry can be reached", async (say) => {
    stops.push(await startRegistry(debianRoot, say));
    await ensureImages(needs.images, debianRoot, say);
  });
  return { env: {}, imageMirror: registryAddress, lines: fakeLines(needs.images) };
}

async function fakeProviders({ pulumiDownloads }: Environment, needs: Needs, stops: Stop[]): Promise<Fakes> {
  const given = process.env.PULUMI_DEBUG_PROVIDERS;
  if (needs.providers.length === 0 || pulumiDownloads || given || pluginsAreHere(needs.providers)) return nothing;
  const { addresses, stop } = await startProviders();
  stops.push(stop);
  return {
    // Or the engine would try three times to download what is stood in for, before it does anything else.
    env: { PULUMI_DEBUG_PROVIDERS: addresses, PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true" },
    imageMirror: undefined,
    lines: [
      `Pulumi's provider plugins (${needs.providers.join(", ")}): a server of our own (offline/providers)`,
      ...needs.providers.flatMap((name) => clouds[name] ?? []),
    ],
  };
}
