#!/bin/sh
# Gives MariaDB the databases, users, passwords and rights that the stack's settings ask for. Run in its container at each
# release; run again, it changes nothing.
#
#   prepare.sh FOLDER          root-password, access.sql, obsolete.sql and, for each database, databases/NAME.sql
#   prepare.sh FOLDER purge    removes the databases that FOLDER/purge names, a name a line
set -eu
umask 077

folder=$1
data=/var/lib/mysql
# Root's passwords that may be in force. The image sets one on an empty folder only, and data may have been brought here with another.
known=$data/.root-passwords

main() {
    find_password
    if [ "${1-}" = purge ]; then
        purge
        return
    fi
    # Root is let in, so the first set-up was finished; see start.sh.
    rm -f "$data/.first-set-up"
    remember "$(cat "$folder/root-password")" "$password"
    run "$folder/access.sql"
    password=$(cat "$folder/root-password")
    remember "$password"
    for file in "$folder"/databases/*.sql; do make_database "$(basename "$file" .sql)" "$file"; done
    take_away
}

fail() {
    printf '%s\n' "$*"
    exit 1
}

# Connections that never say who they are may take all places for a moment; MariaDB ends each after connect_timeout (site.cnf).
root() {
    tries=0
    until { error=$(MYSQL_PWD=$password mariadb --protocol=socket --skip-ssl --user=root --batch --skip-column-names "$@" 2>&1 >&3); } 3>&1; do
        tries=$((tries + 1))
        case $error in *"Too many connections"*) ;; *) tries=150 ;; esac
        if [ "$tries" = 150 ]; then
            printf '%s\n' "$error" >&2
            return 1
        fi
        sleep 0.2
    done
}

# The last one is for a folder whose first start was cut off before a password was set.
find_password() {
    for password in $(cat "$folder/root-password" "$known" 2>/dev/null || :) ''; do
        if said=$(root --execute='DO 0' 2>&1); then return; fi
        case $said in *"Too many connections"*) fail "MariaDB has had no free connection for 30 seconds. Stop the notebook or the app that takes them all, and run pulumi up again." ;; esac
    done
    fail "MariaDB does not let its own root in: its password is none that this site has set. Data from elsewhere brings its own; write it into the file .root-passwords in the folder of the database, and run pulumi up again."
}

# Written before a password is changed and after it: killed in between, the next run knows both.
remember() {
    printf '%s\n' "$@" >"$known.new"
    mv "$known.new" "$known"
}

run() {
    # Of what it says, the number of the error and of the line: the rest may quote a password.
    said=$(root <"$1" 2>&1) ||
        fail "MariaDB refuses $(basename "$1"), which is a fault of this program. It says: $(printf '%s\n' "$said" | grep -o '^ERROR .* at line [0-9]*')"
}

# A database that a run before began and did not finish has nothing of anybody's in it yet.
make_database() {
    unfinished=$data/.unfinished-$1
    if [ -e "$unfinished" ]; then root --execute="DROP DATABASE IF EXISTS \`$1\`"; fi
    if [ -z "$(root --execute="SHOW DATABASES LIKE '$1'")" ]; then
        : >"$unfinished"
        root --execute="CREATE DATABASE \`$1\`"
        if ! said=$(root "$1" <"$2" 2>&1); then
            root --execute="DROP DATABASE \`$1\`"
            fail "MariaDB refuses the schema of $1 (setting apps, schema). Its database was not made. Mend the file, and run pulumi up again. MariaDB says: $(printf '%s\n' "$said" | tail -n 1)"
        fi
    fi
    rm -f "$unfinished"
}

purge() {
    while read -r name; do
        if [ -n "$(root --execute="SHOW DATABASES LIKE '$name'" </dev/null)" ]; then
            root --execute="DROP DATABASE \`$name\`" </dev/null
            echo "The database $name was removed, as the setting purge says."
        fi
    done <"$folder/purge"
}

# Asks which users and rights no setting names any more; the answer is statements.
take_away() {
    statements=$(root <"$folder/obsolete.sql")
    if [ -n "$statements" ]; then printf '%s\n' "$statements" | root; fi
}

main "${2-}"
