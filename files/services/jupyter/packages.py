"""Installs the Python packages of the home directory. Runs in Jupyter's container at each release.

    packages.py REQUIREMENT...

Installs the requested packages and, after a change of Python, those installed for the previous one. It runs beside the
server, which neither waits for it nor loads what it installs. A failure is reported in a sentence and has no other effect.
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
# The Python version of the last run, such as 3.13.
LAST_PYTHON = RECORDS / "python"
# Packages of the previous Python that are still missing, one requirement per line. A user can delete a line to stop further
# attempts.
MISSING = RECORDS / "missing-packages.txt"
REPORT = RECORDS / "report.txt"

PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
# Seconds that a release waits for the installation. After that, the installation continues in the background.
WAITED_FOR = 120
# Seconds for one run of pip.
ONE_RUN_OF_PIP = 1800
NO_INDEX = "the package index does not answer"


def main(requirements):
    """Starts the work in a separate process, waits for a while, and prints the result."""
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
        print("Packages are still being installed while the server runs. Progress: ~/packages.log")
    except OSError as error:
        print(f"Packages could not be checked: {error}. ~/packages.log may say more.")


def work(requirements):
    """Does the work, and writes the result for main()."""
    with (RECORDS / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            report = look_after(requirements)
        except Exception as error:
            traceback.print_exc()
            report = [f"Packages could not be checked: {error}. ~/packages.log says more."]
        write_lines(REPORT, report)


def look_after(requirements):
    """Installs missing packages, and returns sentences for the user."""
    carried = list(dict.fromkeys(read_lines(MISSING) + of_python_before()))
    # The list is written before the new Python version. So no package is lost if this is killed in between.
    write_lines(MISSING, carried)
    write_lines(LAST_PYTHON, [PYTHON])

    # Users may edit the list, so it may contain lines that are no requirements.
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
        *(f"{line} is not a requirement that pip accepts. Fix or delete the line: {in_home(MISSING)}." for line in malformed),
    ]


def of_python_before():
    """Packages that the user installed explicitly under the previous Python, if the version has changed."""
    before = "".join(read_lines(LAST_PYTHON))
    if before in ("", PYTHON):
        return []
    folder = Path(site.getuserbase()) / f"lib/python{before}/site-packages"
    # pip writes a file REQUESTED for packages that were named explicitly, and none for dependencies.
    named = (each for each in metadata.distributions(path=[str(folder)]) if each.read_text("REQUESTED") is not None)
    return sorted(as_requirement(each) for each in named)


def as_requirement(distribution):
    """The requirement that installs a package again: from its index, URL or repository."""
    name = distribution.metadata["Name"]
    origin = json.loads(distribution.read_text("direct_url.json") or "{}")
    if "url" not in origin:
        return f"{name}=={distribution.version}"
    vcs = origin.get("vcs_info")
    return f"{name} @ {vcs['vcs']}+{origin['url']}@{vcs['commit_id']}" if vcs else f"{name} @ {origin['url']}"


def alternatives(line):
    """Requirements to try one after the other: the same version, then a later one, which may support a newer Python."""
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
    """The version that a kernel would find, or None. Packages of the home directory precede the image's."""
    found = metadata.distributions(name=name, path=[site.getusersitepackages(), *sys.path])
    return next((each.version for each in found), None)


def is_met(text):
    requirement = Requirement(text)
    version = version_of(requirement.name)
    # Only pip knows what extras need. It contacts no index if everything is installed.
    return version is not None and not requirement.extras and requirement.specifier.contains(version, prereleases=True)


def install(todo):
    """Installs packages. Returns the reason for each that failed.

    Tries all at once, so that they are compatible with each other, and then each alone.
    """
    if not todo or (len(todo) > 1 and pip([ways[0] for ways in todo]) is None):
        return {}
    failures = {}
    for ways in todo:
        # If the index does not answer, further packages are not tried: each would wait for it as long as the first one.
        why = NO_INDEX if NO_INDEX in failures.values() else pip_one_of(ways)
        if why is not None:
            failures[ways[0]] = why
    return failures


def pip_one_of(ways):
    """Tries requirements one after the other until one can be installed. Returns the last error, or None."""
    why = None
    for way in ways:
        why = pip([way])
        if why in (None, NO_INDEX):
            break
    return why


def pip(requirements):
    """Installs requirements into the home directory. Returns pip's error, or None."""
    options = ["--user", "--no-input", "--no-warn-script-location", "--disable-pip-version-check", "--progress-bar=off"]
    patience = ["--timeout=15", "--retries=2"]
    # The server's own environment disables the home directory's packages.
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
    """Writes a file atomically."""
    new = file.with_suffix(".new")
    new.write_text("".join(f"{line}\n" for line in lines))
    new.replace(file)


if sys.argv[1:2] == ["--work"]:
    work(sys.argv[2:])
else:
    main(sys.argv[1:])
