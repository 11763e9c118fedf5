"""Gets and renews the certificate of a site that has no other one."""

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

# Seconds. A release runs the ACME client only if the timer has not run it within this time.
_ANSWER_IS_OLD = 2 * 24 * 3600
_KILLED = 137

# Words in an error of the ACME client, and how to fix it.
_ADVICE = [
    (
        ("access token", "Authentication error", "request headers", "zone could not be found"),
        "Give it a token that may read the zone and edit its DNS (pulumi config set --secret cloudflare:apiToken TOKEN), and run"
        " pulumi up again.",
    ),
    (
        ("start of authority",),
        "DNS does not know the domain: make sure that its name servers are Cloudflare's, and run pulumi up again.",
    ),
    (("rateLimited",), "Wait until the time that it names, and run pulumi up again."),
    (
        ("communicate with the API server", "nothing for "),
        "Make sure that this machine reaches it and Cloudflare (curl), and run pulumi up again.",
    ),
]


class NotIssued(Exception):
    """No certificate was issued. The text says why, and how to fix it."""


class OwnCertificate:
    """A certificate, the service that gets it (the ACME client), and the service that reads it."""

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

    def ensure(self) -> None:
        """Gets a missing certificate, or renews it if the timer has not run. A release calls this. Throws Refusal."""
        if not self._file("pem").is_file():
            say("Getting a certificate: this takes about a minute ...")
            try:
                self.request()
            except NotIssued as reason:
                raise Refusal(f"No certificate could be obtained for the site's names. Nothing was changed. {reason}") from reason
        elif not (self._asked.is_file() and time.time() - self._asked.stat().st_mtime < _ANSWER_IS_OLD):
            try:
                self.request()
            except NotIssued as reason:
                say(f"The certificate could not be renewed; the present one stays in use. {reason}")
        self.place()

    def request(self) -> None:
        """Runs the ACME client, which decides whether a renewal is due. Throws NotIssued."""
        self._remove_half_written()
        result = self._project.compose(
            self._folder,
            *("--profile", "certificates", "run", "--rm", "--no-deps", "-T", self._asker),
            within=times.CERTIFICATE_WITHIN,
        )
        # A killed Compose leaves its container behind.
        self._project.remove_containers_of(self._asker)
        if result.ok:
            self._asked.touch()
            return
        said = _said(result)
        raise NotIssued(f"{self._asker} says: {said}. {_advice(said)}")

    def _remove_half_written(self) -> None:
        """Removes the incomplete files of a killed run, because the client would use them. The client writes the .json last."""
        certificate, last = self._file("crt"), self._file("json")
        if not certificate.exists():
            return
        if not last.exists() or certificate.stat().st_mtime_ns > last.stat().st_mtime_ns:
            for path in certificate.parent.glob(f"{self._id}.*"):
                path.unlink()

    def place(self) -> bool:
        """
        Copies the certificate to its reader's folder. Returns False if it is already there.

        Chain and key are in one file, so that they always match.
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
        # Without this file, activate.reload reloads the service.
        (self._layout.files / self._reader.name / ".loaded").unlink(missing_ok=True)
        return True


def certificates_of(layout: Layout, project: Project, folder: Path, manifest: Manifest) -> list[OwnCertificate]:
    """The certificates that a release gets by itself: one or none. folder: the folder of its compose.yaml."""
    askers = [service for service in manifest.services if service.certificate]
    return [OwnCertificate(layout, project, folder, manifest, service) for service in askers]


def _said(result: Result) -> str:
    """The error of a failed run of the client."""
    if result.code in (TIMED_OUT, _KILLED):
        return f"nothing for {times.CERTIFICATE_WITHIN // 60} minutes"
    return reason_in(result.last_line)


def reason_in(line: str) -> str:
    """The first host name's error in the last line of the client's log; the whole line if it has another form."""
    said = line.replace('\\"', '"')
    said = re.sub(r".*one or more domains had a problem: \[", "", said)
    said = re.sub(r"dns01: error presenting token \([^)]*\): ", "", said, count=1)
    said = re.sub(r'.*level=ERROR.* error="', "", said)
    said = re.sub(r"\] \[.*", "", re.sub(r'"$', "", said))
    return said[:160]


def _advice(said: str) -> str:
    return next((advice for words, advice in _ADVICE if any(word in said for word in words)), "Fix that, and run pulumi up again.")
