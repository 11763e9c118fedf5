import { PlainError } from "../scripts/cli/plainError.ts";
import { step } from "../scripts/cli/step.ts";
import type { Environment } from "./setup/environment.ts";
import { ensureImages, fakeLines, imagesAreHere } from "./setup/images.ts";
import { ensureKubernetesProvider } from "./setup/kubernetes.ts";
import { kubernetesProvider } from "./setup/kubernetesPrograms.ts";
import { pluginsAreHere, startProviders } from "./setup/providers.ts";
import { registryAddress, type Stop, startRegistry } from "./setup/registry.ts";

/** What a script needs that may have to be faked. */
export interface Needs {
  /** The images of the site, under the site's names for them; empty if nothing will be pulled. */
  images: string[];
  /** The packages whose provider plugins the engine will load. */
  providers: string[];
  /** Whether another machine pulls the images, so that images on this machine do not help. Default: false. */
  pulledElsewhere?: boolean;
  /** The user's own `imageMirror`, which then provides the images; undefined or empty if there is none. */
  imageMirror?: string | undefined;
}

/** The running fakes. */
export interface Fakes {
  /** Environment variables for the Pulumi CLI. */
  env: Record<string, string>;
  /** The registry to pull images through; undefined if they come from their own registries. */
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
 * Runs `work` with fakes for what cannot be downloaded here, and stops them at the end, even after an error. With
 * internet access, or if everything has been fetched before, there are no fakes.
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

/** The registry that a machine like this pulls images through, whether or not it is running. */
export function fakeMirror({ imageRegistries, debianRoot }: Environment): string | undefined {
  return imageRegistries || debianRoot === undefined ? undefined : registryAddress;
}

async function fakeImages(environment: Environment, needs: Needs, stops: Stop[]): Promise<Fakes> {
  const { imageRegistries, debianRoot } = environment;
  if (needs.images.length === 0 || needs.imageMirror || imageRegistries) return nothing;
  if (!needs.pulledElsewhere && (await imagesAreHere(needs.images))) return nothing;
  if (debianRoot === undefined) {
    throw new PlainError(
      "The site's images cannot be pulled: this machine does not reach all of quay.io, ghcr.io and docker.io. Fakes can only be built from Debian's packages, as root on Debian 12 or newer.",
      "Connect this machine to the internet, or set your company's mirror of these registries: pulumi config set imageMirror mirror.example.com. Then run the command again.",
    );
  }
  await step("Images built from packages (no image registry is reachable)", async (say) => {
    stops.push(await startRegistry(debianRoot, say));
    await ensureImages(needs.images, debianRoot, say);
  });
  return { env: {}, imageMirror: registryAddress, lines: fakeLines(needs.images) };
}

async function fakeProviders(environment: Environment, needs: Needs, stops: Stop[]): Promise<Fakes> {
  const { pulumiDownloads, debianRoot } = environment;
  if (pulumiDownloads || pluginsAreHere(needs.providers)) return nothing;
  const faked = needs.providers.filter((name) => name !== "kubernetes");
  if (faked.length < needs.providers.length) {
    await step(kubernetesProvider.name, (say) => ensureKubernetesProvider(debianRoot, say));
  }
  const given = process.env.PULUMI_DEBUG_PROVIDERS;
  if (faked.length === 0 || given || pluginsAreHere(faked)) return nothing;
  const { addresses, stop } = await startProviders();
  stops.push(stop);
  return {
    // Otherwise the engine would first try three times to download the plugin that the fake replaces.
    env: { PULUMI_DEBUG_PROVIDERS: addresses, PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true" },
    imageMirror: undefined,
    lines: [
      `Pulumi's provider plugins (${faked.join(", ")}): a small server (offline/providers)`,
      ...faked.flatMap((name) => clouds[name] ?? []),
    ],
  };
}
