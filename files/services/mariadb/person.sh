#!/bin/sh
# Creates the database and the user of a person, or gives the user the password again. The spawner runs it before the person's server
# starts. A second run changes nothing.
#
#   PERSON_PASSWORD=... person.sh NAME
set -eu

name=$1
case $name in
    person_*) ;;
    *) echo "$name is not the name of a person's database." >&2 && exit 2 ;;
esac
case ${name#person_}$PERSON_PASSWORD in
    *[!a-z0-9-]*) echo "The name or the password has other characters than expected." >&2 && exit 2 ;;
esac

# In a GRANT, _ in the name of a database is a wildcard.
pattern=person\\_${name#person_}
identified="'$name'@'%' IDENTIFIED BY '$PERSON_PASSWORD' WITH MAX_USER_CONNECTIONS 15"
MYSQL_PWD=$(cat /run/secrets/mariadb/current/root-password) timeout 20 mariadb --protocol=socket --skip-ssl --user=root --batch <<SQL
SET SESSION lock_wait_timeout = 5;
CREATE DATABASE IF NOT EXISTS \`$name\`;
CREATE USER IF NOT EXISTS $identified;
ALTER USER $identified;
GRANT ALL PRIVILEGES ON \`$pattern\`.* TO '$name'@'%';
SQL
