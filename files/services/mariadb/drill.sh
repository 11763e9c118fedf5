#!/bin/sh
# The drill for databases. Once a week, it loads the newest dump of each database into another database, dumps that one, and
# compares the dumps: each table by its checksum. The backup contains the same dumps, and its own drill compares them as files. The other
# database is on this server, because a small machine has no memory for a second one.
#
# In /dumps/others/.new, which the history leaves out:
#   drill.good      its time is the time of the last drill without an error
#   drill.failed    why the last drill failed; empty if there was not enough space
set -eu
umask 022
LC_ALL=C
export LC_ALL

. "$(dirname "$0")/dumps.sh"
# No app can have this name, and dump.sh leaves it out.
scratch='~drill'
results=/dumps/others/.new
# Percentage of the disk that stays free, as for the history.
reserve_percent=10

# has_space FILE: whether a dump fits twice into the free space: as tables with their indexes.
has_space() {
    needed=$(($(gunzip -c "$1" | wc -c) / 512))
    df -Pk /var/lib/mysql | awk -v needed="$needed" -v kept="$reserve_percent" 'NR == 2 { exit !($4 - needed > $2 * kept / 100) }'
}

# restores FILE: whether a dump restores everything. Otherwise, it prints why not; nothing if there is not enough space.
restores() {
    name=$(basename "$1" .sql.gz)
    has_space "$1" || return
    drop "$scratch"
    client --execute="CREATE DATABASE \`$scratch\`"
    if ! is_complete "$1" || ! said=$(load_dump "$1" "$scratch" 2>&1); then
        # MariaDB shows the statement, and then the error, in one or more lines.
        error=$(printf '%s\n' "${said-}" | sed -n '/^ERROR/,$p' | tr '\n' ' ' | cut -c 1-300)
        echo "the dump of the database $name cannot be loaded: ${error:-it is incomplete}"
        return 1
    fi
    different=$(difference "$1" "$scratch")
    if [ -z "$different" ]; then return; fi
    echo "the dump of the database $name does not restore everything: the $different differs"
    return 1
}

exec 9>/var/lib/mysql/.drill.lock
flock 9
if [ -n "$(find "$results/drill.good" -mmin -10070 2>/dev/null)" ] || [ -n "$(find "$results/drill.failed" -mmin -1430 2>/dev/null)" ]; then exit; fi
mkdir -p "$results"
rm -f "$results/drill.failed"
for file in /dumps/*/*.sql.gz; do
    [ -e "$file" ] || continue
    reason=$(restores "$file") || printf '%s' "$reason${reason:+
}" >>"$results/drill.failed"
done
drop "$scratch"
if [ ! -e "$results/drill.failed" ]; then
    : >"$results/drill.good"
    echo "Backup: a trial restore of the databases gave every table back."
elif [ -s "$results/drill.failed" ]; then
    echo "Backup: $(head -n 1 "$results/drill.failed")."
    exit 1
else
    echo "Backup: the disk has no space for a trial restore of the databases."
fi
