# Maintenance of the repository after each backup: removes old snapshots, checks the repository, and tries a restore.
# backup.sh includes it.

# Number of parts in which the repository is read.
parts=28
# restic's exit code if another program locks the repository.
locked=11

forget() {
    if [ -n "$(find "$STATE/forgotten" -mmin -1430 2>/dev/null)" ]; then return; fi
    # One option on a line.
    # shellcheck disable=SC2046
    try forget --quiet --prune --retry-lock 1m --host "$RESTIC_HOST" --group-by host,tags $(cat "$(dirname "$0")/keep")
    case $? in
    0) : >"$STATE/forgotten" ;;
    "$locked") echo "Backup: another program uses $DESTINATION, so the next run removes old snapshots." ;;
    *) fail "old snapshots could not be removed. restic says: $(said)" ;;
    esac
}

# Reads one part of the repository a day, so that each is read once in four weeks; and its structure each time.
check() {
    if [ -n "$(find "$STATE/checked" -mmin -1430 2>/dev/null)" ]; then return; fi
    part=$(($(cat "$STATE/checked" 2>/dev/null || echo 0) % parts + 1))
    try check --quiet --retry-lock 1m --read-data-subset "$part/$parts" >"$STATE/checking"
    case $? in
    0) echo "$part" >"$STATE/checked" ;;
    "$locked") echo "Backup: another program uses $DESTINATION, so the next run checks it." ;;
    *)
        cat "$STATE/checking"
        case $(said) in
        *"contains errors"*) fail "the backup at $DESTINATION is damaged. Keep it, and name another place, so that a new backup is made: pulumi config set --path backup.to FOLDER. Or repair it: https://restic.readthedocs.io/en/stable/077_troubleshooting.html" ;;
        *) fail "the backup at $DESTINATION could not be checked. restic says: $(said)" ;;
        esac
        ;;
    esac
    rm -f "$STATE/checking"
}

# The drill: once a week, restores the newest snapshots, one after the other, and compares every file with the state that was
# backed up. It is tried again a day after one that failed.
drill() {
    if [ -n "$(find "$STATE/restored" -mmin -10070 2>/dev/null)" ]; then return; fi
    if [ -z "$(find "$STATE/drill.failed" -mmin -1430 2>/dev/null)" ]; then
        rm -f "$STATE/drill.failed"
        while read -r source; do restores "$source" || echo "$reason" >>"$STATE/drill.failed"; done <"$(dirname "$0")/sources"
        rm -rf "$STATE/drill" "$STATE/expected" "$STATE/found"
    fi
    if [ ! -e "$STATE/drill.failed" ]; then
        : >"$STATE/restored"
        echo "Backup: a restore of the newest snapshots gave every file back as it was."
    elif grep -q . "$STATE/drill.failed"; then
        fail "$(grep . "$STATE/drill.failed" | head -n 1)"
    fi
}

# restores FOLDER-IN-THE-HISTORY: whether every file is restored. Otherwise `reason` says why; it is empty if the disk is too full.
restores() {
    name=${1#*/}
    tree=$HISTORY/$1/$(cat "$STATE/trees/$(echo "$name" | tr / '~')" 2>/dev/null)
    # Nothing of it is in the backup, or the history has removed the state since.
    if [ "$tree" = "$HISTORY/$1/" ] || [ ! -d "$tree" ]; then return; fi
    rm -rf "$STATE/drill"
    mkdir "$STATE/drill"
    reason=
    needed=$(du -sk "$tree" | cut -f 1)
    # A tenth of the disk stays free.
    if ! df -Pk "$STATE" | awk -v needed="$needed" 'NR == 2 { exit !($4 - needed > $2 / 10) }'; then
        echo "Backup: $name takes $needed KB, and the disk has no room to try its restore."
        return 1
    fi
    if ! try restore --quiet latest --tag "$name" --target "$STATE/drill" --exclude-xattr '*' >"$STATE/found"; then
        reason="a restore of $name failed in the weekly drill. restic says: $(said)"
        return 1
    fi
    hashes "$tree" >"$STATE/expected"
    hashes "$STATE/drill" >"$STATE/found"
    if cmp -s "$STATE/expected" "$STATE/found"; then return; fi
    reason="a restore of $name did not give every file back as it was, in the weekly drill: $(differs). Look at the backup: restic check --read-data"
    return 1
}

# hashes FOLDER
hashes() {
    (cd "$1" && find . -type f -exec sha256sum {} + | sort -k 2)
}

# The first name that differs.
differs() {
    sort "$STATE/expected" "$STATE/found" | uniq -u | sort -k 2 | head -n 1 | cut -c 67-366
}
