"""Saves whole files: on a full disk, or if the server is killed, the file on the disk is the one from before.

Jupyter itself empties the file and then writes it. The last part of the new content is written after Jupyter has given up its
copy of the old one, so a disk that becomes full at that moment leaves a shorter file.
"""

import errno
import os
import secrets
import shutil
import sqlite3
from contextlib import contextmanager, suppress

from anyio.to_thread import run_sync
from jupyter_core.paths import jupyter_data_dir
from jupyter_server.services.contents.filecheckpoints import AsyncFileCheckpoints
from jupyter_server.services.contents.largefilemanager import AsyncLargeFileManager
from nbformat.sign import SQLiteSignatureStore
from tornado.web import HTTPError

from jupyter_up import disk


class WholeFiles:
    """Mixin for Jupyter's file managers: writes and copies beside the file, and renames the result onto it."""

    @contextmanager
    def atomic_writing(self, os_path, text=True, encoding="utf-8", **kwargs):
        if not can_be_replaced(os_path):
            with super().atomic_writing(os_path, text=text, encoding=encoding, **kwargs) as file:
                yield file
            return
        options = {"encoding": encoding, "newline": "\n"} if text else {}
        with self.perm_to_403(os_path), replacing(os_path) as new:
            with open(new, "w" if text else "wb", **options, **kwargs) as file:
                yield file
                file.flush()
                os.fsync(file.fileno())

    async def _copy(self, src, dest):
        if not can_be_replaced(dest):
            await super()._copy(src, dest)
            return
        with replacing(dest) as new:
            await run_sync(shutil.copyfile, src, new)
            with suppress(OSError):
                shutil.copystat(src, new)


class Checkpoints(WholeFiles, AsyncFileCheckpoints):
    """The copies to which "Revert Notebook to Checkpoint" goes back."""


class WholeFileManager(WholeFiles, AsyncLargeFileManager):
    """The notebooks folder. On a full disk, an error says what uses the space."""

    async def save(self, model, path=""):
        with no_room_told(path):
            try:
                return await super().save(model, path)
            except HTTPError as error:
                # An upload comes in parts. Half of it must not look like the whole.
                if model.get("chunk") and lacks_room(error):
                    with suppress(FileNotFoundError):
                        os.unlink(self._get_os_path(path))
                raise

    async def copy(self, from_path, to_path=None):
        with no_room_told(to_path or from_path):
            return await super().copy(from_path, to_path)

    async def create_checkpoint(self, path):
        # Jupyter also makes one when a notebook is saved for the first time.
        with no_room_told(path, "was saved, but not its checkpoint"):
            return await super().create_checkpoint(path)


class Signatures(SQLiteSignatureStore):
    """Which notebooks may show HTML and run JavaScript. Opening or saving one writes down when; it works without that, too."""

    def __init__(self):
        super().__init__(os.path.join(jupyter_data_dir(), "nbsignatures.db"))

    def check_signature(self, digest, algorithm):
        try:
            return super().check_signature(digest, algorithm)
        except sqlite3.Error:
            self.db.rollback()
            query = "SELECT 1 FROM nbsignatures WHERE algorithm = ? AND signature = ?"
            return self.db.execute(query, (algorithm, digest)).fetchone() is not None

    def store_signature(self, digest, algorithm):
        try:
            super().store_signature(digest, algorithm)
        except sqlite3.Error as error:
            self.db.rollback()
            self.log.warning("The notebook was saved without its signature: %s", error)


def can_be_replaced(path):
    """Whether a rename onto the file leaves nobody with the old one: not if it has other names or another owner."""
    path = os.path.realpath(path)
    if not os.access(os.path.dirname(path), os.W_OK):
        return False
    try:
        found = os.stat(path)
    except FileNotFoundError:
        return True
    return found.st_nlink == 1 and found.st_uid == os.geteuid() and os.access(path, os.W_OK)


@contextmanager
def replacing(path):
    """A new file beside the file, which takes its place at the end. It is removed if anything fails."""
    path = os.path.realpath(path)
    new = os.path.join(os.path.dirname(path), f".~{secrets.token_hex(8)}")
    # Not tempfile, whose files nobody else can read.
    os.close(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666))
    try:
        with suppress(FileNotFoundError):
            os.chmod(new, os.stat(path).st_mode & 0o7777)
        yield new
        os.replace(new, path)
    except BaseException:
        with suppress(FileNotFoundError):
            os.unlink(new)
        raise


@contextmanager
def no_room_told(path, what="was not saved"):
    """An error for want of space becomes one that says what to do; JupyterLab shows it."""
    try:
        yield
    except (OSError, HTTPError) as error:
        if not lacks_room(error):
            raise
        raise HTTPError(507, f"{os.path.basename(path)} {what}. {disk.what_to_delete()}") from error


def lacks_room(error):
    cause = error.__cause__ if isinstance(error, HTTPError) else error
    return getattr(cause, "errno", None) in (errno.ENOSPC, errno.EDQUOT)
