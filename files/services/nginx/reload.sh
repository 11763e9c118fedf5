#!/bin/sh
# Has nginx read its files again, and ends when only workers that hold the new ones take connections: what a release
# changed, somebody taken off the list say, holds from then on. nginx itself says nothing of how a reload went.
set -eu

# Those that take connections. One that only ends what it has begun calls itself "worker process is shutting down".
workers() {
    for process in /proc/[0-9]*; do
        # A process may have ended since it was listed.
        title=$({ tr -d '\0' <"$process/cmdline"; } 2>/dev/null) || continue
        if [ "$title" = "nginx: worker process" ]; then printf '%s ' "${process#/proc/}"; fi
    done
}

before=" $(workers)"
kill -HUP 1
waited=0
while [ "$waited" -lt 100 ]; do
    sleep 0.1
    waited=$((waited + 1))
    old=
    new=
    for worker in $(workers); do
        case $before in *" $worker "*) old=yes ;; *) new=yes ;; esac
    done
    if [ -n "$new" ] && [ -z "$old" ]; then exit 0; fi
done
echo "nginx goes on with the files that it had; its log says why." >&2
exit 1
