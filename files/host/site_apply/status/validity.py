"""When the site's certificate expires."""

from __future__ import annotations

import base64
import calendar
import re
import time
from typing import Optional

from ..layout import Layout
from ..manifest import Manifest
from .moments import text_of
from .report import Certificate

# A certificate's validity: a sequence of two times, each UTCTime (a year of two digits) or GeneralizedTime.
_TIME = rb"(?:\x17\x0d\d{12}Z|\x18\x0f\d{14}Z)"
_VALIDITY = re.compile(rb"\x30[\x1e-\x22]" + _TIME + rb"(" + _TIME + rb")")
_DAY = 24 * 3600


def certificate_of(layout: Layout, manifest: Manifest, now: float) -> Optional[Certificate]:
    """The certificate that nginx uses; None if it cannot be read."""
    folder = layout.files / "nginx" / "current"
    renews = any(each.certificate for each in manifest.services)
    try:
        named = re.search(r"^\s*ssl_certificate \S*/([^/\s]+/tls\.\w+);", (folder / "nginx.conf").read_text("utf-8"), re.MULTILINE)
        expires = expires_at((layout.secrets / "nginx" / named[1]).read_text("utf-8")) if named else 0
    except OSError:
        return None
    return Certificate(text_of(expires), int((expires - now) // _DAY), renews) if expires else None


def expires_at(chain: str) -> float:
    """When the first certificate of a chain (PEM) expires, in seconds since 1970; 0 if there is none."""
    found = re.search(r"-{5}BEGIN CERTIFICATE-{5}(.*?)-{5}END", chain, re.DOTALL)
    try:
        times = _VALIDITY.search(base64.b64decode(found[1])) if found else None
        if not times:
            return 0
        text = times[1][2:].decode()
        # Years of two digits are 1950 to 2049.
        whole = text if len(text) == 15 else ("19" if text >= "5" else "20") + text
        return calendar.timegm(time.strptime(whole, "%Y%m%d%H%M%SZ"))
    except ValueError:
        return 0
