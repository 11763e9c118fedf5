#!/bin/sh
# Restores a database from a dump. It loads the dump into another database, and then exchanges all tables in one statement. So
# the database always has all old rows or all new ones. Users and their privileges stay. The exception is partitioned tables: if
# MariaDB is killed, it leaves half of a rename of their partitions. So they are copied after that.
#
#   load.sh FILE            others/.new/restore/notes.sql.gz below /dumps, for the database notes
#   load.sh FILE compare    compares each part of the database with the dump, by its checksum; nothing may change it meanwhile
#   load.sh                 ends a restore that was killed; start.sh and dump.sh run this
set -eu
umask 077
LC_ALL=C
export LC_ALL

# The databases for the new and the old tables, and for a table whose name shows whether the tables are exchanged. No app can
# have these names, and dump.sh leaves them out.
new='~new'
old='~old'
restore='~restore'
# Exists during a restore.
begun=/var/lib/mysql/.restoring
# Copies partitioned tables, and makes everything that is not in tables like in the dump: triggers, views, routines and events. It
# can run repeatedly.
definitions=/var/lib/mysql/.restore.sql
# Restores the triggers of the old tables. It can run repeatedly.
old_triggers=/var/lib/mysql/.restore-triggers.sql
. "$(dirname "$0")/dumps.sh"

# quoted COLUMN: an SQL expression for a name in backquotes.
quoted() {
    echo "CONCAT('\`', REPLACE($1, '\`', '\`\`'), '\`')"
}

tables="SELECT TABLE_SCHEMA, TABLE_NAME, $(quoted TABLE_NAME) AS name, AUTO_INCREMENT, CREATE_OPTIONS LIKE '%partitioned%' AS is_partitioned
    FROM information_schema.TABLES WHERE TABLE_TYPE NOT LIKE '%VIEW'"

# execute QUERY: runs the statements that a query returns.
execute() {
    statements=$(client --execute="$1") || return
    printf '%s\n' "$statements" | client
}

# Ends a restore that was interrupted. If the tables are exchanged, completes it. Otherwise, gives the old tables their triggers
# back. Fails if a session locks a table. Then the next run tries again.
recover() {
    if [ -n "$(client --execute="SELECT 1 FROM information_schema.TABLES WHERE TABLE_SCHEMA = '$restore' AND TABLE_NAME = 'exchanged'")" ]; then
        client <"$definitions" || return
    elif [ -e "$old_triggers" ]; then
        client <"$old_triggers" || return
    fi
    clean
}

# The triggers' file is the first, because it must not be run after a restore that succeeded.
clean() {
    rm -f "$old_triggers"
    drop "$restore" && drop "$new" && drop "$old" || return
    rm -f "$definitions" "$begun"
}

load() {
    client --execute="CREATE DATABASE IF NOT EXISTS \`$database\`; CREATE DATABASE \`$old\`; CREATE DATABASE \`$restore\`; CREATE TABLE \`$restore\`.loaded (a INT)"
    execute "SELECT CONCAT('CREATE DATABASE \`$new\` CHARACTER SET ', DEFAULT_CHARACTER_SET_NAME, ' COLLATE ', DEFAULT_COLLATION_NAME)
        FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = '$database'"
    # The default value of a column names its sequence together with the database, so the sequence must exist there.
    gunzip -c "$file" | sed -n 's/^CREATE SEQUENCE /CREATE SEQUENCE IF NOT EXISTS /p' | client "$database"
    load_dump "$file" "$new"
}

# Prints statements that copy the partitioned tables. Without a namesake that is not partitioned, the old ones are not renamed, either.
copy_partitioned() {
    echo "SET sql_mode = 'NO_AUTO_VALUE_ON_ZERO', foreign_key_checks = 0;"
    client --execute="SELECT CONCAT('DROP TABLE IF EXISTS ', name, ';') FROM ($tables) AS tables WHERE TABLE_SCHEMA = '$database' AND $is_copied;
        SELECT CONCAT('DROP TABLE IF EXISTS ', name, '; CREATE TABLE ', name, ' LIKE \`$new\`.', name, '; INSERT INTO ', name, ' (', columns, ') SELECT ', columns,
            ' FROM \`$new\`.', name, ';', IFNULL(CONCAT(' ALTER TABLE ', name, ' AUTO_INCREMENT = ', AUTO_INCREMENT, ';'), ''))
        FROM ($tables) AS tables JOIN (SELECT TABLE_NAME, GROUP_CONCAT($(quoted COLUMN_NAME)) AS columns FROM information_schema.COLUMNS
            WHERE TABLE_SCHEMA = '$new' AND IS_GENERATED = 'NEVER' GROUP BY TABLE_NAME) AS columns USING (TABLE_NAME)
        WHERE TABLE_SCHEMA = '$new' AND $is_copied"
    echo "SET sql_mode = DEFAULT, foreign_key_checks = DEFAULT;"
}

