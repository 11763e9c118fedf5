"""Copies one file that others may be writing to."""

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
    Copies a file, once more where it was changed meanwhile. Its copy, and its stamp: none fits one that is still being changed, so
    that the next run copies it again.
    """
    # Whatever has taken its place by now: a pipe does not hold this up (O_NONBLOCK), and a link is an error (O_NOFOLLOW).
    original = os.open(entry.name, _READ, dir_fd=source)
    try:
        if not stat.S_ISREG(os.fstat(original).st_mode):
            raise FileNotFoundError(errno.ENOENT, "is no file any more")
        copy = os.open(entry.name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600, dir_fd=target)
        try:
            for _ in range(2):
                before = Entry(entry.name, entry.kind, os.fstat(original))
                _copy_data(original, copy, before.found.st_size, pace)
                after = Entry(entry.name, entry.kind, os.fstat(original))
                if after.stamp == before.stamp:
                    break
            stamp = after.stamp if after.stamp == before.stamp else "f"
            like(after.found, copy)
            return os.fstat(copy), stamp
        except BaseException:
            # Nobody counts half a file.
            os.unlink(entry.name, dir_fd=target)
            raise
        finally:
            os.close(copy)
    finally:
        os.close(original)


def _copy_data(original: int, copy: int, size: int, pace: Pace) -> None:
    """No more than so many bytes: the file may grow as fast as it is read. Holes stay holes."""
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
    """The parts of a file that are not holes."""
    end = 0
    while end < size:
        try:
            begin = os.lseek(file, end, os.SEEK_DATA)
            end = min(os.lseek(file, begin, os.SEEK_HOLE), size)
        except OSError as error:
            if error.errno == errno.ENXIO:
                return  # Only a hole is left.
            begin, end = end, size  # This file system knows no holes.
        yield begin, end


def like(found: os.stat_result, copy: int) -> None:
    """Gives an open file or folder owner, mode and times of another one."""
    try:
        os.fchown(copy, found.st_uid, found.st_gid)
    except PermissionError:
        pass  # Only root can give files away; anybody else has only their own.
    os.fchmod(copy, found.st_mode & 0o7777)
    os.utime(copy, ns=(found.st_atime_ns, found.st_mtime_ns))
