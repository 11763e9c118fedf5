#!/bin/sh
# Starts the browser $BROWSER in a network of its own. The only way out is the port $PROXY_PORT of its loopback, which leads to
# the Unix socket $PROXY_SOCKET. The network ends with the browser.
set -eu

if [ "${1:-}" != --inside ]; then
  # Other users are root of a user namespace.
  as_root=
  [ "$(id -u)" = 0 ] || as_root="--user --map-root-user"
  exec unshare $as_root --net "$0" --inside "$@"
fi
shift
ip link set lo up
# With loopback alone, the browser says that it is offline.
ip link add outside type veth peer name nowhere
ip address add 192.0.2.1/24 dev outside
ip link set outside up
ip link set nowhere up
"$NODE" "${0%/*}/forwardPort.ts" $$ &
exec "$BROWSER" "$@"
