"""How a command of this program ends before its end."""

from __future__ import annotations


class Refusal(Exception):
    """The command cannot be done. The text is a paragraph for the user: what was found, and the command that fixes it."""


class NotStarted(Exception):
    """
    A release does not work. Why, has been said; the release goes back.

    service: the one that does not become ready, if it is one.
    """

    def __init__(self, service: str = "") -> None:
        super().__init__(service)
        self.service = service
