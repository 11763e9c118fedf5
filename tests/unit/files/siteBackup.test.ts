import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import { bundleWith, type Changes, secrets } from "../../support/site.ts";
import { composeOf, contentOf, manifestOf, serviceManifestOf } from "../../support/unpack.ts";

const app = { name: "notes", image: "nginx:1.30.4", port: 80, volumes: ["/data"] };
const withBackup = ({ settings, ...others }: Changes = {}): Changes => ({
  ...others,
  settings: { database: "true", history: {}, apps: [app], backup: { to: "/mnt/backup" }, ...settings },
});

describe("The backup of a site", () => {
  const bundle = bundleWith(withBackup());
  const service = composeOf(bundle.release).services["site-backup"];

  it("reads the history, and can write to nothing but its own state and the destination", () => {
    const mounts = (service?.volumes ?? [])
      .filter(({ target }) => !target?.startsWith("/usr/") && !target?.startsWith("/run/"))
      .map(({ source, target, read_only }) => `${source} ${target}${read_only ? " ro" : ""}`);
    assert.deepEqual(mounts, [
      "/srv/data/history/jupyter /history/jupyter ro",
      "/srv/data/history/site /history/site ro",
      "/srv/data/backup /state",
      "/mnt/backup /repository",
    ]);
    assert.deepEqual([service?.network_mode, service?.read_only, service?.cap_drop], ["none", true, ["ALL"]]);
  });

  it("covers every source of the history", () => {
    const sources = manifestOf(bundle.release).history?.sources.map(({ at }) => at);
    assert.deepEqual(contentOf(bundle.release, "sources").trimEnd().split("\n"), sources);
    assert.ok(sources?.includes("site/apps/notes/data"));
  });

  it("is watched by the history, which writes for the front page when it needs attention", () => {
    const { services } = composeOf(bundle.release);
    const mounts = (name: string) =>
      (services[name]?.volumes ?? []).map(
        ({ source, target, read_only }) => `${source} ${target}${read_only ? " ro" : ""}`,
      );
    assert.ok(mounts("nginx").includes("/srv/data/notices /notices ro"));
    assert.ok(mounts("site-history").includes("/srv/data/backup /backup ro"));
    assert.ok(mounts("site-history").includes("/srv/data/notices /notices"));
    const { backup } = JSON.parse(contentOf(bundle.release, "history.json"));
    assert.deepEqual(backup, { state: "/backup", notice: "/notices/backup" });
    const onHost = { state: "/srv/data/backup", notice: "/srv/data/notices/backup" };
    assert.deepEqual(manifestOf(bundle.release).history?.backup, onHost);
  });

  it("has its key in a secret file alone", () => {
    assert.equal(contentOf(bundle.secrets, "key"), `${secrets.backupKey}\n`);
    assert.equal(bundle.release.includes(secrets.backupKey), false);
    assert.equal(service?.environment?.RESTIC_PASSWORD_FILE, "/run/secrets/site-backup/key");
  });

  it("tells the host where it is", () => {
    assert.deepEqual(manifestOf(bundle.release).backup, {
      service: "site-backup",
      state: "/srv/data/backup",
      destination: "/mnt/backup",
      folder: "/mnt/backup",
      restic: ["sh", "/usr/local/lib/jupyter-up/restic.sh"],
    });
  });

  it("keeps snapshots for as many days as the settings say, and always the newest one", () => {
    const keep = { hourly: 0, daily: 14 };
    const { release } = bundleWith(withBackup({ settings: { backup: { to: "/mnt/backup", keep } } }));
    assert.equal(contentOf(release, "keep"), "--keep-last=1\n--keep-within-daily=14d\n--keep-within-monthly=365d\n");
  });

  it("is made by a service that stays where there is no systemd", () => {
    assert.deepEqual(service?.command, ["hourly"]);
    assert.deepEqual([service?.restart, service?.profiles], ["unless-stopped", undefined]);
  });

  it("is made by a timer of the release on a host with systemd, and nothing stays in memory", () => {
    const { release } = bundleWith(withBackup({ layout: { systemd: true } }));
    const service = composeOf(release).services["site-backup"];
    assert.deepEqual([service?.restart, service?.profiles, service?.command], ["no", ["backup"], ["once"]]);
    assert.equal(serviceManifestOf(release, "site-backup").units, true);
    assert.match(contentOf(release, "jupyter-up-test-backup.timer"), /^OnUnitActiveSec=1h$/m);
    const unit = contentOf(release, "jupyter-up-test-backup.service");
    assert.match(unit, /^ExecStart=\/bin\/sh "\/srv\/site\/bin\/site-apply" backup$/m);
  });

  const pem = "-----BEGIN PRIVATE KEY-----\nA\n-----END PRIVATE KEY-----\n";
  const account = '{"type":"service_account"}';
  const elsewhere: [to: string, given: Record<string, string>, credential: string, file: string, content: string][] = [
    ["sftp://ann@nas.lan:22//b", { privateKey: pem, hostKey: "ssh-ed25519 AAAA" }, pem, "ssh-key", pem],
    [
      "s3:https://s3.example.com/bucket/lab",
      { accessKey: "AKIA1", secretKey: "hunter2" },
      "hunter2",
      "aws",
      "[default]\naws_access_key_id = AKIA1\naws_secret_access_key = hunter2\n",
    ],
    ["gs:bucket:/lab", { credentials: account }, account, "google.json", `${account}\n`],
  ];
  for (const [to, given, backupCredential, file, content] of elsewhere)
    it(`is sent to ${to} with a credential that is in a secret file alone`, () => {
      const { release, secrets } = bundleWith(
        withBackup({ settings: { backup: { to, ...given } }, secrets: { backupCredential } }),
      );
      const service = composeOf(release).services["site-backup"];
      assert.deepEqual([service?.networks, service?.network_mode], [["site-backup"], undefined]);
      assert.equal(service?.environment?.RESTIC_REPOSITORY, to);
      assert.deepEqual([manifestOf(release).backup?.destination, manifestOf(release).backup?.folder], [to, undefined]);
      assert.ok(!service?.volumes?.some(({ target }) => target === "/repository"));
      assert.equal(contentOf(secrets, file), content);
      assert.ok(!release.includes(backupCredential));
    });

  it("is sent by SFTP only to the machine with the given host key", () => {
    const [[to, given] = ["", {}]] = elsewhere;
    const { release } = bundleWith(
      withBackup({ settings: { backup: { to, ...given } }, secrets: { backupCredential: pem } }),
    );
    assert.equal(contentOf(release, "known_hosts"), "backup ssh-ed25519 AAAA\n");
    const options = contentOf(release, "options");
    assert.match(
      options,
      /^sftp\.args=-F \/dev\/null -E \/tmp\/ssh\.log -i \/run\/secrets\/site-backup\/ssh-key .*-o StrictHostKeyChecking=yes$/m,
    );
  });

  it("is in the layout's bucket if the settings say so, with the key of its account", () => {
    const { release, secrets } = bundleWith(
      withBackup({
        settings: { target: "gcp", backup: { to: "bucket" } },
        layout: { bucket: "lab-backup" },
        secrets: { backupCredential: account },
      }),
    );
    assert.equal(composeOf(release).services["site-backup"]?.environment?.RESTIC_REPOSITORY, "gs:lab-backup:/backup");
    assert.equal(contentOf(secrets, "google.json"), `${account}\n`);
    assert.match(contentOf(release, "fixes"), /pulumi up --replace '\*\*host-backup-key'$/m);
  });

  it("is in the layout's folder if the settings name none", () => {
    const { release } = bundleWith(withBackup({ settings: { backup: {} }, layout: { backup: "/home/ann/b/local" } }));
    assert.equal(manifestOf(release).backup?.folder, "/home/ann/b/local");
  });

  it("leaves no trace in the release if it is off", () => {
    const { release } = bundleWith(withBackup({ settings: { backup: { to: "none" } } }));
    assert.equal(manifestOf(release).backup, undefined);
    assert.doesNotMatch(release, /restic/);
  });
});
