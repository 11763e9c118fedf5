"""Tests of the manifest in Python. tests/unit/files/manifest.test.ts tests the TypeScript side."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

from site_apply.manifest import Manifest, ManifestError, SecretsManifest, read_manifest
from site_apply.releases import manifest_of

from .support import HostTest

GOLDEN = Path(__file__).parents[3] / "tests" / "unit" / "files" / "manifest.golden.json"


def without_defaults(value: Any) -> Any:
    """A manifest in its JSON form, without empty values."""
    if dataclasses.is_dataclass(value):
        fields = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
        return {name: without_defaults(each) for name, each in fields.items() if each not in ("", None, [], False)}
    if isinstance(value, list):
        return [without_defaults(each) for each in value]
    return value


class ManifestTest(HostTest):
    def read(self, value: object, strict: bool = True) -> Manifest:
        return read_manifest(Manifest, self.write("release.json", json.dumps(value)), strict=strict)

    def test_reads_the_whole_golden_file(self) -> None:
        golden = json.loads(GOLDEN.read_text("utf-8"))
        self.assertEqual(without_defaults(read_manifest(Manifest, GOLDEN)), golden)

    def test_has_only_fields_that_the_golden_file_has(self) -> None:
        golden = read_manifest(Manifest, GOLDEN)
        texts = GOLDEN.read_text("utf-8")
        assert golden.history and golden.backup and golden.reboots
        kinds: list[Any] = [golden, golden.images[0], golden.ports[0], golden.services[0], golden.purge[0]]
        kinds.append(golden.images[1].holes[0])
        kinds += [golden.history, golden.history.sources[0], golden.history.keep, golden.backup, golden.reboots]
        for kind in kinds:
            for field in dataclasses.fields(kind):
                self.assertIn(f'"{field.name}"', texts)

    def test_refuses_another_version(self) -> None:
        for version in (0, 2, "1", None):
            with self.assertRaisesRegex(ManifestError, "release.json has version .*, but this program supports version 1"):
                self.read({"version": version, "release": "1", "project": "lab"})

    def test_refuses_an_unknown_value_and_names_its_place(self) -> None:
        cases: list[tuple[dict[str, Any], str]] = [
            ({"ports": [{"address": "0.0.0.0", "port": "80"}]}, r"release\.json\.ports\[0\]\.port is not understood"),
            ({"ports": [{"address": "0.0.0.0", "port": True}]}, r"release\.json\.ports\[0\]\.port is not understood"),
            ({"services": [{"name": "web", "smoke_test": "wget x"}]}, r"services\[0\]\.smoke_test is not understood"),
            ({"services": [{"nmae": "web"}]}, r"services\[0\]\.nmae is not known"),
            ({"services": [{}]}, r"services\[0\] is incomplete"),
        ]
        for extra, where in cases:
            with self.assertRaisesRegex(ManifestError, where):
                self.read({"version": 1, "release": "1", "project": "lab", **extra})

    def test_refuses_invalid_json(self) -> None:
        with self.assertRaisesRegex(ManifestError, "cannot be read"):
            read_manifest(Manifest, self.write("release.json", '{"version": 1'))

    def test_ignores_unknown_keys_of_a_later_version(self) -> None:
        self.assertEqual(self.read({"version": 1, "release": "1", "project": "lab", "later": 1}, strict=False).project, "lab")

    def test_reads_the_owners_of_secret_files(self) -> None:
        file = self.write("secrets.json", '{"version": 1, "owners": {"nginx": "101:101"}}')
        self.assertEqual(read_manifest(SecretsManifest, file).owners, {"nginx": "101:101"})


class EarlierReleaseTest(HostTest):
    HEADER = """release 0123456789ab
project lab
image nginx:1 20
image app:1 500 apps[0].image
floating app:1 pulumi config set app {version}
port port 127.0.0.1 8443
folder 1000:100 /srv/a b
inner app:1 sub /srv/c
reload nginx aaaa sh /site/current/reload.sh
allow ann@example.com
allow @example.org
lists nginx aaaa people.map people/jupyter.map
user-controlled jupyter
memory jupyter 450
processes jupyter 1024
secrets mariadb bbbb
network sign-in
visitor nginx to-app
visitor mariadb db-app mariadb
ready app nginx nc -w 3 app 80
prepare jupyter cat notice
prepare jupyter sh x y
certificate lego dddd nginx 101:101 /srv/certificates
units lego cccc
ask nginx wget -q x
purge old /srv/old
"""

    def test_is_read(self) -> None:
        self.write("releases/old/.header", self.HEADER)
        manifest = manifest_of(self.root / "releases/old")
        assert manifest
        self.assertEqual((manifest.project, manifest.allow), ("lab", ["ann@example.com", "@example.org"]))
        self.assertEqual(manifest.networks, ["sign-in"])
        self.assertEqual([(each.reference, each.size_mib) for each in manifest.images], [("nginx:1", 20), ("app:1", 500)])
        nginx, jupyter, lego = (manifest.service(name) for name in ("nginx", "jupyter", "lego"))
        self.assertEqual((nginx.files, nginx.reload, nginx.user), ("aaaa", ["sh", "/site/current/reload.sh"], "101:101"))
        self.assertEqual((nginx.lists, nginx.smoke_test), (["people.map", "people/jupyter.map"], ["wget", "-q", "x"]))
        self.assertEqual((jupyter.user_controlled, jupyter.memory_beside_mib, jupyter.processes_per_core), (True, 450, 1024))
        self.assertEqual(jupyter.prepare, [["cat", "notice"], ["sh", "x", "y"]])
        self.assertEqual(manifest.service("mariadb").secrets, "bbbb")
        self.assertEqual((lego.units, lego.files), (True, "cccc"))
        assert lego.certificate
        self.assertEqual(
            (lego.certificate.id, lego.certificate.reader, lego.certificate.folder), ("dddd", "nginx", "/srv/certificates")
        )
        ready = manifest.service("app").readiness_probe
        assert ready
        self.assertEqual((ready.service, ready.succeeds), ("nginx", ["nc", "-w", "3", "app", "80"]))
        folders = [folder.path for service in manifest.services for folder in service.folders]
        self.assertEqual(folders, ["/srv/a b"])

    def test_is_none_without_a_release(self) -> None:
        (self.root / "releases/old").mkdir(parents=True)
        self.assertIsNone(manifest_of(self.root / "releases/old"))
        self.assertIsNone(manifest_of(self.root / "current"))
