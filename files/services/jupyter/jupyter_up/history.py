"""Copies files out of the history when a user drags them in the file browser. The browser itself moves what is dragged."""

import os
import shutil
from functools import partial

from anyio.to_thread import run_sync
from tornado.web import HTTPError


class FilesOfHistory:
    """Mixin for Jupyter's file managers. Copies a file or folder of the history, a read-only mount, in which a move would fail."""

    async def rename_file(self, old_path, new_path):
        source, target = self._get_os_path(old_path), self._get_os_path(new_path)
        if not is_read_only(source):
            await super().rename_file(old_path, new_path)
            return
        if os.path.lexists(target):
            raise HTTPError(409, f"File already exists: {new_path}")
        with self.perm_to_403():
            if os.path.isdir(source):
                await run_sync(partial(shutil.copytree, source, target, symlinks=True))
            else:
                await run_sync(shutil.copy2, source, target)

    async def update(self, model, path):
        """
        Renames a file. Returns the model of the new file, to which JupyterLab also changes the tab of the old one.

        The tab of a file in the history stays what it is, so the model is that of the old file.
        """
        renamed = await super().update(model, path)
        return await self.get(path, content=False) if is_read_only(self._get_os_path(path)) else renamed


def is_read_only(path):
    """Whether a file exists on a file system that is mounted read-only."""
    return os.path.exists(path) and bool(os.statvfs(path).f_flag & os.ST_RDONLY)
