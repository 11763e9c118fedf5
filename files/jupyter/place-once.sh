#!/bin/sh
# Puts files into the notebooks folder, each once: what is there is not overwritten, what was taken out does not come back.
#
#   place-once.sh FILE...
set -eu

records=$HOME/.local/share/jupyter-up/placed

place() {
    name=$(basename "$1")
    if [ -e "$records/$name" ]; then return; fi
    mkdir -p "$records" || return
    if [ ! -e "$HOME/work/$name" ]; then
        cp "$1" "$HOME/work/.$name.new" && mv "$HOME/work/.$name.new" "$HOME/work/$name" || return
        echo "$name lies in the notebooks folder: a first notebook to run."
    fi
    : >"$records/$name"
}

# A notebook is nothing that a site could not do without.
for file in "$@"; do
    place "$file" || echo "$(basename "$file") could not be put into the notebooks folder. The next release tries again."
done
