#!/bin/sh
# Starts MariaDB with the image's entrypoint. If the first initialization of the data folder was interrupted, empties the
# folder before that: the image would mistake it for a complete database. The folder cannot contain data yet, because users
# are created later (prepare.sh).
#
#   start.sh LEAST PART: may use LEAST MiB of memory, or one part of PART of the machine's if that is more
set -eu

least=$1
part=$2
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

# On a machine with much memory, the container has a share of it, and more tables are cached (site.cnf). Its limit is set while it
# starts, before it can be full.
memory=$(awk '/^MemTotal:/ { print int($2 / 1024) }' /proc/meminfo)
more=$((memory / part - least))
[ "$more" -gt 0 ] || more=0
# What MariaDB may request, in KiB. 80 MiB of it are stacks and buffers that stay empty. A session that requests more gets an
# error. Without this limit, the kernel would kill MariaDB for all users.
# shellcheck disable=SC3045 # the shells of Debian and Ubuntu have it
ulimit -d "$(((364 + more) * 1024))"
# The image waits 30 seconds for the temporary server that sets up a new folder or upgrades an old one. On a slow disk, it takes longer, and
# the container would begin again and again. So the wait is up to 15 minutes, and ends when that server ends.
# shellcheck disable=SC2016 # bash, not this shell, expands it
exec bash -c '
. docker-entrypoint.sh
patient=$(declare -f docker_temp_server_start)
patient=${patient/"{30..0}"/"{900..0}"}
eval "${patient/sleep 1/kill -0 \$MARIADB_PID || exit 1; sleep 1}"
_main "$@"
' docker-entrypoint.sh mariadbd --innodb-buffer-pool-size="$((16 + more))M"
