#!/bin/bash
# Like the original, as far as --connect and --innodb_initialized go: the user healthcheck connects over the socket.
set -eo pipefail

ask() {
  mariadb --defaults-extra-file=/var/lib/mysql/.my-healthcheck.cnf --skip-ssl --protocol socket -B --skip-column-names -e "$1"
}

for test in "${@:?At least one argument required}"; do
  case $test in
    # The server that sets up an empty folder accepts no connections from the network.
    --connect) [ "$(ask 'select @@skip_networking')" = 0 ] ;;
    --innodb_initialized)
      [ "$(ask "select 1 from information_schema.ENGINES where engine='innodb' and support in ('YES', 'DEFAULT', 'ENABLED')")" = 1 ] ;;
    *) echo "healthcheck unknown option or test '$test'" >&2; exit 1 ;;
  esac || { echo "healthcheck ${test#--} failed" >&2; exit 1; }
done
