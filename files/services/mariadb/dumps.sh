# Functions of the scripts that make and load dumps.

MYSQL_PWD=$(cat /run/secrets/mariadb/current/root-password)
export MYSQL_PWD

# A session that locks a table must not block this forever. A user can then end it, and try again.
client() {
    mariadb --protocol=socket --skip-ssl --user=root --batch --raw --skip-column-names \
        --init-command="SET SESSION lock_wait_timeout = 20, group_concat_max_len = 4294967295" "$@"
}

# drop NAME: drops one of the databases of load.sh and drill.sh, ~new for example. If MariaDB is killed while it creates a table, it may
# forget a file of it. Then it drops all tables, but not the database's folder (errno 39).
drop() {
    failure=$(client --execute="SET foreign_key_checks = 0; DROP DATABASE IF EXISTS \`$1\`" 2>&1) && return
    if [ "$(client --execute="SELECT COUNT(*) FROM information_schema.TABLES WHERE TABLE_SCHEMA = '$1'")" != 0 ]; then
        printf '%s\n' "$failure" >&2
        return 1
    fi
    # MariaDB writes ~ as @007e in names of folders.
    rm -rf "/var/lib/mysql/@007e${1#"~"}"
    client --execute="DROP DATABASE IF EXISTS \`$1\`"
}

# It locks nothing: a lock also needs the tables of a view, which may be missing.
dump_of() {
    nice -n 19 mariadb-dump --protocol=socket --skip-ssl --user=root --single-transaction "$@"
}

# dump_whole OPTION... DATABASE: dumps everything in a database. Two such dumps can be compared.
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

# sums: prints the name of each part of a dump (a table, a view, the routines) and its checksum in one line. Each series of MariaDB
# sets other variables of the session, and other delimiters, around the statements. So these do not count.
sums() {
    awk '/^-- (Table|Sequence|Final view) structure |^-- Dumping (events|routines) / {
            if (is_in) close("sha256sum")
            sub(/^-- (Dumping |Table structure for )?/, ""); sub(/ for database .*/, ""); print; fflush(); is_in = 1
            print "" | "sha256sum"
            next
        }
        /^(COMMIT;|DELIMITER |SET (@OLD_)?AUTOCOMMIT=|\/\*M?![0-9]+ SET (@|character_set|collation|SQL_NOTES|NOTE_VERBOSITY))/ { next }
        { sub(/;;$/, ";") }
        is_in && !/^(--|LOCK TABLES |UNLOCK TABLES)|ALTER DATABASE / { print | "sha256sum" }' | paste - -
}

# difference FILE DATABASE: prints the first part of a database that is not what it is in a dump; nothing if all are.
difference() {
    gunzip -c "$1" | sums >"/tmp/sums.$$.expected"
    dump_whole "$2" | sums >"/tmp/sums.$$.found"
    sort "/tmp/sums.$$.expected" "/tmp/sums.$$.found" | uniq -u | head -n 1 | cut -f 1
    rm "/tmp/sums.$$.expected" "/tmp/sums.$$.found"
}
