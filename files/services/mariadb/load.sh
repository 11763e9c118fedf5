#!/bin/sh
# Makes a database what it was in a dump. Its users and their privileges stay.
#
#   load.sh FILE        others/.new/restore/notes.sql.gz below /dumps for the database notes
set -eu
LC_ALL=C
export LC_ALL

file=/dumps/$1
database=$(basename "$file" .sql.gz)
# Restored by whoever may, from a backup that only the site has written. The name becomes part of SQL.
case $database in *[!A-Za-z0-9_-]* | "" | mysql | sys | information_schema | performance_schema)
    echo "$database is no database that can be restored."
    exit 1
    ;;
esac
MYSQL_PWD=$(cat /run/secrets/mariadb/current/root-password)
export MYSQL_PWD
# A session that holds a table must not hold this up for good.
client() {
    mariadb --protocol=socket --skip-ssl --user=root --init-command="SET SESSION lock_wait_timeout = 60" "$@"
}

# A dump that is not whole replaces nothing.
gzip -t "$file"
if ! gunzip -c "$file" | tail -n 1 | grep -q '^-- Dump completed'; then
    echo "The dump of $database is not whole."
    exit 1
fi
client --execute="DROP DATABASE IF EXISTS \`$database\`; CREATE DATABASE \`$database\`"
gunzip -c "$file" | client "$database"
echo "The database $database is restored."
