"""
Names of servers. A server's name is its person's address with each character but a-z and 0-9 written as `-` and two hexadecimal
digits: `ann-40example-2ecom`. nginx (session/people.js) makes it, and everything else only reads it.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from typing import Optional

# The longest name of a folder is 255 bytes, and containers have a prefix.
LONGEST = 200
_NAME = re.compile(r"(?:[a-z0-9]|-[0-9a-f]{2})+")


def person_of(name: str) -> Optional[str]:
    """The address, or the name at GitHub, of a server's person. None if this is not the name of a server."""
    if len(name) > LONGEST or not _NAME.fullmatch(name):
        return None
    person = re.sub("-(..)", lambda found: chr(int(found[1], 16)), name)
    # Another spelling of a name would be another server of the same person.
    return person if person.isascii() and person.isprintable() and person == person.lower() and name_of(person) == name else None


def name_of(person: str) -> str:
    """The name of a person's server. person: in lower case, ASCII."""
    return re.sub("[^a-z0-9]", lambda found: f"-{ord(found[0]):02x}", person)


def is_allowed(person: str, allow_list: set[str]) -> bool:
    """Whether a person is on the allow list. Compares like nginx; see peopleMap in files/services/nginx/nginx.ts."""
    before, at, domain = person.rpartition("@")
    return person in allow_list or (bool(before) and at + domain in allow_list)


def secret_of(key: str, name: str) -> str:
    """The secret of a server, made from a key of all servers: what it proves requests with, or the password of its database."""
    return hmac.new(key.encode(), name.encode(), hashlib.sha256).hexdigest()
