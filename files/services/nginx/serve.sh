#!/bin/sh
# Starts nginx. The log of errors repeats the address of a request, which can contain a key of a program. So it passes a filter that
# hides keys. The access log has no queries.
set -eu
errors=/tmp/errors
rm -f "$errors"
mkfifo -m 600 "$errors"
# Opened for reading and writing: neither side waits for the other one to open it, also if the filter has to start again.
while :; do
    busybox awk '{ gsub(/jup_[A-Za-z0-9]+/, "jup_..."); print; fflush() }' || sleep 1
done <>"$errors" >&2 &
exec nginx -c /site/current/nginx.conf
