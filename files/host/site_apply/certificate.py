"""The certificate that this machine gets by itself."""

from __future__ import annotations

import filecmp
import os
import re
import shutil
import time
from pathlib import Path

from . import times
from .command import TIMED_OUT, Result
from .docker import Project
from .errors import Refusal
from .layout import Layout
from .log import say
from .machine import am_root
from .manifest import Certificate, Manifest, Service

# A release costs nothing while the timer gets its answers.
_ANSWER_IS_OLD = 2 * 24 * 3600
_KILLED = 137

# What the certificate's client says, and what fixes it.
_ADVICE = [
    (
        ("access token", "Authentication error", "request headers", "zone could not be found"),
        "Give it a token that may read the zone and edit its DNS (pulumi config set --secret cloudflare:apiToken TOKEN), and run"
        " pulumi up again.",
    ),
    (
        ("start of authority",),
        "The world's DNS does not know the domain: see that its name servers are Cloudflare's, and run pulumi up again.",
    ),
    (("rateLimited",), "Wait until the time that it names, and run pulumi up again."),
    (
        ("communicate with the API server", "nothing for "),
        "See that this machine reaches it and Cloudflare (curl), and run pulumi up again.",
    ),
]


class NotGot(Exception):
    """No certificate could be got. The text says why, and what to do."""


class OwnCertificate:
    """A certificate, the service that gets it, and the one that reads it."""

    def __init__(self, layout: Layout, project: Project, folder: Path, manifest: Manifest, service: Service) -> None:
        assert service.certificate
        certificate: Certificate = service.certificate
        self._layout, self._project, self._folder = layout, project, folder
        self._asker = service.name
        self._id = certificate.id
        self._reader = manifest.service(certificate.reader)
        self._store = Path(certificate.folder)
        self._asked = self._store / f"{self._id}.asked"

    def _file(self, kind: str) -> Path:
        return self._store / "certificates" / f"{self._id}.{kind}"

    def have(self) -> None:
        """At a release: gets one where there is none, and sees to its renewal where the timer does not. Throws Refusal."""
        if not self._file("pem").is_file():
            say("Getting a certificate: this takes about a minute ...")
            try:
                self.ask_for()
            except NotGot as reason:
                raise Refusal(f"No certificate could be got for the site's names. Nothing was changed. {reason}") from reason
        elif not (self._asked.is_file() and time.time() - self._asked.stat().st_mtime < _ANSWER_IS_OLD):
            try:
                self.ask_for()
            except NotGot as reason:
                say(f"The certificate could not be renewed; the present one stays in use. {reason}")
        self.place()

    def ask_for(self) -> None:
        """Runs the client, which knows whether there is anything to do, and asks the server besides. Throws NotGot."""
        self._remove_half_written()
        result = self._project.compose(
            self._folder,
            *("--profile", "certificates", "run", "--rm", "--no-deps", "-T", self._asker),
            within=times.CERTIFICATE_WITHIN,
        )
        # Compose that is stopped by force leaves its container behind.
        self._project.remove_containers_of(self._asker)
        if result.ok:
            self._asked.touch()
            return
        said = _said(result)
        raise NotGot(f"{self._asker} says: {said}. {_advice(said)}")

    def _remove_half_written(self) -> None:
        """What a run that was killed has left half written would be taken for whole: the client writes its .json last."""
        certificate, last = self._file("crt"), self._file("json")
        if not certificate.exists():
            return
        if not last.exists() or certificate.stat().st_mtime_ns > last.stat().st_mtime_ns:
            for path in certificate.parent.glob(f"{self._id}.*"):
                path.unlink()

    def place(self) -> bool:
        """
        Puts the certificate where its reader finds it; False when it lies there already. Chain and key are one file, so that nobody
        ever reads one of them with another's other half.
        """
        folder = self._layout.secrets / self._reader.name / self._id
        file, new = folder / "tls.pem", folder / "tls.pem.new"
        if file.is_file() and filecmp.cmp(self._file("pem"), file, shallow=False):
            return False
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(self._file("pem"), new)
        if am_root():
            uid, gid = (int(number) for number in self._reader.user.split(":"))
            for path in (folder, *folder.iterdir()):
                os.chown(path, uid, gid)
        new.replace(file)
        # What its container has loaded is not all of it any more; see activate.reload.
        (self._layout.files / self._reader.name / ".loaded").unlink(missing_ok=True)
        return True


def certificates_of(layout: Layout, project: Project, folder: Path, manifest: Manifest) -> list[OwnCertificate]:
    """Those of a release in a folder: one or none."""
    askers = [service for service in manifest.services if service.certificate]
    return [OwnCertificate(layout, project, folder, manifest, service) for service in askers]


def _said(result: Result) -> str:
    if result.code in (TIMED_OUT, _KILLED):
        return f"nothing for {times.CERTIFICATE_WITHIN // 60} minutes"
    return why_not(result.last_line)


def why_not(line: str) -> str:
    """What the last line of the client's log says of the first name that something is wrong with, or else that line."""
    said = line.replace('\\"', '"')
    said = re.sub(r".*one or more domains had a problem: \[", "", said)
    said = re.sub(r"dns01: error presenting token \([^)]*\): ", "", said, count=1)
    said = re.sub(r'.*level=ERROR.* error="', "", said)
    said = re.sub(r"\] \[.*", "", re.sub(r'"$', "", said))
    return said[:160]


def _advice(said: str) -> str:
    return next((advice for words, advice in _ADVICE if any(word in said for word in words)), "Mend that, and run pulumi up again.")
