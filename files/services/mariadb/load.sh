#!/bin/sh
# Restores a database from a dump. It loads the dump into another database, and then exchanges all tables in one statement. So
# the database always has all old rows or all new ones. If this script is killed, the next run completes the restore.
# Users and their privileges stay.
#
#   load.sh FILE            others/.new/restore/notes.sql.gz below /dumps, for the database notes
#   load.sh FILE compare    compares each part of the database with the dump, by its checksum; nothing may change it meanwhile
set -eu
umask 077
LC_ALL=C
export LC_ALL

file=/dumps/$1
database=$(basename "$file" .sql.gz)
# The name becomes part of SQL.
case $database in *[!A-Za-z0-9_-]* | "" | mysql | sys | information_schema | performance_schema)
    echo "$database is not a database that can be restored."
    exit 1
    ;;
esac
# The databases for the new and the old tables. No app can have these names, and dump.sh leaves them out.
new='~new'
old='~old'
# What is not in the tables: triggers, views, routines and events.
definitions=/var/lib/mysql/.restore.sql
old_triggers=/var/lib/mysql/.restore-triggers.sql
. "$(dirname "$0")/dumps.sh"

# quoted COLUMN: an SQL expression for a name in backquotes.
quoted() {
    echo "CONCAT('\`', REPLACE($1, '\`', '\`\`'), '\`')"
}

# execute QUERY: runs the statements that a query returns.
execute() {
    statements=$(client --execute="$1") || return
    printf '%s\n' "$statements" | client
}

clean() {
    rm -f "$definitions" "$old_triggers"
    client --execute="SET foreign_key_checks = 0; DROP DATABASE IF EXISTS \`$new\`; DROP DATABASE IF EXISTS \`$old\`"
}

load() {
    client --execute="CREATE DATABASE IF NOT EXISTS \`$database\`; CREATE DATABASE \`$old\`"
    execute "SELECT CONCAT('CREATE DATABASE \`$new\` CHARACTER SET ', DEFAULT_CHARACTER_SET_NAME, ' COLLATE ', DEFAULT_COLLATION_NAME)
        FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = '$database'"
    # The default value of a column names its sequence together with the database, so the sequence must exist there.
    gunzip -c "$file" | sed -n 's/^CREATE SEQUENCE /CREATE SEQUENCE IF NOT EXISTS /p' | client "$database"
    load_dump "$file" "$new"
}

save_definitions() {
    set --
    # Each line is the name of a view.
    while IFS= read -r view; do [ -z "$view" ] || set -- "$@" "$view"; done <<END
$(client --execute="SELECT TABLE_NAME FROM information_schema.VIEWS WHERE TABLE_SCHEMA = '$new'")
END
    # Views use functions.
    dump_of --no-data --no-create-info --routines --events --triggers "$new" >"$definitions"
    if [ $# -gt 0 ]; then dump_of --no-data --skip-triggers "$new" "$@" >>"$definitions"; fi
    dump_of --no-data --no-create-info --triggers "$database" >"$old_triggers"
}

# RENAME TABLE moves no table with triggers to another database. It does all renames or, after an error or a kill, none.
exchange_tables() {
    drop_triggers="SELECT CONCAT('DROP TRIGGER ', $(quoted TRIGGER_SCHEMA), '.', $(quoted TRIGGER_NAME), ';')
        FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA IN ('$database', '$new')"
    tables="SELECT TABLE_SCHEMA, $(quoted TABLE_NAME) AS name FROM information_schema.TABLES WHERE TABLE_TYPE NOT LIKE '%VIEW'"
    rename="SELECT CONCAT('RENAME TABLE ', GROUP_CONCAT('\`', TABLE_SCHEMA, '\`.', name, ' TO \`',
            IF(TABLE_SCHEMA = '$new', '$database', '$old'), '\`.', name ORDER BY TABLE_SCHEMA = '$new' SEPARATOR ', '))
        FROM ($tables) AS tables WHERE TABLE_SCHEMA IN ('$database', '$new') HAVING COUNT(*) > 0"
    execute "$drop_triggers" && execute "$rename"
}

exchange_definitions() {
    execute "SELECT CONCAT('DROP VIEW ', $(quoted TABLE_SCHEMA), '.', $(quoted TABLE_NAME), ';') FROM information_schema.VIEWS WHERE TABLE_SCHEMA = '$database'
        UNION ALL SELECT CONCAT('DROP ', ROUTINE_TYPE, ' IF EXISTS ', $(quoted ROUTINE_SCHEMA), '.', $(quoted ROUTINE_NAME), ';') FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA = '$database'
        UNION ALL SELECT CONCAT('DROP EVENT ', $(quoted EVENT_SCHEMA), '.', $(quoted EVENT_NAME), ';') FROM information_schema.EVENTS WHERE EVENT_SCHEMA = '$database'"
    client "$database" <"$definitions"
}

# An incomplete dump replaces nothing.
if ! is_complete "$file"; then
    echo "The dump of $database is incomplete."
    exit 1
fi
# A run whose caller was killed may still be active.
exec 9>/var/lib/mysql/.restore.lock
flock 9
clean
trap clean EXIT
load
save_definitions
if ! exchange_tables; then
    client "$database" <"$old_triggers"
    exit 1
fi
exchange_definitions
if [ "${2-}" = compare ]; then
    different=$(difference "$file" "$database")
    if [ -n "$different" ]; then
        echo "The database $database is not what it was: the $different differs."
        exit 1
    fi
fi
echo "The database $database is restored."
