#!/bin/sh
# site-apply: releases the site of this folder. No other program changes the folder.
#
#   site-apply machine          checks whether this machine can run the site
#   site-apply secrets          stores the secret files from standard input
#   site-apply release          activates the release from standard input, or changes nothing
#   site-apply check            checks that each service of the running release answers
#   site-apply renew            renews the certificate if it is due; a timer runs it
#   site-apply history          saves the current state of the work if it has changed; a timer runs it
#   site-apply backup           copies the history to the destination of the backup; a timer runs it
#   site-apply restore [--at 2026-11-28T07:15:00] [--path notebooks/a.ipynb] [--into FOLDER] [--from SITE] [--dry-run]
#                               restores work from the backup; --dry-run only lists what changes
#   site-apply move STEP        a step of `npm run move`, which moves the work to the site of another stack; see move/steps.py
#   site-apply down PROJECT     takes the site down; notebooks and other data stay
#
# The Python package follows below, one module after the other. These lines find Python and load the modules.
# Below <root>, the folder around bin/:
#   files/SERVICE/ID  secrets/SERVICE/ID  units/UNIT  releases/ID  current (link)  previous (link)  lock (link)  site-apply.log
# If a run is killed at any moment, the next one repairs the site. A second run changes nothing.
unset IFS CDPATH
# One character set, sort order and language everywhere. After `su`, root lacks the sbin folders, which contain nft.
LC_ALL=C
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
export LC_ALL PATH
root=$(cd "$(dirname "$0")/.." && pwd) || exit

# -I ignores the caller's PYTHON variables and modules in the working directory. -B writes no bytecode beside the program.
load='
import importlib.abc, importlib.util, sys

sources = {}
for line in open(sys.argv[1], encoding="utf-8"):
    if line.startswith("module "):
        lines = sources[line.split()[1]] = []
    elif line.startswith("|"):
        lines.append(line[1:])
packages = [name[:-9] for name in sources if name.endswith(".__init__")]
for name in packages:
    sources[name] = sources.pop(name + ".__init__")

class Modules(importlib.abc.MetaPathFinder, importlib.abc.ExecutionLoader):
    def find_spec(self, name, path=None, target=None):
        return importlib.util.spec_from_loader(name, self) if name in sources else None
    def is_package(self, name):
        return name in packages
    def get_filename(self, name):
        return name.replace(".", "/") + ".py"
    def get_source(self, name):
        return "".join(sources[name])

sys.meta_path.insert(0, Modules())
from site_apply.__main__ import main
sys.exit(main(sys.argv[2:]))
'
for name in python3 python3.14 python3.13 python3.12 python3.11 python3.10 python3.9; do
    python=$("$name" -I -c 'import sys; sys.version_info >= (3, 9) and print(sys.executable)' 2>/dev/null </dev/null)
    [ -z "$python" ] || exec "$python" -I -B -X utf8 -c "$load" "$0" --root "$root" "$@"
done
echo "Python 3.9 or newer is missing on this machine. Install it: sudo apt-get install python3 (Debian, Ubuntu), xcode-select --install (macOS). Then run pulumi up again."
exit 1
