#!/bin/sh
# Starts JupyterLab. If it ends before it answers requests, starts it again without the files of the home directory.
#
#   serve.sh NOTICE COMMAND...
#
# NOTICE is the file for a message about this, which the release shows. It is empty if all is well.
set -u

notice=$1
shift
served=$notice.served
rm -f "$served" "$JUPYTER_RUNTIME_DIR"/jpserver-*.json
: >"$notice"

# base-notebook has time zones only among conda's files. Without any, programs would show UTC under another name.
if [ -n "${TZ-}" ] && ! [ -e "/usr/share/zoneinfo/$TZ" ]; then
    if [ -e "/opt/conda/share/zoneinfo/$TZ" ]; then
        export TZDIR=/opt/conda/share/zoneinfo
    else
        echo "Jupyter's image has no time zones (package tzdata), so kernels and terminals use UTC and not $TZ." | tee "$notice"
    fi
fi

# Only the server does without these packages: jupyter_server_config.py removes the folder from the variables of kernels.
export PYTHONPATH="${0%/*}/without${PYTHONPATH:+:$PYTHONPATH}"

# The server writes this file when it begins to answer.
is_serving() {
    set -- "$JUPYTER_RUNTIME_DIR"/jpserver-*.json
    [ -e "$1" ]
}

# The server runs in the foreground, because background processes of a shell ignore Ctrl-C. `stopped` records that the
# container is being stopped: tini sends the signal to the server as well.
stopped=
trap 'stopped=yes' TERM INT HUP
(
    trap - TERM INT HUP
    until is_serving; do sleep 1; done
    : >"$served"
) &
"$@" && code=0 || code=$?
kill $! 2>/dev/null

# No second attempt if the container is being stopped, if the server has answered requests, or if a signal killed it.
if [ -n "$stopped" ] || [ -e "$served" ] || [ "$code" -gt 128 ]; then exit "$code"; fi

echo "JupyterLab does not start with the files of the home directory (~/.jupyter, ~/.local), and runs without its settings, extensions and packages. Its log says why. Fix the file, or delete others if the disk is full, and restart Jupyter: File > Shut Down." | tee "$notice"
export JUPYTER_UP_WITHOUT_HOME=1 JUPYTER_CONFIG_PATH="${JUPYTER_CONFIG_PATH%%:*}" JUPYTER_CONFIG_DIR="$notice.config" JUPYTER_DATA_DIR="$notice.data"
exec "$@"
