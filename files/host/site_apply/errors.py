"""Exceptions that end a command of this program."""

from __future__ import annotations


class Refusal(Exception):
    """The command cannot be carried out. The text tells the user what was found and which command fixes it."""


class NotStarted(Exception):
    """
    A release does not work and must be rolled back. The reason has been shown already.

    service: the service that does not become ready; empty if the cause is another one.
    """

    def __init__(self, service: str = "") -> None:
        super().__init__(service)
        self.service = service
