"""`site-apply rollback`: runs one of the kept releases again. Data and newer allow lists stay."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict

from . import activate, docker, firewall, keep_history, kept, lock, log, machine, people, preflight, prune, space, units
from .docker import Project
from .errors import NotStarted, Refusal
from .floating import Renewed
from .kept import Kept
from .layout import Layout, remove, target_of
from .log import say
from .manifest import Manifest
from .move.record import refuse_if_closed
from .release import prepare
from .releases import manifest_of
from .rollback import keep_lists, newest_lists, put_back
from .rollout import Rollout
from .verify import expected, undo


def show(layout: Layout) -> int:
    """`site-apply releases`: prints the kept releases as JSON, for `npm run rollback`."""
    running = _running(layout)
    facts = {"running": running.release, **asdict(kept.read(layout))}
    os.write(log.data_output(), json.dumps(facts).encode("ascii") + b"\n")
    return 0


def roll_back_to(layout: Layout, release: str, dry_run: bool) -> int:
    """dry_run: whether it only says what it would do."""
    machine.check()
    with lock.held(layout):
        running = _running(layout)
        refuse_if_closed(running)
        target = kept.read(layout).find(release)
        older = manifest_of(layout.releases / release)
        assert older, release
        _refuse_older_database(running, older)
        if dry_run:
            since = f" (released {target.since})" if target.since else ""
            say(f"Release {release}{since} replaces {running.release}. Notebooks, databases and other data stay as they are.")
            return 0
        with _as_incoming(layout, release):
            return _roll_back(layout, running, older, target)


def _roll_back(layout: Layout, running: Manifest, older: Manifest, target: Kept) -> int:
    project = Project(older.project)
    machine.check_owner(layout, project)
    machine.check_name(layout, older)
    space.check(layout, older)
    compose = preflight.read_compose(layout, project)
    tags = _tag_images(older, target)
    try:
        _, stale = prepare(layout, older, project, compose, lambda pulled: tags)
    except Refusal:
        _untag(tags)
        raise
    space.reserve(layout)
    former = target_of(layout.current)
    newest = newest_lists(layout, running)
    with keep_history.during_release(older, running, project):
        keep_lists(layout, project, running, layout.releases / older.release, newest)
        try:
            activate.activate_release(layout, f"releases/{older.release}", newest)
            undo.undo(layout, older, stale)
            rollout = Rollout(layout, project, compose)
            rollout.start()
        except Exception as error:  # Also an error in this program must not leave half a site.
            if not isinstance(error, NotStarted):
                say(f"{type(error).__name__}: {error}")
            space.free_reserve(layout)
            _untag(tags)
            put_back(layout, project, former, newest)
            return 1
        space.free_reserve(layout)
        expected.keep(layout, expected.expected_by(older, project, compose), older.release)
        undo.forget(layout)
        prune.point_at_previous(layout, older.release, former)
        kept.note_rollback(layout, running.release, older.release)
        firewall.guard(layout, project)
        units.place(layout, older)
        people.end_removed(layout, project, older, running)
    space.warn(layout, older)
    if rollout.broken:
        raise Refusal(f"Release {older.release} is in use, but {' '.join(rollout.broken)} does not run: see its log above.")
    say(
        f"Release {older.release} is running again, instead of {running.release}. Only people who are on the allow lists of both"
        " have access. The next pulumi up releases the settings again."
    )
    return 0


def _running(layout: Layout) -> Manifest:
    running = manifest_of(layout.current)
    if running is None:
        raise Refusal("No site runs here. Nothing was changed. Start it: pulumi up")
    return running


@contextmanager
def _as_incoming(layout: Layout, release: str) -> Iterator[None]:
    """Lets the steps of a release read the kept one like one that has just arrived."""
    remove(layout.incoming)
    shutil.copytree(layout.releases / release, layout.incoming)
    try:
        yield
    finally:
        remove(layout.incoming)


def _refuse_older_database(running: Manifest, older: Manifest) -> None:
    """Throws Refusal if the release has an older series of a database server, which cannot read the files of a newer one."""
    for service in running.services:
        now, then = _series(service.image), _series(older.service(service.name).image)
        if service.dump and now and then and then < now:
            raise Refusal(
                f"Release {older.release} has {service.name} {'.'.join(map(str, then))}, and its files have been upgraded to"
                f" {'.'.join(map(str, now))}, which no older series can read. Nothing was changed. Choose a release with"
                f" {'.'.join(map(str, now))} (npm run rollback -- --list), or change the settings and run pulumi up."
            )


def _series(image: str) -> tuple[int, ...]:
    """`docker.io/library/mariadb:11.8` → (11, 8); empty if its tag names no series."""
    found = re.search(r":(\d+)\.(\d+)[^:/]*$", image.partition("@")[0])
    return tuple(int(number) for number in found.groups()) if found else ()


def _tag_images(older: Manifest, target: Kept) -> list[Renewed]:
    """Makes the tags name the images that the release ran with. Returns what they named before."""
    now = docker.image_ids(image.reference for image in older.images)
    changed = []
    for image in older.images:
        then = target.images.get(image.reference)
        if then is None or then == now.get(image.reference):
            continue
        if docker.act("tag", then, image.reference).ok:
            changed.append(Renewed(image, now.get(image.reference, "")))
        elif image.reference in now:
            say(f"The image that {image.reference} named then is not on this machine any more. The present one is used.")
    return changed


def _untag(tags: list[Renewed]) -> None:
    for each in tags:
        if each.old:
            docker.act("tag", each.old, each.image.reference)
