#!/bin/sh
# Begins as the image does. Only a folder whose very first set-up was cut off is emptied before: the image would take it for a
# database, and nobody can have put anything into it, because users are made after that (prepare.sh).
set -eu

data=/var/lib/mysql
begun=$data/.first-set-up

if [ -e "$begun" ]; then find "$data" -mindepth 1 -maxdepth 1 ! -path "$begun" -exec rm -rf {} +; fi
if [ -z "$(ls -A "$data")" ]; then : >"$begun"; fi

exec docker-entrypoint.sh mariadbd
