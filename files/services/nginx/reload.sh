#!/bin/sh
# Reloads nginx, and ends when only workers with the new files accept connections. From then on, changes are in effect, such as
# users removed from the allow list. nginx itself does not report the result of a reload.
set -eu

# Workers that accept connections. The title of one that is ending is "worker process is shutting down".
workers() {
    for process in /proc/[0-9]*; do
        # The process may have ended in the meantime.
        title=$({ tr -d '\0' <"$process/cmdline"; } 2>/dev/null) || continue
        if [ "$title" = "nginx: worker process" ]; then printf '%s ' "${process#/proc/}"; fi
    done
}

# Old workers stay for their WebSockets, and each takes memory. The newest six may stay; browsers of the others connect again.
end_oldest() {
    ids=
    for process in /proc/[0-9]*; do
        title=$({ tr -d '\0' <"$process/cmdline"; } 2>/dev/null) || continue
        if [ "$title" = "nginx: worker process is shutting down" ]; then
            # The time at which it began, after the name in parentheses.
            began=$({ sed 's/.*) //' "$process/stat"; } 2>/dev/null | cut -d ' ' -f 20) || continue
            ids="$ids$began ${process#/proc/}
"
        fi
    done
    printf '%s' "$ids" | sort -rn | sed 1,6d | while read -r _ id; do kill -TERM "$id" || true; done
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
    if [ -n "$new" ] && [ -z "$old" ]; then
        end_oldest
        exit 0
    fi
done
echo "nginx goes on with the files that it had; its log says why." >&2
exit 1
