#!/bin/bash
# As in the original: a temporary server without network sets up an empty folder, then the command runs. An existing
# database is upgraded to the server's version if MARIADB_AUTO_UPGRADE is set, and otherwise left alone. The functions that another script
# can change, and the seconds that it waits for the temporary server, are the original's, too.
set -eo pipefail

data=/var/lib/mysql
socket=/run/mysqld/mysqld.sock

note() { printf '%s [Note] [Entrypoint]: %s\n' "$(date --rfc-3339=seconds)" "$*"; }
fail() { printf '%s [ERROR] [Entrypoint]: %s\n' "$(date --rfc-3339=seconds)" "$*" >&2; exit 1; }
quoted() { local text=${1//\\/\\\\}; printf "'%s'" "${text//\'/\\\'}"; }

# from_file VARIABLE DEFAULT: the variable itself, or the content of the file that VARIABLE_FILE names.
from_file() {
  local file=${1}_FILE
  [[ -z ${!1:-} || -z ${!file:-} ]] || fail "Both $1 and $file are set (but are exclusive)"
  if [[ -n ${!file:-} ]]; then export "$1=$(< "${!file}")"; else export "$1=${!1:-${2:-}}"; fi
  unset "$file"
}

sql() { mariadb --protocol=socket --socket="$socket" --skip-ssl -uroot -hlocalhost "$@"; }

docker_temp_server_start() {
  note "Starting temporary server"
  "$@" --skip-networking --socket="$socket" --skip-ssl --loose-innodb_buffer_pool_load_at_startup=0 &
  declare -g MARIADB_PID
  MARIADB_PID=$!
  local i
  for i in {30..0}; do
    if MYSQL_PWD=${password:-} sql --database=mysql <<<'SELECT 1' &>/dev/null; then
      break
    fi
    sleep 1
  done
  if [ "$i" = 0 ]; then
    fail "Unable to start server."
  fi
}

stop_server() {
  kill "$MARIADB_PID"
  wait "$MARIADB_PID"
  note "Temporary server stopped"
}

healthcheck_users() {
  local password
  password=$(pwgen --numerals --capitalize -1 32)
  for host in 127.0.0.1 ::1 localhost; do
    echo "CREATE USER IF NOT EXISTS healthcheck@'$host' IDENTIFIED BY '$password';"
    echo "SET PASSWORD FOR healthcheck@'$host' = PASSWORD('$password');"
    echo "GRANT USAGE ON *.* TO healthcheck@'$host';"
  done
  (umask 077; printf '[mariadb-client]\nport=3306\nsocket=%s\nuser=healthcheck\npassword=%s\n' "$socket" "$password" > "$data/.my-healthcheck.cnf")
}

root_users() {
  echo "SET PASSWORD FOR 'root'@'localhost' = PASSWORD($(quoted "$MARIADB_ROOT_PASSWORD"));"
  [[ $MARIADB_ROOT_HOST == localhost ]] || cat <<-SQL
	CREATE USER 'root'@'$MARIADB_ROOT_HOST' IDENTIFIED BY $(quoted "$MARIADB_ROOT_PASSWORD");
	GRANT ALL ON *.* TO 'root'@'$MARIADB_ROOT_HOST' WITH GRANT OPTION;
	SQL
}

own_database() {
  [[ -z $MARIADB_DATABASE ]] || echo "CREATE DATABASE IF NOT EXISTS \`$MARIADB_DATABASE\`;"
  [[ -z $MARIADB_USER || -z $MARIADB_PASSWORD ]] || echo "CREATE USER '$MARIADB_USER'@'%' IDENTIFIED BY $(quoted "$MARIADB_PASSWORD");"
  [[ -z $MARIADB_USER || -z $MARIADB_DATABASE ]] || echo "GRANT ALL ON \`$MARIADB_DATABASE\`.* TO '$MARIADB_USER'@'%';"
}

set_up() {
  [[ -n $MARIADB_ROOT_PASSWORD || -n ${MARIADB_ALLOW_EMPTY_ROOT_PASSWORD:-} ]] ||
    fail "Database is uninitialized and password option is not specified"
  note "Initializing database files"
  mariadb-install-db --datadir="$data" --rpm --auth-root-authentication-method=normal --cross-bootstrap --skip-test-db
  docker_temp_server_start "$@"
  mariadb-tzinfo-to-sql --skip-write-binlog /usr/share/zoneinfo | sql --database=mysql
  { echo "DROP USER IF EXISTS root@'127.0.0.1', root@'::1';"; root_users; healthcheck_users; own_database; } |
    sql --database=mysql --binary-mode
  stop_server
  note "MariaDB init process done. Ready for start up."
}

needs_upgrade() {
  local old new
  [[ -f $data/mariadb_upgrade_info && -f $data/.my-healthcheck.cnf ]] || return 0
  IFS=.- read -ra new <<< "$(mariadbd --version | sed 's/.*Ver //')"
  IFS=.- read -ra old < "$data/mariadb_upgrade_info" || true
  ((old[0] < new[0] || (old[0] == new[0] && old[1] < new[1])))
}

upgrade() {
  if [[ ${MARIADB_AUTO_UPGRADE:-0} == 0 ]]; then
    note "MariaDB upgrade required, but skipped due to \$MARIADB_AUTO_UPGRADE setting"
    return
  fi
  docker_temp_server_start "$@" --skip-grant-tables
  note "Backing up system database"
  mariadb-dump --skip-ssl --skip-lock-tables --replace --databases mysql --socket="$socket" | zstd -q -f -o "$data/system_mysql_backup.sql.zst"
  if [[ ! -f $data/.my-healthcheck.cnf ]]; then
    { echo 'FLUSH PRIVILEGES;'; healthcheck_users; } | sql --binary-mode
    stop_server
    needs_upgrade || return 0
    docker_temp_server_start "$@" --skip-grant-tables
  fi
  note "Starting mariadb-upgrade"
  mariadb-upgrade --skip-ssl --upgrade-system-tables --socket="$socket"
  stop_server
}

# The original checks the configuration, and asks the server for three settings. So the server is in the cache when it starts.
check_config() {
  for _ in config datadir socket port; do
    "$@" --verbose --help >/dev/null || fail "mariadbd failed while attempting to check config"
  done
}

_main() {
  if [[ ${1:0:1} == - ]]; then set -- mariadbd "$@"; fi
  if [[ $1 == mariadbd ]]; then
    note "Entrypoint script for MariaDB Server started."
    check_config "$@"
    from_file MARIADB_ROOT_HOST %
    for name in MARIADB_ROOT_PASSWORD MARIADB_DATABASE MARIADB_USER MARIADB_PASSWORD; do from_file "$name"; done
    mkdir -p "$data"
    if [[ $(id -u) == 0 ]]; then
      chown -R mysql: "$data" /run/mysqld
      note "Switching to dedicated user 'mysql'"
      exec setpriv --reuid mysql --regid mysql --init-groups "${BASH_SOURCE[0]}" "$@"
    fi
    if [[ ! -d $data/mysql ]]; then
      set_up "$@"
    elif needs_upgrade; then
      password=$MARIADB_ROOT_PASSWORD upgrade "$@"
    fi
    unset MARIADB_ROOT_PASSWORD MARIADB_PASSWORD MARIADB_ROOT_HOST
  fi
  exec "$@"
}

_is_sourced() { [[ ${#FUNCNAME[@]} -ge 2 && ${FUNCNAME[1]} == source ]]; }

if ! _is_sourced; then _main "$@"; fi
