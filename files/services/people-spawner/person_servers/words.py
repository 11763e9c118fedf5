"""What people read when their server does not start. Codes are for programs and tests."""

from __future__ import annotations


class Refused(Exception):
    """A server that does not start. code: one of WORDS. values: what the sentence needs."""

    def __init__(self, code: str, **values: object) -> None:
        super().__init__(code)
        self.code = code
        self.words = WORDS[code].format(**values)


WORDS = {
    "full": "All {places} servers of this site are in use. Try again when somebody has stopped theirs. The owner can allow more:"
    " pulumi config set --path servers.most {more} && pulumi up",
    "memory": "The machine has {free} MiB of memory left, and a server needs {needed} MiB to start. Try again when somebody has"
    " stopped theirs. The owner can get a larger machine.",
    "image": "The image {image} is not on this machine. The owner can fetch it again: pulumi up --replace '**site-release'",
    "engine": "Docker does not answer on this machine. Try again in a minute. If that does not help, the owner has to look at it:"
    " docker info",
    "docker": "Docker could not start the server. It says: {said}",
    "folder": "The home directory could not be prepared: {said}. The owner has to look at {folder}.",
}
