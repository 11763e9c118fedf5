/** Prepares this machine for tests of the site and of the fakes. Several callers share one preparation. */

import { join } from "node:path";
import { withFakes } from "../../offline/index.ts";
import { installPackages, unpackPackage } from "../../offline/setup/debian.ts";
import type { Environment } from "../../offline/setup/environment.ts";
import { buildGoTool } from "../../offline/setup/goTool.ts";
import { ensureKubernetes, ensureKubernetesProvider } from "../../offline/setup/kubernetes.ts";
import { languageHostForYaml } from "../../offline/setup/languageHost.ts";
import { attempt, findExecutable, isExecutable, run } from "../cli/command.ts";
import { PlainError } from "../cli/plainError.ts";
import { step } from "../cli/step.ts";
import { ensureBrowser, ensureFirefox } from "../machine/browser.ts";
import { inspectMachine, prepareDocker, preparePulumi } from "../machine/prepare.ts";
import { cliEnvironment, imageMirrorOf, usersConfig } from "../pulumi/localStack.ts";
import { cliFolder } from "../pulumi/pulumiCli.ts";
import { providerPackages, siteImages } from "../pulumi/site.ts";

/** Images of tests that change this checkout's settings. */
const imagesOfTests = [
  // A test changes imageTag to this tag.
  "quay.io/jupyter/scipy-notebook:2026-08-17",
  // A test adds this app to the site.
  "docker.io/traefik/whoami:v1.11.0",
  // The ACME client of a site that gets its own certificate.
  "docker.io/goacme/lego:v5.3.1",
  // The other program that signs people in.
  "quay.io/oauth2-proxy/oauth2-proxy:v7.15.6",
  // Servers of people.
  "quay.io/jupyterhub/jupyterhub:5.5.4",
  // Backups.
  "docker.io/restic/restic:0.18.1",
  // Servers for backups, with the interfaces of Amazon (the last image that was published) and of Google (a fake).
  "docker.io/minio/minio:RELEASE.2025-09-07T16-13-09Z",
  "docker.io/fsouza/fake-gcs-server:1.56.1",
];

/** Images of tests with a cluster of Kubernetes. */
const imagesWithCluster = ["quay.io/jupyterhub/k8s-hub:4.4.0"];

let environment: Promise<Environment> | undefined;
let machine: Machine | undefined;

/** A machine that is ready until `release` is called. */
interface Machine {
  ready: Promise<void>;
  release: () => void;
  /** Settles when everything that the preparation started has ended. */
  ended: Promise<void>;
}

/** Prepares the machine as `npm start` does, and this process's environment, which test files inherit. */
export const prepareSite = (): Promise<void> => prepareMachine([]);

/** @param images images of these tests only. */
function prepareMachine(images: string[]): Promise<void> {
  machine ??= startMachine(images);
  return machine.ready;
}

/** Prepares the machine like `prepareSite`, and browsers. Tests in Firefox are skipped without one. */
export async function prepareBrowser(): Promise<void> {
  environment ??= inspectMachine();
  const { debianRoot } = await environment;
  process.env.BROWSER_PATH = await step("Browser", (say) => ensureBrowser(debianRoot, say));
  process.env.FIREFOX_PATH = (await step("Firefox", (say) => ensureFirefox(debianRoot, say))) ?? "";
  await prepareSite();
}

/** Prepares the machine like `prepareSite`, and what a cluster of Kubernetes is made of: for tests of its own, as root on Debian. */
export async function prepareKubernetes(): Promise<void> {
  environment ??= inspectMachine();
  const { debianRoot } = await environment;
  if (debianRoot === undefined) {
    throw new PlainError(
      "Tests with Kubernetes need root on Debian 12 or newer: the cluster is made of Debian's packages.",
    );
  }
  await step("Kubernetes", (say) => ensureKubernetes(debianRoot, say));
  await step("Pulumi's provider for Kubernetes", (say) => ensureKubernetesProvider(debianRoot, say));
  await prepareMachine(imagesWithCluster);
}

/** Ends everything that the preparation started. */
export async function release(): Promise<void> {
  machine?.release();
  await machine?.ended;
}

function startMachine(images: string[]): Machine {
  const ready = Promise.withResolvers<void>();
  const released = Promise.withResolvers<void>();
  const ended = withMachine(images, () => {
    ready.resolve();
    return released.promise;
  }).catch(ready.reject);
  return { ready: ready.promise, release: released.resolve, ended };
}

async function withMachine(images: string[], work: () => Promise<void>): Promise<void> {
  environment ??= inspectMachine();
  const found = await environment;
  const { debianRoot } = found;
  await prepareDocker(found);
  const cli = await preparePulumi(found);
  // Programs in YAML use this project as a package. Every other installation of the CLI contains the host.
  const yamlHost = join(cliFolder(cli), "pulumi-language-yaml");
  if (!isExecutable(yamlHost) && findExecutable("pulumi-language-yaml") === undefined) {
    await step(languageHostForYaml.name, (say) => buildGoTool(languageHostForYaml, yamlHost, debianRoot, say));
  }
  if (debianRoot && findExecutable("shellcheck") === undefined) {
    await step("shellcheck", (say) => installPackages(["shellcheck"], say));
  }
  if (debianRoot) await step("Pebble, Let's Encrypt's test server", (say) => unpackPackage("pebble", debianRoot, say));
  const config = await usersConfig();
  const needs = {
    images: [...(await siteImages(config)), ...imagesOfTests, ...images],
    providers: providerPackages,
    imageMirror: imageMirrorOf(config),
  };
  await withFakes(found, needs, async ({ env, imageMirror }) => {
    Object.assign(process.env, cliEnvironment(cli), env, { JUPYTER_UP_IMAGE_MIRROR: imageMirror ?? "" });
    await pullImages(needs.images.map((image) => (imageMirror ? `${imageMirror}/${image}` : image)));
    await work();
  });
}

/**
 * Pulls the images that are not on this machine. A release removes images that it pulled and no longer needs, and a test file that
 * runs at the same time could need them.
 */
async function pullImages(references: string[]): Promise<void> {
  for (const reference of references) {
    if ((await attempt("docker", ["image", "inspect", reference])).code === 0) continue;
    await step(`Image ${reference}`, () => run("Pulling the image", "docker", ["pull", "--quiet", reference]));
  }
}
