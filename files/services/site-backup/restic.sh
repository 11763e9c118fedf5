#!/bin/sh
# restic with the options of the destination, if it needs some: one in a line of the file `options`. If it fails, the last line of
# its errors starts with "Reason: ".
#
# ssh's errors are in /tmp/ssh.log, because restic may end before it has read them.
#
# WITHIN   seconds after which restic is ended; empty: never. It tries for 15 minutes to reach a server.
#
# The file `fixes` has what to do about errors of the destination, in a line for each: a regular expression, a tab, a sentence.
set -u

files=$(dirname "$0")
if [ -e "$files/options" ]; then
    while IFS= read -r option; do set -- "--option=$option" "$@"; done <"$files/options"
fi

# restic's own error says less than ssh's, and nothing after it was ended. With --json, it is the message of an object.
reason() {
    sed -e 's/^{.*"message":"\(.*\)"}$/\1/' -e 's/\\n.*//' "$said" >"$said.text"
    found=$(awk '
        /^(subprocess )?ssh: [^*@]/ { ssh = $0; sub(/^(subprocess )?ssh: /, "", ssh) }
        / retrying after / { retried = $0; sub(/.* retrying after [^:]*: /, "", retried) }
        /^Fatal: / && !/context canceled/ { error = substr($0, 8) }
        /./ { last = $0 }
        END {
            if (ssh != "" && error ~ /sftp session|ssh command exited|connection lost/) print ssh
            else if (error != "") print error
            else print retried != "" ? retried : last
        }
    ' "$said.text" | sed 's/[. ]*$//')
    if [ -e "$files/fixes" ]; then
        while IFS="	" read -r error fix; do
            if grep -qE -e "$error" "$said.text"; then
                found="$found. $fix"
                break
            fi
        done <"$files/fixes"
    fi
    echo "Reason: $found"
}

# The service's own TMPDIR does not exist before its first run.
said=$(TMPDIR=/tmp mktemp)
rm -f /tmp/ssh.log
${WITHIN:+timeout "$WITHIN"} restic "$@" 2>"$said"
code=$?
if [ -e /tmp/ssh.log ]; then tr -d '\r' </tmp/ssh.log | sed 's/^/ssh: /' >>"$said"; fi
{
    cat "$said"
    [ "$code" = 0 ] || reason
} >&2
rm -f "$said" "$said.text"
exit "$code"
