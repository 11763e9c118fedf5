#!/bin/sh
# Puts files into the notebooks folder, each once: what is there is not overwritten, what was taken out does not come back.
#
#   place-once.sh FILE...
set -eu

records=$HOME/.local/share/jupyter-up/placed

for file in "$@"; do
    name=$(basename "$file")
    if [ -e "$records/$name" ]; then continue; fi
    if [ ! -e "$HOME/work/$name" ]; then
        cp "$file" "$HOME/work/.$name.new"
        mv "$HOME/work/.$name.new" "$HOME/work/$name"
        echo "$name lies in the notebooks folder: a first notebook to run."
    fi
    mkdir -p "$records"
    : >"$records/$name"
done
