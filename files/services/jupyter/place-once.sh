#!/bin/sh
# Puts files into a folder, each once: what is there is not overwritten, what was taken out does not come back.
#
#   place-once.sh FOLDER FILE...
set -eu

records=$HOME/.local/share/jupyter-up/placed
folder=$1
shift

place() {
    name=$(basename "$1")
    # Not every image has each.
    if [ -e "$records/$name" ] || [ ! -e "$1" ]; then return; fi
    mkdir -p "$records" || return
    if [ ! -e "$folder/$name" ]; then
        cp "$1" "$folder/.$name.new" && mv "$folder/.$name.new" "$folder/$name" || return
        case $name in *.ipynb) echo "$name lies in the notebooks folder: a first notebook to run." ;; esac
    fi
    : >"$records/$name"
}

# None of them is anything that a site could not do without.
case $folder in */work) where="the notebooks folder" ;; *) where="the home directory" ;; esac
for file in "$@"; do
    place "$file" || echo "$(basename "$file") could not be put into $where. The next release tries again."
done
