"""Shows how full the disk is and what uses it: on a page, on the site's front page, and after a failed save."""

import os
import time
from html import escape
from pathlib import Path

from anyio.to_thread import run_sync
from jupyter_server.base.handlers import JupyterHandler
from tornado.web import authenticated

HOME = Path.home()
WORK = HOME / "work"
# The front page warns if at least this percentage of the disk is used and fewer than this number of bytes are free. A release uses
# the same limits (host/site_apply/space.py).
WARN_AT, WARN_BELOW = 85, 50 * 10**9
# The same for the number of files that the disk can still hold (inodes).
WARN_BELOW_FILES = 10**6
# Seconds. The search of a folder with a million files takes longer. Then the page shows the sizes that were counted so far.
SEARCHED_WITHIN = 3

PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Disk usage</title>
<style>
  :root {{ color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif; color: light-dark(#22252a, #ececee); background: light-dark(#f6f6f4, #17181a); }}
  a {{ color: light-dark(#b84a0c, #f39255); }}
  main {{ width: min(44rem, 100% - 2rem); margin: 2rem auto; }}
  td {{ padding: .15rem 1rem .15rem 0; overflow-wrap: anywhere; }}
  td:not(:last-child) {{ text-align: right; white-space: nowrap; }}
</style>
</head>
<body>
<main>
<h1>Disk usage</h1>
{content}
<p>Delete files in JupyterLab (right-click, Delete), or in a terminal: <code>rm -r PATH</code>. Reload this page afterwards.</p>
<p><a href="/lab">Back to JupyterLab</a></p>
</main>
</body>
</html>
"""


class DiskPage(JupyterHandler):
    """The page /disk: the largest files and folders."""

    @authenticated
    async def get(self):
        found, is_whole = await run_sync(largest)
        rows = "".join(
            f"<tr><td>{size_of(size)}</td><td>{files:,} {'file' if files == 1 else 'files'}</td><td>{escape(shown(path))}</td></tr>\n"
            for size, files, path in found
        )
        note = "" if is_whole else f"<p>The search ended after {SEARCHED_WITHIN} seconds, so sizes can be larger.</p>\n"
        self.set_header("Cache-Control", "no-store")
        self.finish(PAGE.format(content=f"<p>{state()}</p>\n<table>\n{rows}</table>\n{note}"))


class DiskNotice(JupyterHandler):
    """Answers nginx with a sentence if the disk is nearly full, and with an empty text otherwise."""

    @authenticated
    def get(self):
        self.set_header("Content-Type", "text/plain; charset=utf-8")
        self.finish(state() if is_nearly_full() else "")


# Jupyter reads this variable; see ServerApp.extra_services.
default_handlers = [(r"/disk", DiskPage), (r"/disk/notice", DiskNotice)]


def fullest():
    """
    The used percentage and the free bytes of a file system: the one of the notebooks or the one of the home directory, whichever
    has less free space. Space that is reserved for root does not count, as in the output of df.
    """
    found = min((os.statvfs(folder) for folder in (WORK, HOME)), key=lambda each: each.f_bavail * each.f_frsize)
    used = found.f_blocks - found.f_bfree
    return -(-100 * used // max(1, used + found.f_bavail)), found.f_bavail * found.f_frsize


def fewest_files():
    """
    The used percentage of the inodes, and the number of files that can still be created: of the same two file systems. A file system
    without a limit can hold any number of files.
    """
    limited = [found for found in (os.statvfs(folder) for folder in (WORK, HOME)) if found.f_files]
    if not limited:
        return 0, WARN_BELOW_FILES
    found = min(limited, key=lambda each: each.f_favail)
    return -(-100 * (found.f_files - found.f_favail) // found.f_files), found.f_favail


def has_too_many_files():
    """Whether the number of files is what fills the disk. Then deleting a large file frees almost nothing."""
    percent, left = fewest_files()
    return percent >= WARN_AT and left < WARN_BELOW_FILES and percent > fullest()[0]


def is_nearly_full():
    percent, free = fullest()
    return has_too_many_files() or (percent >= WARN_AT and free < WARN_BELOW)


def state():
    if has_too_many_files():
        percent, left = fewest_files()
        return f"The disk holds {percent} % of the files that it can hold: {left:,} more can be created."
    percent, free = fullest()
    return f"The disk is {percent} % full: {size_of(free)} are free."


def what_to_delete():
    """A message for a user whose file could not be saved: what is large, and what to do."""
    found, _ = largest(within=1)
    if has_too_many_files():
        full, what = "can hold no more files", "folders with the most files"
        names = ", ".join(f"{shown(path)} ({files:,} files)" for _, files, path in found[:3])
    else:
        full, what = "is full", "largest files and folders"
        names = ", ".join(f"{shown(path)} ({size_of(size)})" for size, _, path in found[:3])
    return (
        f"The disk {full}. What was saved before is unchanged. Keep this tab open, delete what you do not need, and save again."
        f" The {what}: {names}. The page /disk at this address shows more."
    )


def largest(within=SEARCHED_WITHIN, most=20):
    """
    The largest files and folders in the notebooks folder and in the home directory: size in bytes, number of files, and path. If the
    number of files fills the disk, those with the most files. Also returns whether all of their content was counted in time.

    within: seconds. most: the number of files and folders.
    """
    ends = time.monotonic() + within
    found = []
    is_whole = True
    for base in (WORK, HOME):
        for entry in entries_of(base):
            if entry.path == str(WORK):
                continue
            size, files, whole = size_below(entry, ends)
            is_whole = is_whole and whole
            found.append((size, files, entry.path))
    by_files = has_too_many_files()
    return sorted(found, key=lambda each: each[1 if by_files else 0], reverse=True)[:most], is_whole


def entries_of(folder):
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except OSError:
        return []


def size_below(entry, ends):
    """
    Bytes that a file or a folder with its content uses on the disk, its number of files and folders, and whether all of it was counted
    before `ends`.
    """
    size, files, left = 0, 0, [entry]
    while left:
        if time.monotonic() > ends:
            return size, files, False
        one = left.pop()
        files += 1
        try:
            size += one.stat(follow_symlinks=False).st_blocks * 512
            if one.is_dir(follow_symlinks=False):
                left += entries_of(one.path)
        except OSError:
            pass  # It was deleted meanwhile.
    return size, files, True


def shown(path):
    """A path as users know it: relative to the notebooks folder, or with ~ for the home directory."""
    for base, prefix in ((WORK, ""), (HOME, "~/")):
        if path.startswith(f"{base}/"):
            return prefix + path[len(str(base)) + 1 :]
    return path


def size_of(size):
    for unit, bytes_in_it in (("GB", 10**9), ("MB", 10**6), ("KB", 10**3)):
        if size >= bytes_in_it:
            break
    return f"{size / bytes_in_it:.1f} {unit}"
