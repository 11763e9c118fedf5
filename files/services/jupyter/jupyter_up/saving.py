"""Saves files atomically: if the disk is full or the server is killed, the previous file stays on the disk.

Jupyter itself empties the file and then writes it. It deletes its copy of the old content before the last part of the new content
is on the disk. So a disk that becomes full at that moment leaves an incomplete file.
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
from jupyter_up.history import FilesOfHistory


class WholeFiles:
    """Mixin for Jupyter's file managers. Writes a new file in the same folder, and then renames it to the name of the old one."""

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
    """The copies that "Revert Notebook to Checkpoint" restores."""


class WholeFileManager(FilesOfHistory, WholeFiles, AsyncLargeFileManager):
    """Manages the notebooks folder. On a full disk, its errors say what uses the space."""

    async def save(self, model, path=""):
        with explained_if_full(path):
            try:
                return await super().save(model, path)
            except HTTPError as error:
                # An upload arrives in parts. An incomplete file must not stay, because it looks like a complete one.
                if model.get("chunk") and is_out_of_space(error):
                    with suppress(FileNotFoundError):
                        os.unlink(self._get_os_path(path))
                raise

    async def copy(self, from_path, to_path=None):
        with explained_if_full(to_path or from_path):
            return await super().copy(from_path, to_path)

    async def create_checkpoint(self, path):
        # Jupyter also creates a checkpoint when a notebook is saved for the first time.
        with explained_if_full(path, "was saved, but not its checkpoint"):
            return await super().create_checkpoint(path)


class Signatures(SQLiteSignatureStore):
    """
    Signatures of the notebooks that may show HTML and run JavaScript.

    Jupyter records each time at which a notebook is opened or saved. On a full disk, this fails, but notebooks must still open and
    save.
    """

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
    """Whether a new file can replace the file. Returns False if the file has other names (hard links) or another owner."""
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
    """Yields the path of a new file in the same folder. At the end, this file replaces the old one. After an error, it is removed."""
    path = os.path.realpath(path)
    new = os.path.join(os.path.dirname(path), f".~{secrets.token_hex(8)}")
    # The module tempfile creates files that no other user can read, so it is not used here.
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
def explained_if_full(path, what="was not saved"):
    """Replaces an error of a full disk by one that says what to do. JupyterLab shows it.

    path: the file. what: what happened to it, as the end of a sentence.
    """
    try:
        yield
    except (OSError, HTTPError) as error:
        if not is_out_of_space(error):
            raise
        raise HTTPError(507, f"{os.path.basename(path)} {what}. {disk.what_to_delete()}") from error


def is_out_of_space(error):
    """Whether an error was caused by a full disk or an exceeded quota."""
    cause = error.__cause__ if isinstance(error, HTTPError) else error
    return getattr(cause, "errno", None) in (errno.ENOSPC, errno.EDQUOT)
