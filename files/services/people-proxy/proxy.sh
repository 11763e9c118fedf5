#!/bin/sh
# Starts the proxy between nginx and the servers of people. It adds nothing to requests, and removes the name of the server from the
# address.
#
# It listens only on the network that it shares with nginx. So no server reaches another one, or the hub, through it.
set -eu
CONFIGPROXY_AUTH_TOKEN=$(cat /run/secrets/people-proxy/token)
export CONFIGPROXY_AUTH_TOKEN
address=$(getent ahostsv4 proxy-door | awk 'NR == 1 { print $1 }')
exec configurable-http-proxy --ip "$address" --port 8000 --api-ip "$address" --api-port 8001 \
    --default-target http://hub-door:8081 --no-include-prefix --no-x-forward --error-path "${0%/*}/errors" --log-level warn
