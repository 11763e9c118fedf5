#!/bin/sh
# Dumps each database into /dumps/notebooks or /dumps/others, at most once an hour, and only if a database has changed since
# the last dump. If a new dump is identical to the last one, the old file stays, so that the history needs no space for it.
#
#   dump.sh          for a timer: uses at most half of the disk's time
#   dump.sh now      for a release: dumps even if the last dump is less than an hour old, and without pauses
set -eu
# Jupyter must be able to read the dumps of its own database in the history. Other users of the machine cannot enter the
# folders around the dumps.
umask 022
# Names are handled as bytes, whatever their encoding is.
LC_ALL=C
export LC_ALL

. "$(dirname "$0")/dumps.sh"
dumps=/dumps
# The state of the databases at the last dump; see present_state.
state=/var/lib/mysql/.dumped
# Exists while a release waits. Then no run pauses.
urgent=/var/lib/mysql/.dump.urgent
# Percentage of the disk that stays free, as for the rest of the history.
reserve_percent=10

# Prints a text that changes with each change of a database. The log sequence number grows with each change of InnoDB's
# tables. The counters are for tables of other engines.
present_state() {
    client --execute="SHOW GLOBAL STATUS WHERE Variable_name IN ('Innodb_lsn_current', 'Handler_write', 'Handler_update', 'Handler_delete',
        'Com_truncate', 'Com_create_table', 'Com_drop_table', 'Com_alter_table', 'Com_rename_table', 'Com_create_view', 'Com_drop_view',
        'Com_create_function', 'Com_create_procedure', 'Com_create_trigger', 'Com_drop_function', 'Com_drop_procedure', 'Com_drop_trigger')"
}

milliseconds() { date +%s%3N; }

# paced FILE: passes its input on. After each 4 MB, it syncs the file to which the next program writes, and pauses for as long as
# that took. mariadb-dump waits meanwhile, and so does the server. The pause is in short steps, because a release may begin.
paced() {
    began=$(milliseconds)
    while read=$(dd bs=64K count=64 iflag=fullblock 2>&1 >&4); do
        case $read in "64+0 records in"*) ;; *) return ;; esac
        sync "$1" || :
        ends=$(milliseconds)
        ends=$((ends + ends - began))
        while [ "$(milliseconds)" -lt "$ends" ] && [ ! -e "$urgent" ]; do sleep 0.05; done
        began=$(milliseconds)
    done
} 4>&1

# dump DATABASE FOLDER: dumps a database. Fails if there is no space, or after an error.
dump() {
    file=$2/$1.sql.gz
    # The history leaves the folder .new out.
    new=$2/.new/$1.sql.gz
    mkdir -p "$2/.new"
    free=$(df -Pk "$dumps/others" | awk -v kept="$reserve_percent" 'NR == 2 { print int($4 - $2 * kept / 100) }')
    if [ "$free" -le 0 ]; then
        echo "History: the database $1 was not dumped, because the disk is nearly full."
        return 1
    fi
    # mariadb-dump fails at a view whose tables are missing. MariaDB knows no columns of such a view.
    broken_views=$(client --execute="SELECT CONCAT('--ignore-table=', TABLE_SCHEMA, '.', TABLE_NAME) FROM information_schema.VIEWS
        WHERE TABLE_SCHEMA = '$1' AND TABLE_NAME NOT IN (SELECT TABLE_NAME FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = '$1')")
    database=$1
    set --
    # Each line is an option.
    while IFS= read -r option; do [ -z "$option" ] || set -- "$@" "$option"; done <<END
$broken_views
END
    # ulimit counts blocks of 512 bytes. Without the option -n, gzip would write the time, and identical dumps would differ.
    (
        ulimit -f "$((free * 2))"
        # `paced` does not read the file: it only syncs it.
        # shellcheck disable=SC2094
        { dump_whole "$@" "$database" || echo failed >&3; } | paced "$new" | nice -n 19 gzip -n >"$new"
    ) 3>"$state.failed" || echo failed >>"$state.failed"
    if [ -s "$state.failed" ]; then
        rm -f "$new" "$state.failed"
        echo "History: the database $database could not be dumped."
        return 1
    fi
    rm -f "$state.failed"
    if cmp -s "$new" "$file"; then rm "$new"; else mv "$new" "$file"; fi
}

# A dump of an incomplete restore would be incomplete.
sh "$(dirname "$0")/load.sh" || :
# One run at a time. This file is locked, because a full disk may have no space for another one.
exec 9<"$0"
if [ "${1-}" = now ]; then
    trap 'rm -f "$urgent"' EXIT
    touch "$urgent" || :
    flock 9
else
    if [ -n "$(find "$state" -mmin -59 2>/dev/null)" ] || ! flock -n 9; then exit; fi
    # A release that was killed may have left it.
    find "$urgent" -mmin +30 -delete 2>/dev/null || :
fi
now=$(present_state)
if [ "$now" = "$(cat "$state" 2>/dev/null || :)" ]; then exit; fi

# load.sh and drill.sh use the last four.
databases=$(client --execute="SELECT SCHEMA_NAME FROM information_schema.SCHEMATA WHERE SCHEMA_NAME NOT IN ('information_schema', 'performance_schema', 'mysql', 'sys', '~new', '~old', '~restore', '~drill')")
is_whole=yes
for database in $databases; do
    folder=others
    if [ "$database" = notebooks ]; then folder=notebooks; fi
    dump "$database" "$dumps/$folder" || is_whole=
done
# Removes the dumps of deleted databases. The history still has them.
for file in "$dumps"/*/*.sql.gz; do
    name=$(basename "$file" .sql.gz)
    case " $(echo "$databases" | tr '\n' ' ') " in *" $name "*) ;; *) rm -f "$file" ;; esac
done
[ -n "$is_whole" ] || exit 1
printf '%s\n' "$now" >"$state"
