#!/bin/sh
# Backs up the newest tree of each source of the history with restic, one series of snapshots for each.
#
#   backup.sh once       one run
#   backup.sh hourly     a run every hour, where no timer of the host starts them
#
# In $STATE:
#   repository           id of the repository, and where it was
#   initializing         where a repository is being made; absent if it is complete
#   hosts                host names of the runs since the last whole one
#   trees/SOURCE         the tree of the source that is in the backup
#   good                 its time is that of the last run without an error
#   issue                why the last run was not whole; absent if it was
#   forgotten            its time is that of the last removal of old snapshots
#   restored             its time is that of the last drill in which every file came back as it was
#   drill.failed         why the last drill failed, a line for each source; an empty one for no room
#   checked              the part of the repository that was read last, and when
set -u
umask 022
LC_ALL=C
export LC_ALL

files=$(dirname "$0")
. "$files/maintenance.sh"

# The first reason counts: the others often follow from it.
fail() {
    echo "Backup: $1"
    # A full disk may have no space for the file.
    is_whole=
    [ -e "$STATE/issue.new" ] || printf '%s\n' "$1" >"$STATE/issue.new"
    return 1
}

# Runs restic. It gives its reason if it fails.
try() {
    sh "$files/restic.sh" "$@" 2>"$STATE/said" && return
    code=$?
    cat "$STATE/said"
    return "$code"
}

said() {
    sed -n 's/^Reason: //p' "$STATE/said" | cut -c 1-600
}

# Opens the repository, or makes it the first time.
open() {
    known=$(cat "$STATE/repository" 2>/dev/null || :)
    # Without a lock, because a run that was killed may have left one.
    config=$(export WITHIN=60; try cat config --no-lock)
    case $? in
    0) ;;
    10)
        # A disk that is not mounted leaves an empty folder.
        if [ "${known#* }" = "$DESTINATION" ]; then
            fail "the backup that was at $DESTINATION is not there any more. Mount its disk. If it is lost, begin a new one: rm '$STATE_ON_HOST/repository'"
            return
        fi
        # A run was killed while it made the repository: there is a key, and no configuration, without which restic refuses both.
        if [ -d "$RESTIC_REPOSITORY" ] && [ "$(cat "$STATE/initializing" 2>/dev/null)" = "$DESTINATION" ]; then
            (cd "$RESTIC_REPOSITORY" && rm -rf data index keys locks snapshots)
        fi
        if [ -d "$RESTIC_REPOSITORY" ] && [ -n "$(ls -A "$RESTIC_REPOSITORY")" ]; then
            fail "the folder $DESTINATION has other files in it. Name an empty one: pulumi config set --path backup.to FOLDER"
            return
        fi
        printf '%s\n' "$DESTINATION" >"$STATE/initializing"
        try init --quiet || { fail "$DESTINATION could not be made a backup. restic says: $(said)"; return; }
        config=$(try cat config --no-lock) || { fail "$DESTINATION could not be read. restic says: $(said)"; return; }
        ;;
    12)
        fail "another key opens the backup at $DESTINATION. Set it: pulumi config set --secret --path backup.key"
        return
        ;;
    *)
        fail "the backup at $DESTINATION could not be opened. restic says: $(said)"
        return
        ;;
    esac
    rm -f "$STATE/initializing"
    id=$(printf '%s\n' "$config" | sed -n 's/.*"id": *"\([0-9a-f]*\)".*/\1/p')
    if [ "${known%% *}" != "$id" ]; then
        rm -rf "$STATE/trees" "$STATE/forgotten" "$STATE/checked" "$STATE/restored" "$STATE/drill.failed"
        printf '%s\n' "$id $DESTINATION" >"$STATE/repository"
    fi
    unlock
}

# Removes the locks of runs that were killed or failed, and no others. Each container has another host name, so restic itself would
# respect these locks for 30 minutes.
unlock() {
    if [ -n "$is_incomplete" ] && all_locks_are_ours; then try unlock --quiet --remove-all || :; else try unlock --quiet || :; fi
}

all_locks_are_ours() {
    for lock in $(try list locks --no-lock); do
        host=$(try cat lock "$lock" --no-lock | sed -n 's/.*"hostname": *"\([^"]*\)".*/\1/p')
        grep -qxF "$host" "$STATE/hosts" || return
    done
}

# back_up FOLDER-IN-THE-HISTORY
back_up() {
    name=${1#*/}
    record=$STATE/trees/$(echo "$name" | tr / '~')
    newest=
    # The shell sorts the names, and so the trees by time: `2026-11-28 07.15`.
    for each in "$HISTORY/$1"/[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]\ [0-9][0-9].[0-9][0-9]*; do
        if [ -d "$each" ]; then newest=${each##*/}; fi
    done
    if [ -z "$newest" ] || [ "$newest" = "$(cat "$record" 2>/dev/null)" ]; then return; fi
    # restic refuses an empty snapshot. The last one with content stays.
    if [ -z "$(ls -A "$HISTORY/$1/$newest")" ]; then return; fi
    clock=$(echo "${newest#* }" | tr . :)
    case $clock in *:*:*) ;; *) clock=$clock:00 ;; esac
    # A link of the next tree changes the time of change of files that have not changed.
    (cd "$HISTORY/$1/$newest" && try backup --quiet --tag "$name" --group-by host,tags --ignore-ctime \
        --time "${newest%% *} $clock" .) || { fail "$name could not be backed up. restic says: $(said)"; return; }
    mkdir -p "$STATE/trees"
    printf '%s\n' "$newest" >"$record"
    echo "Backup: $name of $newest is in the backup."
}

once() {
    exec 9>"$STATE/lock"
    if ! flock -n 9; then
        echo "Backup: waiting for another run."
        flock 9
    fi
    is_whole=yes
    is_incomplete=
    if [ -s "$STATE/hosts" ]; then is_incomplete=yes; fi
    # Before the first command that locks the repository.
    cat /proc/sys/kernel/hostname >>"$STATE/hosts"
    # What a run that was killed has left.
    rm -rf "$TMPDIR" "$STATE/issue.new"
    mkdir -p "$TMPDIR"
    if open; then
        while read -r source; do back_up "$source"; done <"$files/sources"
        forget
        check
        drill
    fi
    # Who owns the folders can copy the backup to another disk, and delete them.
    for folder in "$STATE" "$RESTIC_REPOSITORY"; do
        owner=$(stat -c %u "$folder" 2>/dev/null) || continue
        [ "$owner" = 0 ] || find "$folder" ! -user "$owner" -exec chown "$owner" {} +
    done
    if [ -z "$is_whole" ]; then
        mv "$STATE/issue.new" "$STATE/issue"
        return 1
    fi
    # A run that fails because its server is away leaves a lock, too.
    rm -f "$STATE/issue" "$STATE/hosts"
    : >"$STATE/good"
}

case ${1-} in
once) once ;;
hourly)
    trap 'exit 0' TERM
    # At the start, the history makes its own first run.
    pause=60
    while :; do
        sleep "$pause" &
        wait $!
        pause=3600
        sh "$0" once &
        if ! wait $!; then
            # Docker starts it again: a disk that was mounted meanwhile is seen by a new container only.
            sleep "$pause" &
            wait $!
            exit 1
        fi
    done
    ;;
*)
    echo "usage: backup.sh once|hourly"
    exit 2
    ;;
esac
