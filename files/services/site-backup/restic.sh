#!/bin/sh
# restic with the options of the destination, if it needs some: one in a line of the file `options`.
set -eu

files=$(dirname "$0")
if [ -e "$files/options" ]; then
    while IFS= read -r option; do set -- "--option=$option" "$@"; done <"$files/options"
fi
exec restic "$@"
