"""Sees to the Python packages of the home directory. Run in Jupyter's container at each release.

    packages.py REQUIREMENT...

Installs what is asked for and, after a change of Python, again what was installed for the one before. It works beside the
server, which neither waits for it nor loads what it installs; whatever goes wrong here is a sentence, and no more.
"""

import fcntl
import json
import os
import site
import subprocess
import sys
import traceback
from importlib import metadata
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement

LOG = Path.home() / "packages.log"
RECORDS = Path.home() / ".local/share/jupyter-up"
# The Python that packages were last looked after for: 3.13.
LAST_PYTHON = RECORDS / "python"
# What the one before had and this one has not got yet, a requirement a line. A line taken out is asked for no more.
MISSING = RECORDS / "missing-packages.txt"
REPORT = RECORDS / "report.txt"

PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
# A release waits as long as this for what is being installed; then it goes on behind it. In seconds.
WAITED_FOR = 120
ONE_RUN_OF_PIP = 1800
NO_INDEX = "the package index does not answer"


def main(requirements):
    """Starts the work in a process of its own, waits a while, and says what came of it."""
    try:
        RECORDS.mkdir(parents=True, exist_ok=True)
        REPORT.unlink(missing_ok=True)
        with LOG.open("a") as log:
            command = [sys.executable, __file__, "--work", *requirements]
            worker = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )
        worker.wait(WAITED_FOR)
        print(REPORT.read_text(), end="")
    except subprocess.TimeoutExpired:
        print("Packages are still being installed, beside the running server. ~/packages.log says how it goes.")
    except OSError as error:
        print(f"Packages could not be looked after: {error}. ~/packages.log may say more.")


def work(requirements):
    with (RECORDS / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            report = look_after(requirements)
        except Exception as error:
            traceback.print_exc()
            report = [f"Packages could not be looked after: {error}. ~/packages.log says more."]
        write_lines(REPORT, report)


def look_after(requirements):
    """Installs what is missing; returns sentences for the user."""
    carried = list(dict.fromkeys(read_lines(MISSING) + of_python_before()))
    # Before the new Python is written down: killed in between, nothing is forgotten.
    write_lines(MISSING, carried)
    write_lines(LAST_PYTHON, [PYTHON])

    # The list is there to be edited.
    malformed = [line for line in carried if not is_requirement(line)]
    carried = [line for line in carried if line not in malformed]
    wanted = [[requirement] for requirement in requirements] + [alternatives(line) for line in carried]
    todo = [ways for ways in wanted if not any(map(is_met, ways))]
    if todo:
        os.truncate(LOG, 0)
    failures = install(todo)
    write_lines(MISSING, malformed + [line for line in carried if line in failures])
    new = [f"{name} {version_of(name)}" for name in (name_of(ways[0]) for ways in todo if ways[0] not in failures)]
    return [
        *([f"Installed for Python {PYTHON}: {', '.join(new)}."] if new else []),
        *(f"{what} could not be installed: {why}. ~/packages.log says more." for what, why in failures.items()),
        *(f"{line} is no requirement that pip takes. Correct the line or take it out: {in_home(MISSING)}." for line in malformed),
    ]


def of_python_before():
    """What a user named to pip under the Python before, if that was another one."""
    before = "".join(read_lines(LAST_PYTHON))
    if before in ("", PYTHON):
        return []
    folder = Path(site.getuserbase()) / f"lib/python{before}/site-packages"
    # pip leaves a file REQUESTED with what was named to it, and none with what came along.
    named = (each for each in metadata.distributions(path=[str(folder)]) if each.read_text("REQUESTED") is not None)
    return sorted(as_requirement(each) for each in named)


def as_requirement(distribution):
    name = distribution.metadata["Name"]
    origin = json.loads(distribution.read_text("direct_url.json") or "{}")
    if "url" not in origin:
        return f"{name}=={distribution.version}"
    vcs = origin.get("vcs_info")
    return f"{name} @ {vcs['vcs']}+{origin['url']}@{vcs['commit_id']}" if vcs else f"{name} @ {origin['url']}"


def alternatives(line):
    """The version that was there, or a later one where that has nothing for this Python."""
    return [line, line.replace("==", ">=").split("+")[0]] if "==" in line else [line]


def is_requirement(line):
    try:
        Requirement(line)
    except InvalidRequirement:
        return False
    return True


def in_home(path):
    return f"~/{path.relative_to(Path.home())}"


def name_of(requirement):
    return Requirement(requirement).name


def version_of(name):
    """The version that a kernel would find; None without any. A package of the home directory goes before the image's."""
    found = metadata.distributions(name=name, path=[site.getusersitepackages(), *sys.path])
    return next((each.version for each in found), None)


def is_met(text):
    requirement = Requirement(text)
    version = version_of(requirement.name)
    # What its extras need, pip knows; it asks no index when all of it is there.
    return version is not None and not requirement.extras and requirement.specifier.contains(version, prereleases=True)


def install(todo):
    """Tries all at once, so that they fit each other, and then each alone; returns why, for each that failed."""
    if not todo or (len(todo) > 1 and pip([ways[0] for ways in todo]) is None):
        return {}
    failures = {}
    for ways in todo:
        # Each would wait for the index as long as the first one did.
        why = NO_INDEX if NO_INDEX in failures.values() else pip_one_of(ways)
        if why is not None:
            failures[ways[0]] = why
    return failures


def pip_one_of(ways):
    why = None
    for way in ways:
        why = pip([way])
        if why in (None, NO_INDEX):
            break
    return why


def pip(requirements):
    """Installs into the home directory; returns why not, in pip's words, or None."""
    options = ["--user", "--no-input", "--no-warn-script-location", "--disable-pip-version-check", "--progress-bar=off"]
    patience = ["--timeout=15", "--retries=2"]
    # The server's own environment has the home directory's packages switched off.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONNOUSERSITE"}
    start = LOG.stat().st_size
    command = [sys.executable, "-m", "pip", "install", *options, *patience, *requirements]
    try:
        ended = subprocess.run(command, env=environment, timeout=ONE_RUN_OF_PIP)
    except subprocess.TimeoutExpired:
        return f"it was not done after {ONE_RUN_OF_PIP // 60} minutes"
    if ended.returncode == 0:
        return None
    said = LOG.read_bytes()[start:].decode(errors="replace")
    if "connection broken by" in said:
        return NO_INDEX
    errors = [line[len("ERROR:") :].strip(" .") for line in said.splitlines() if line.startswith("ERROR:")]
    return errors[-1] if errors else f"pip ended with {ended.returncode}"


def read_lines(file):
    return [line for line in file.read_text().splitlines() if line.strip()] if file.exists() else []


def write_lines(file, lines):
    """Whole or not at all."""
    new = file.with_suffix(".new")
    new.write_text("".join(f"{line}\n" for line in lines))
    new.replace(file)


if sys.argv[1:2] == ["--work"]:
    work(sys.argv[2:])
else:
    main(sys.argv[1:])