# triggers_of DATABASE
triggers_of() {
    dump_of --no-data --no-create-info --triggers --add-drop-trigger "$1"
}

save_definitions() {
    set --
    # Each line is the name of a view.
    while IFS= read -r view; do [ -z "$view" ] || set -- "$@" "$view"; done <<END
$(client --execute="SELECT TABLE_NAME FROM information_schema.VIEWS WHERE TABLE_SCHEMA = '$new'")
END
    use="USE \`$database\`;"
    {
        echo "$use"
        copy_partitioned
        # Then the triggers: until they exist, new rows are written without them.
        triggers_of "$new"
        client --execute="SELECT CONCAT('DROP VIEW IF EXISTS ', $(quoted TABLE_NAME), ';') FROM information_schema.VIEWS WHERE TABLE_SCHEMA = '$database'
            UNION ALL SELECT CONCAT('DROP ', ROUTINE_TYPE, ' IF EXISTS ', $(quoted ROUTINE_NAME), ';') FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA = '$database'
            UNION ALL SELECT CONCAT('DROP EVENT IF EXISTS ', $(quoted EVENT_NAME), ';') FROM information_schema.EVENTS WHERE EVENT_SCHEMA = '$database'"
        # Views use functions.
        dump_of --no-data --no-create-info --skip-triggers --routines --events "$new"
        if [ $# -gt 0 ]; then dump_of --no-data --skip-triggers "$new" "$@"; fi
    } >"$definitions"
    {
        echo "$use"
        triggers_of "$database"
    } >"$old_triggers.new"
    # After a power failure, too, both files must be complete.
    sync "$definitions" "$old_triggers.new"
    mv "$old_triggers.new" "$old_triggers"
    sync /var/lib/mysql
}

# RENAME TABLE moves no table with triggers to another database. It does all renames or, after an error or a kill, none.
exchange() {
    exchange=$(client --execute="SELECT CONCAT('DROP TRIGGER ', $(quoted TRIGGER_SCHEMA), '.', $(quoted TRIGGER_NAME), ';')
            FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA IN ('$database', '$new')
        UNION ALL SELECT CONCAT('RENAME TABLE \`$restore\`.loaded TO \`$restore\`.exchanged', IFNULL(GROUP_CONCAT(', \`', TABLE_SCHEMA, '\`.', name, ' TO \`',
            IF(TABLE_SCHEMA = '$new', '$database', '$old'), '\`.', name ORDER BY TABLE_SCHEMA = '$new' SEPARATOR ''), ''), ';')
        FROM ($tables) AS tables WHERE TABLE_SCHEMA IN ('$database', '$new') AND NOT $is_copied")
    { printf '%s\n' "$exchange" && cat "$definitions"; } | client
}

if [ $# = 0 ] && [ ! -e "$begun" ]; then exit; fi
exec 9>/var/lib/mysql/.restore.lock
if [ $# = 0 ]; then
    if flock -n 9; then recover; fi
    exit
fi
file=/dumps/$1
database=$(basename "$file" .sql.gz)
# The name becomes part of SQL.
case $database in *[!A-Za-z0-9_-]* | "" | mysql | sys | information_schema | performance_schema)
    echo "$database is not a database that can be restored."
    exit 1
    ;;
esac
# SQL: whether a row of $tables is a table that is not renamed.
is_copied="(is_partitioned AND (TABLE_SCHEMA = '$new' OR TABLE_NAME NOT IN (SELECT plain.TABLE_NAME
    FROM information_schema.TABLES AS plain WHERE plain.TABLE_SCHEMA = '$new' AND plain.CREATE_OPTIONS NOT LIKE '%partitioned%')))"
# An incomplete dump replaces nothing.
if ! is_complete "$file"; then
    echo "The dump of $database is incomplete."
    exit 1
fi
# A run whose caller was killed may still be active.
flock 9
recover || clean
: >"$begun"
trap 'recover || :' EXIT
load
save_definitions
exchange
clean
trap - EXIT
if [ "${2-}" = compare ]; then
    different=$(difference "$file" "$database")
    if [ -n "$different" ]; then
        echo "The database $database is not what it was: the $different differs."
        exit 1
    fi
fi
echo "The database $database is restored."
