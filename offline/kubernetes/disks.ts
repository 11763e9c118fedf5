import { chmod, mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { Api, KubernetesObject } from "./api.ts";

/** The name of Google's driver of disks: so storage classes for a cluster of Google's work here, too. */
export const diskDriver = "pd.csi.storage.gke.io";

const claims = "/api/v1/persistentvolumeclaims";
const volumes = "/api/v1/persistentvolumes";
const classes = "/apis/storage.k8s.io/v1/storageclasses";
const made = "pv.kubernetes.io/provisioned-by";

/**
 * The classes of a cluster of Google's that the tests need. A disk of the first kind is made with its claim; one of the second with the
 * first pod that uses it.
 */
export const storageClasses = [
  { name: "standard", volumeBindingMode: "Immediate" },
  { name: "standard-rwo", volumeBindingMode: "WaitForFirstConsumer" },
].map(({ name, volumeBindingMode }) => ({
  apiVersion: "storage.k8s.io/v1",
  kind: "StorageClass",
  metadata: {
    name,
    annotations: { "storageclass.kubernetes.io/is-default-class": String(name === "standard-rwo") },
  },
  provisioner: diskDriver,
  reclaimPolicy: "Delete",
  allowVolumeExpansion: false,
  volumeBindingMode,
}));

/** Makes the storage classes. */
export async function makeStorageClasses(api: Api): Promise<void> {
  for (const storageClass of storageClasses) await api.create(classes, storageClass);
}

/**
 * A fake of the driver of Google's disks: a folder of this machine is a disk, so each node reaches each of them. The volumes are of the
 * kind "local", for which kubelet sets the group of a pod, as it does for a real disk. Sizes have no effect, and two nodes may mount the
 * same disk at the same time.
 *
 * @returns a function that ends it
 */
export function provideDisks(api: Api, folder: string): () => Promise<void> {
  let running = true;
  const works = (async () => {
    while (running) {
      // The API may be busy or end at any moment; the next look finds the same work.
      await look(api, folder).catch(() => {});
      await pause(200);
    }
  })();
  return async () => {
    running = false;
    await works;
  };
}

async function look(api: Api, folder: string): Promise<void> {
  for (const claim of await api.list(claims)) {
    if (claim.status?.phase !== "Pending" || claim.spec.volumeName || claim.metadata.deletionTimestamp) continue;
    await provide(api, folder, claim);
  }
  for (const volume of await api.list(volumes)) {
    if (volume.metadata.annotations?.[made] !== diskDriver || volume.status?.phase !== "Released") continue;
    if (volume.spec.persistentVolumeReclaimPolicy !== "Delete") continue;
    await rm(volume.spec.local.path, { recursive: true, force: true });
    await api.remove(`${volumes}/${volume.metadata.name}`);
  }
}

async function provide(api: Api, folder: string, claim: KubernetesObject): Promise<void> {
  const storageClass = await api.get(`${classes}/${claim.spec.storageClassName}`);
  if (storageClass?.provisioner !== diskDriver) return;
  const { name, namespace, uid, annotations = {} } = claim.metadata;
  const waits = storageClass.volumeBindingMode === "WaitForFirstConsumer";
  if (waits && !annotations["volume.kubernetes.io/selected-node"]) return;
  const volume = `pvc-${uid}`;
  const path = join(folder, volume);
  await mkdir(path, { recursive: true });
  // As the root of a new file system; kubelet gives it the group that a pod asks for.
  await chmod(path, 0o755);
  await api.create(volumes, {
    apiVersion: "v1",
    kind: "PersistentVolume",
    metadata: { name: volume, annotations: { [made]: diskDriver } },
    spec: {
      capacity: { storage: claim.spec.resources.requests.storage },
      accessModes: claim.spec.accessModes,
      persistentVolumeReclaimPolicy: storageClass.reclaimPolicy ?? "Delete",
      storageClassName: claim.spec.storageClassName,
      claimRef: { apiVersion: "v1", kind: "PersistentVolumeClaim", name, namespace, uid },
      local: { path },
      // A volume of this kind must name its nodes: all.
      nodeAffinity: {
        required: {
          nodeSelectorTerms: [{ matchExpressions: [{ key: "kubernetes.io/os", operator: "In", values: ["linux"] }] }],
        },
      },
    },
  });
}
