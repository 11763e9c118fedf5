"""Compares allow lists. They are nginx maps; see peopleMap in files/services/nginx/nginx.ts."""

from __future__ import annotations

import re

_BY_SITE = re.compile(r"^default .site_verdict;", re.MULTILINE)
_ALLOW = " allow;"
_IS_DOMAIN = '"~*^'


def allowed_by_both(first: str, second: str) -> str:
    """
    Intersection of two maps: the users whom both allow, and the other lines of the first map.

    A user is allowed by a line with the user's address or by a line with its domain. If one map refers to the site's allow list,
    the result is the other map.
    """
    if _BY_SITE.search(first):
        return second
    if _BY_SITE.search(second):
        return first
    others = [line for line in _lines(first) if not line.endswith(_ALLOW)]
    lists = [_entries(first), _entries(second)]
    both = [entry for entry in dict.fromkeys([*lists[0], *lists[1]]) if all(_allows(each, entry) for each in lists)]
    return "".join(f"{line}\n" for line in [*others, *both])


def _lines(text: str) -> list[str]:
    return text.split("\n")[:-1] if text.endswith("\n") else text.split("\n")


def _entries(text: str) -> list[str]:
    return [_lowered(line) for line in _lines(text) if line.endswith(_ALLOW)]


def _lowered(line: str) -> str:
    """Converts to lower case like nginx: only ASCII letters."""
    return re.sub("[A-Z]+", lambda letters: letters[0].lower(), line)


def _allows(entries: list[str], entry: str) -> bool:
    """Whether the entries contain an entry or its domain."""
    if entry in entries:
        return True
    domain = domain_of(entry)
    domains = {domain_of(each) for each in entries if each.startswith(_IS_DOMAIN)}
    return not entry.startswith(_IS_DOMAIN) and domain != "" and domain in domains


def domain_of(entry: str) -> str:
    """The domain of a line: `@example.com` for `"true:ann@example.com" allow;` and for `"~*^true:[^@:]+@example\\.com$" allow;`"""
    text = re.sub(r'\$?" allow;$', "", entry.replace("\\", ""))
    found = re.search(r"@[^@]*$", text)
    return found[0] if found else ""
