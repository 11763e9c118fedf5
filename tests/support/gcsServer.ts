import { generateKeyPairSync, type KeyObject, randomUUID } from "node:crypto";
import { imagesOf } from "../../files/site/site.ts";
import { SERVICES } from "./backedSite.ts";
import type { BackupServer } from "./backupServers.ts";
import { run } from "./command.ts";
import { startGoogle } from "./google.ts";
import { tagImages } from "./images.ts";
import { siteWith } from "./site.ts";

const newKey = () => generateKeyPairSync("rsa", { modulusLength: 2048 });

/** A bucket at Google, for a site whose images come from a mirror. */
export async function gcsServer(): Promise<BackupServer> {
  const known = newKey();
  const google = await startGoogle({ bucket: "backups", keys: async () => [known.publicKey] });
  const mirror = `google-${randomUUID().slice(0, 8)}.test`;
  const site = siteWith({ settings: { imageMirror: "", history: { every: 15 }, backup: { to: "/mnt/backup" } } });
  const services = site.services.filter(({ name }) => SERVICES.includes(name));
  const references = await tagImages(imagesOf({ ...site, services }), mirror, google.restic);
  const credential = credentialOf(known.privateKey);
  return {
    start: google.start,
    slow: google.slow,
    stop: async () => google.cut(),
    settings: { to: "gs:backups:/lab", credentials: credential },
    others: { imageMirror: mirror },
    credential,
    wrongCredential: credentialOf(newKey().privateKey),
    packs: () => google.packs("lab"),
    async remove() {
      await google.remove();
      await run("docker", ["image", "rm", ...references]);
    },
  };
}

const credentialOf = (key: KeyObject) =>
  JSON.stringify({
    type: "service_account",
    project_id: "my-project-123456",
    private_key_id: "1",
    private_key: key.export({ type: "pkcs8", format: "pem" }),
    client_email: "backup@my-project-123456.iam.gserviceaccount.com",
    token_uri: "https://oauth2.googleapis.com/token",
  });
