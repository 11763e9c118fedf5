#!/bin/sh
# Creates the databases, users, passwords and privileges in the stack's settings. Runs in MariaDB's container at each
# release. A second run changes nothing.
#
#   prepare.sh FOLDER          root-password, access.sql, obsolete.sql, sessions.sql and, for each database, databases/NAME.sql
#   prepare.sh FOLDER purge    removes the databases that FOLDER/purge names, one per line
set -eu
umask 077

folder=$1
data=/var/lib/mysql
# A file with all passwords that root may have. The image sets a password only for an empty folder, and data may have been
# copied here with another one.
known=$data/.root-passwords
# Time limits in seconds. A notebook's session may lock tables indefinitely, and MariaDB waits for space on a full disk.
free_within=30
lock_within=5
statements_within=200
removed_within=20

main() {
    find_password
    if [ "${1-}" = purge ]; then
        purge
        return
    fi
    # Root can connect, so the first initialization was completed; see start.sh.
    rm -f "$data/.first-set-up"
    remember "$(cat "$folder/root-password")" "$password"
    run "$folder/access.sql"
    password=$(cat "$folder/root-password")
    remember "$password"
    for file in "$folder"/databases/*.sql; do make_database "$(basename "$file" .sql)" "$file"; done
    remove_obsolete
}

fail() {
    printf '%s\n' "$*"
    exit 1
}

# root OPTION...: runs statements as root. Waits for a free connection: clients that never authenticate can use all
# connections, until MariaDB ends each after connect_timeout (site.cnf).
root() {
    free_until=$(($(date +%s) + free_within))
    until { error=$(MYSQL_PWD=$password timeout "$statements_within" mariadb --protocol=socket --skip-ssl --user=root --batch --skip-column-names \
        --init-command="SET SESSION lock_wait_timeout = $lock_within, innodb_lock_wait_timeout = $lock_within" "$@" 2>&1 >&3); } 3>&1; do
        [ $? -ne 124 ] || error="no answer within $statements_within seconds; is the disk full (df -h)?"
        case $error in *"Too many connections"*) [ "$(date +%s)" -ge "$free_until" ] || { sleep 0.2 && continue; } ;; esac
        printf '%s\n' "$error" >&2
        return 1
    done
}

# Tries the known passwords until one works. Each line is a password, whatever it contains. The last one is empty, for a
# folder whose first start was interrupted before a password was set.
find_password() {
    while IFS= read -r password <&4; do
        if said=$(root --execute='DO 0' 2>&1); then return; fi
        case $said in *"Too many connections"*) fail "MariaDB has had no free connection for $free_within seconds. Stop the notebook or the app that uses them all, and run pulumi up again." ;; esac
    done 4<<END
$(cat "$folder/root-password" "$known" 2>/dev/null || :)

END
    fail "MariaDB refuses every root password that this site has set. Data that was copied from another MariaDB has the password of that one. Write it into the file .root-passwords in the folder of the database, and run pulumi up again."
}

# remember PASSWORD...: records root's possible passwords. Runs before and after a password is changed: if this script is
# killed in between, the next run knows both.
remember() {
    printf '%s\n' "$@" >"$known.new"
    mv "$known.new" "$known"
}

# run FILE: runs the statements of a file.
run() {
    # Prints only the numbers of the error and of the line, because the rest may quote a password.
    said=$(root <"$1" 2>&1) ||
        fail "MariaDB refuses $(basename "$1"), which is a bug in this program. It says: $(printf '%s\n' "$said" | grep -o '^ERROR .* at line [0-9]*')"
}

# make_database NAME FILE: creates a database from its schema. If an earlier run did not finish this, the database has no
# data yet and is dropped first.
make_database() {
    unfinished=$data/.unfinished-$1
    if [ -e "$unfinished" ]; then drop "$1"; fi
    if [ -z "$(root --execute="SHOW DATABASES LIKE '$1'")" ]; then
        : >"$unfinished"
        root --execute="CREATE DATABASE \`$1\`"
        if ! said=$(root "$1" <"$2" 2>&1); then
            drop "$1"
            fail "MariaDB refuses the schema of $1 (setting apps, schema). Its database was not created. Fix the file and run pulumi up again. MariaDB says: $(printf '%s\n' "$said" | tail -n 1)"
        fi
    fi
    rm -f "$unfinished"
}

# drop NAME: deletes a database. Ends sessions that lock one of its tables (an open transaction, LOCK TABLES, a long
# statement). A prepared transaction has no session that could be ended, and it may be a part of a distributed one. So its
# owner must end it.
drop() {
    drop_until=$(($(date +%s) + removed_within))
    until end_holders "$1" && why=$(root --execute="DROP DATABASE IF EXISTS \`$1\`" 2>&1 </dev/null); do
        case $why in *"Lock wait timeout"*) [ "$(date +%s)" -ge "$drop_until" ] || continue ;; esac
        fail "The database $1 was not removed: $(printf '%s\n' "$why" | tail -n 1).$(prepared_transactions)"
    done
}

end_holders() {
    root --execute="SELECT CONCAT('KILL ', THREAD_ID, ';') FROM information_schema.METADATA_LOCK_INFO WHERE TABLE_SCHEMA = '$1' AND THREAD_ID <> CONNECTION_ID()" </dev/null 2>/dev/null |
        root --force >/dev/null 2>&1 || :
}

# Prints a sentence that lists prepared transactions, or nothing if there are none.
prepared_transactions() {
    root --execute="XA RECOVER" </dev/null | awk -F '\t' '{ names = names ", " $4 } END {
        if (NR) print " Prepared transactions may hold its tables: " substr(names, 3) ". End each (XA ROLLBACK or XA COMMIT, by the user who prepared it or by root), and release again: pulumi up --replace '\''**site-release'\''"
    }'
}

purge() {
    left=0
    while read -r name; do
        [ -n "$(root --execute="SHOW DATABASES LIKE '$name'" </dev/null)" ] || continue
        if (drop "$name"); then echo "The database $name was removed, as the setting purge says."; else left=1; fi
    done <"$folder/purge"
    return "$left"
}

# Removes users and privileges that are no longer in the settings. The result of each query is a list of statements. A
# session keeps the privileges that it had when it was opened. So sessions of revoked privileges are ended.
remove_obsolete() {
    statements=$(root <"$folder/obsolete.sql")
    if [ -n "$statements" ]; then printf '%s\n' "$statements" | root; fi
    root <"$folder/sessions.sql" | root --force >/dev/null 2>&1 || :
}

main "${2-}"
