"""The command line of bin/site-apply; files/host/launcher.sh describes the commands."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import traceback
from pathlib import Path
from typing import Callable, NoReturn, Optional

from . import commands, firewall, keep_backup, keep_history, limits, lock, log, machine, pace, restore, rollback_to, space
from .docker import DockerError
from .errors import Refusal
from .layout import Layout
from .log import say
from .move import files as move_files
from .move import steps as move_steps
from .move.record import Record
from .reboots.reboot import reboot
from .reboots.rebooted import rebooted
from .release import release
from .secrets import place_secrets
from .sign_out import sign_out
from .status.status import status
from .verify.verify import verify

COMMANDS: dict[str, Callable[[Layout], int]] = {
    "machine": lambda layout: _check_machine(layout),
    "secrets": place_secrets,
    "release": release,
    "check": commands.check,
    "renew": commands.renew,
    "history": keep_history.keep,
    "backup": keep_backup.back_up,
    "reboot": reboot,
    "rebooted": rebooted,
    "limits": limits.set_again,
    "status": status,
    "releases": rollback_to.show,
}
# Variables that change how tools work, or select images for another processor.
_FOREIGN = ("GREP_OPTIONS", "POSIXLY_CORRECT", "TAR_OPTIONS", "DOCKER_DEFAULT_PLATFORM", "IFS", "CDPATH")


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise Refusal(f"site-apply: {message}.")


def main(words: Optional[list[str]] = None) -> int:
    """Runs a command and returns its exit code. words: the arguments; by default those of the process."""
    words = sys.argv[1:] if words is None else words
    if words[2:3] in (["move"], ["move-files"], ["verify"], ["status"], ["releases"]):
        log.give_output_to_data()
    else:
        os.dup2(1, 2)
    _become_independent()
    try:
        layout, command = _parse(words)
        return command(layout)
    except (Refusal, DockerError) as error:
        say(str(error))
    except Exception as error:
        if space.is_out_of_space(error):
            say(f"The disk became full ({error}). Free some space (df -h shows which disk is full), and run pulumi up again.")
            return 1
        say("".join(traceback.format_exc()).rstrip("\n"))
        say("This is an error in this program, or the disk is full. Run pulumi up again.")
    return 1


def _parse(words: list[str]) -> tuple[Layout, Callable[[Layout], int]]:
    parser = _Parser(prog="site-apply", add_help=False)
    parser.add_argument("--root", type=Path, required=True)
    parser.add_argument("command", nargs="?", default="")
    # The project for down, the step for move, the person for sign-out.
    parser.add_argument("name", nargs="?", default="")
    for option in ("--at", "--path", "--into", "--from", "--to", "--site", "--url", "--sources"):
        parser.add_argument(option, default="")
    parser.add_argument("--dry-run", action="store_true")
    parser.add_argument("--json", action="store_true")
    found = parser.parse_args(words)
    layout = Layout(found.root)
    log.log_to(layout.root / "site-apply.log")
    lock.name_run(found.command)
    pace.measure_in(layout.root)
    if found.command == "down" and found.name:
        return layout, lambda layout: commands.down(layout, found.name)
    if found.command == "down":
        parser.error("down needs the name of the project")
    if found.command == "sign-out" and found.name:
        return layout, lambda layout: sign_out(layout, found.name)
    if found.command == "sign-out":
        parser.error("sign-out needs the address of the person")
    if found.command == "restore":
        wanted = restore.Wanted(found.at, found.path, found.into, getattr(found, "from"), found.dry_run)
        return layout, lambda layout: restore.restore(layout, wanted)
    if found.command == "verify":
        return layout, lambda layout: verify(layout, found.json)
    if found.command == "rollback":
        return layout, lambda layout: rollback_to.roll_back_to(layout, found.to, found.dry_run)
    if found.command == "move" and found.name in move_steps.STEPS:
        record = Record("", found.site, found.url, getattr(found, "from"), found.to)
        return layout, lambda layout: move_steps.run(layout, found.name, record)
    if found.command == "move":
        parser.error(f"expected {', '.join(move_steps.STEPS)} after move, found '{found.name}'")
    if found.command == "move-files":
        return layout, lambda layout: move_files.run(found.name, found.sources)
    if found.command not in COMMANDS:
        known = (
            "machine, secrets, release, check, renew, history, backup, reboot, rebooted, limits, releases, rollback, restore,"
            " status, verify, move, sign-out or down"
        )
        parser.error(f"expected {known}, found '{found.command}'")
    return layout, COMMANDS[found.command]


def _check_machine(layout: Layout) -> int:
    machine.check_for_release()
    firewall.guard_running_site(layout)
    return 0


def _become_independent() -> None:
    """
    Makes the program independent of the caller's environment, except for Docker's engine and credentials (DOCKER_HOST,
    DOCKER_CONTEXT, DOCKER_CONFIG).
    """
    # A lost connection or Ctrl-C must not interrupt a rollback.
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGPIPE):
        signal.signal(number, signal.SIG_IGN)
    os.umask(0o077)
    # Without the option --file, Compose reads compose.yaml and .env of the working directory.
    os.chdir("/")
    # COMPOSE_ variables would select another project's files, profiles and name.
    for name in [name for name in os.environ if name in _FOREIGN or name.startswith("COMPOSE_")]:
        del os.environ[name]


if __name__ == "__main__":
    sys.exit(main())
