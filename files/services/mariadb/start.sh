#!/bin/sh
# Starts like the image. If the very first set-up of a folder was interrupted, empties the folder first: the image would
# take it for a complete database. It cannot contain data, because users are created later (prepare.sh).
set -eu

data=/var/lib/mysql
begun=$data/.first-set-up

if [ -e "$begun" ]; then find "$data" -mindepth 1 -maxdepth 1 ! -path "$begun" -exec rm -rf {} +; fi
if [ -z "$(ls -A "$data")" ]; then : >"$begun"; fi
sh "$(dirname "$0")/reserve.sh"

# Where no timer of the host asks for dumps.
if [ -n "${DUMP_EVERY_SECONDS-}" ]; then
    (while sleep "$DUMP_EVERY_SECONDS"; do sh /etc/mysql/conf.d/dump.sh || :; done) &
fi

exec docker-entrypoint.sh mariadbd
