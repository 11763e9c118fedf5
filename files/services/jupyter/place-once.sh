#!/bin/sh
# Copies files into a folder, each only once. Does not overwrite existing files, and does not restore deleted ones.
#
#   place-once.sh FOLDER FILE...
set -eu

records=$HOME/.local/share/jupyter-up/placed
folder=$1
shift

place() {
    name=$(basename "$1")
    # Some images do not have all files.
    if [ -e "$records/$name" ] || [ ! -e "$1" ]; then return; fi
    mkdir -p "$records" || return
    if [ ! -e "$folder/$name" ]; then
        cp "$1" "$folder/.$name.new" && mv "$folder/.$name.new" "$folder/$name" || return
        case $name in *.ipynb) echo "The notebooks folder contains $name, an introduction." ;; esac
    fi
    : >"$records/$name"
}

# The site works without these files, so an error does not make the release fail.
case $folder in */work) where="the notebooks folder" ;; *) where="the home directory" ;; esac
for file in "$@"; do
    place "$file" || echo "$(basename "$file") could not be copied into $where. The next release tries again."
done
