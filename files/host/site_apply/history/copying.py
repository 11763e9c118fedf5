"""Copies one file that other programs may be writing to."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator

from .pace import Pace
from .walk import Entry

_CHUNK = 1024 * 1024
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


def copy_file(entry: Entry, source: int, target: int, pace: Pace) -> tuple[os.stat_result, str]:
    """
    Copies a file from the open folder `source` to the open folder `target`. Copies it a second time if it changed meanwhile.

    Returns the copy's stat result and its stamp. If the file also changes during the second time, the stamp matches no file, so the
    next run copies it again. Throws FileNotFoundError if it is no longer a file, and OSError for any other error.
    """
    # Another program may have replaced the file. O_NONBLOCK: opening a pipe does not block. O_NOFOLLOW: opening a link is an error.
    original = os.open(entry.name, _READ, dir_fd=source)
    try:
        if not stat.S_ISREG(os.fstat(original).st_mode):
            raise FileNotFoundError(errno.ENOENT, "is no longer a file")
        copy = os.open(entry.name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600, dir_fd=target)
        try:
            for _ in range(2):
                before = Entry(entry.name, entry.kind, os.fstat(original))
                _copy_data(original, copy, before.found.st_size, pace)
                after = Entry(entry.name, entry.kind, os.fstat(original))
                if after.stamp == before.stamp:
                    break
            stamp = after.stamp if after.stamp == before.stamp else "f"
            copy_metadata(after.found, copy)
            return os.fstat(copy), stamp
        except BaseException:
            # An incomplete copy must not stay in the tree.
            os.unlink(entry.name, dir_fd=target)
            raise
        finally:
            os.close(copy)
    finally:
        os.close(original)


def _copy_data(original: int, copy: int, size: int, pace: Pace) -> None:
    """
    Copies the first `size` bytes of an open file. Holes stay holes.

    The limit is needed because a program may append to the file as fast as it is read.
    """
    os.ftruncate(copy, 0)
    for begin, end in _data_in(original, size):
        os.lseek(original, begin, os.SEEK_SET)
        os.lseek(copy, begin, os.SEEK_SET)
        while begin < end:
            chunk = os.read(original, min(_CHUNK, end - begin))
            if not chunk:
                break
            begin += len(chunk)
            while chunk:
                written = os.write(copy, chunk)
                chunk = chunk[written:]
                pace.step(copy, written)
    os.ftruncate(copy, size)


def _data_in(file: int, size: int) -> Iterator[tuple[int, int]]:
    """Yields the beginning and the end of each part of a file that is not a hole, in bytes."""
    end = 0
    while end < size:
        try:
            begin = os.lseek(file, end, os.SEEK_DATA)
            end = min(os.lseek(file, begin, os.SEEK_HOLE), size)
        except OSError as error:
            if error.errno == errno.ENXIO:
                return  # The rest of the file is a hole.
            begin, end = end, size  # This file system does not report holes.
        yield begin, end


def copy_link(entry: Entry, source: int, target: int) -> os.stat_result:
    """Copies a symbolic link, with its owner and times, from the open folder `source` to the open folder `target`."""
    os.symlink(os.readlink(entry.name, dir_fd=source), entry.name, dir_fd=target)
    found = entry.found
    try:
        os.chown(entry.name, found.st_uid, found.st_gid, dir_fd=target, follow_symlinks=False)
    except PermissionError:
        pass  # As in copy_metadata.
    os.utime(entry.name, ns=(found.st_atime_ns, found.st_mtime_ns), dir_fd=target, follow_symlinks=False)
    return os.stat(entry.name, dir_fd=target, follow_symlinks=False)


def copy_metadata(found: os.stat_result, copy: int) -> None:
    """Sets the owner, mode and times of an open file or folder to those of another one."""
    try:
        os.fchown(copy, found.st_uid, found.st_gid)
    except PermissionError:
        pass  # Only root can set another owner. Copies made by another user belong to that user.
    os.fchmod(copy, found.st_mode & 0o7777)
    os.utime(copy, ns=(found.st_atime_ns, found.st_mtime_ns))
