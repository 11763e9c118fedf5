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
#   site-apply reboot           reboots the machine if updates need it and nobody works; a timer runs it
#   site-apply rebooted         checks the site after such a reboot; a timer runs it at each boot
#   site-apply limits           sets the containers' limits for this machine's memory and cores; a unit runs it at each boot
#   site-apply status           prints how the site is, as JSON, and renews the page /status; a timer runs it
#   site-apply verify [--json]  names what somebody changed by hand since the release; exit code 3 if there is something
#   site-apply releases         prints the releases that a rollback can return to, as JSON
#   site-apply rollback --to ID [--dry-run]
#                               runs one of them again, with the present data and allow lists; --dry-run only says what it would do
#   site-apply move STEP        a step of `npm run move`, which moves the work to the site of another stack; see move/steps.py
#   site-apply sign-out PERSON  ends all sessions of a person, in all browsers
#   site-apply down PROJECT     takes the site down; notebooks and other data stay
#
# The Python package follows below, a compressed module on each line. These lines find Python and load the modules.
# Below <root>, the folder around bin/:
#   files/SERVICE/ID  secrets/SERVICE/ID  units/UNIT  releases/ID  current (link)  previous (link)  lock (link)  site-apply.log
# If a run is killed at any moment, the next one repairs the site. A second run changes nothing.
unset IFS CDPATH
# One character set, sort order and language everywhere. After `su`, root lacks the sbin folders, which contain nft.
LC_ALL=C
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
export LC_ALL PATH
root=$(cd "$(dirname "$0")/.." && pwd) || exit

# The compiled modules are kept beside this file, because compiling takes longer than starting: a second on a small machine. Only the
# owner of this file can change them.
umask go-w
load='
import base64, importlib.machinery, importlib.util, marshal, os, sys, zlib

program = sys.argv[1]
compiled = program + ".compiled"
with open(program, "rb") as file:
    text = file.read()

def modules():
    sources = {}
    for line in text.decode().split("\n"):
        if line.startswith("module "):
            _, name, code = line.split()
            sources[name.removesuffix(".__init__")] = zlib.decompress(base64.b64decode(code)).decode()
    return sources

def hashed(data):
    return importlib.util.MAGIC_NUMBER + importlib.util.source_hash(data)

# The hash of the content finds a file that another run has not completed.
def read_compiled():
    try:
        with open(compiled, "rb") as file:
            data = file.read()
    except OSError:
        return None
    size = len(hashed(b""))
    content = data[2 * size :]
    return marshal.loads(content) if data[: 2 * size] == hashed(text) + hashed(content) else None

def compile_modules():
    codes = {}
    for name, source in modules().items():
        codes[name] = compile(source, name.replace(".", "/") + ".py", "exec", dont_inherit=True)
    content = marshal.dumps(codes)
    try:
        if os.path.lexists(compiled):
            os.remove(compiled)
        with open(compiled, "xb") as file:
            file.write(hashed(text) + hashed(content) + content)
    except OSError:
        pass  # The disk may be full, or the folder belong to another user.
    return codes

codes = read_compiled() or compile_modules()

class Modules:
    def find_spec(self, name, path=None, target=None):
        if name not in codes:
            return None
        is_package = any(other.startswith(name + ".") for other in codes)
        return importlib.machinery.ModuleSpec(name, self, is_package=is_package)
    def create_module(self, spec):
        return None
    def exec_module(self, module):
        exec(codes[module.__name__], module.__dict__)
    # For the lines in a traceback.
    def get_source(self, name):
        return modules()[name]

sys.meta_path.insert(0, Modules())
from site_apply.__main__ import main
sys.exit(main(sys.argv[2:]))
'
# -I ignores the caller's PYTHON variables and modules in the working directory. -S and -B: the program needs no other packages, and
# leaves no other files.
for name in python3 python3.14 python3.13 python3.12 python3.11 python3.10 python3.9; do
    python=$("$name" -I -S -c 'import sys; sys.version_info >= (3, 9) and print(sys.executable)' 2>/dev/null </dev/null)
    [ -z "$python" ] || exec "$python" -I -S -B -X utf8 -c "$load" "$0" --root "$root" "$@"
done
echo "Python 3.9 or newer is missing on this machine. Install it: sudo apt-get install python3 (Debian, Ubuntu), xcode-select --install (macOS). Then run pulumi up again."
exit 1
