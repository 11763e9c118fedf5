#!/bin/sh
# Starts MariaDB with the image's entrypoint. If the first initialization of the data folder was interrupted, empties the
# folder before that: the image would mistake it for a complete database. The folder cannot contain data yet, because users
# are created later (prepare.sh).
set -eu

data=/var/lib/mysql
begun=$data/.first-set-up

if [ -e "$begun" ]; then find "$data" -mindepth 1 -maxdepth 1 ! -path "$begun" -exec rm -rf {} +; fi
if [ -z "$(ls -A "$data")" ]; then : >"$begun"; fi
sh "$(dirname "$0")/reserve.sh"
# Ends a restore during which MariaDB was killed, as soon as MariaDB answers.
if [ -e "$data/.restoring" ]; then
    (
        until healthcheck.sh --connect >/dev/null 2>&1; do sleep 0.2; done
        # A session that locks a table can make it fail.
        for pause in 1 5 30 60; do sh "$(dirname "$0")/load.sh" && break; sleep "$pause"; done
    ) &
fi

# On a host without a timer, this loop makes the dumps, and tries to restore them.
if [ -n "${DUMP_EVERY_SECONDS-}" ]; then
    (while sleep "$DUMP_EVERY_SECONDS"; do
        sh /etc/mysql/conf.d/dump.sh || :
        [ -z "${DRILL-}" ] || sh /etc/mysql/conf.d/drill.sh || :
    done) &
fi

exec docker-entrypoint.sh mariadbd
