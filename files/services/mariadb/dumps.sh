# Functions of the scripts that make and load dumps.

MYSQL_PWD=$(cat /run/secrets/mariadb/current/root-password)
export MYSQL_PWD

# A session that locks a table must not block this forever. A user can then end it, and try again.
client() {
    mariadb --protocol=socket --skip-ssl --user=root --batch --raw --skip-column-names \
        --init-command="SET SESSION lock_wait_timeout = 20, group_concat_max_len = 4294967295" "$@"
}

# It locks nothing: a lock also needs the tables of a view, which may be missing.
dump_of() {
    nice -n 19 mariadb-dump --protocol=socket --skip-ssl --user=root --single-transaction "$@"
}

# dump_whole OPTION... DATABASE: dumps everything in a database. The drill compares two such dumps.
dump_whole() {
    dump_of --quick --skip-dump-date --routines --triggers --events --hex-blob "$@"
}

# is_complete FILE
is_complete() {
    gzip -t "$1" && gunzip -c "$1" | tail -n 1 | grep -q '^-- Dump completed'
}

# load_dump FILE DATABASE: a session with locked tables could not use a sequence, so this locks none.
load_dump() {
    gunzip -c "$1" | sed -e '/^LOCK TABLES `/d' -e '/^UNLOCK TABLES;$/d' | client "$2"
}
