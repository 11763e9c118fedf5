#!/bin/sh
# site-apply: the only code that runs on the host. Makes what arrives on its standard input the running site, or changes nothing.
#
#   site-apply machine          is this machine fit for the site?
#   site-apply secrets          secret files, each service's in a folder named by their content
#   site-apply release          everything else; checks it, switches over, waits until the site answers
#   site-apply check            does each service of the running release answer?
#   site-apply renew            has the certificate renewed if it is due; the timer of a release runs it
#   site-apply down PROJECT     takes the site down; notebooks and other data stay
#
# Where it lies decides where the site lies: <root>/bin/site-apply. Below <root>:
#   files/SERVICE/ID  secrets/SERVICE/ID  units/UNIT  releases/ID  current (link)  previous (link)  lock (link)  site-apply.log
# Killed at any moment, the next run heals it; run twice, it changes nothing.
set -eu
umask 077
# A lost connection or a Ctrl-C must not stop a way back half-way.
trap '' HUP INT PIPE
exec 2>&1

# The caller's environment changes none of the commands below. Which engine Docker's client asks, and with which credentials, stays
# the caller's choice (DOCKER_HOST, DOCKER_CONTEXT, DOCKER_CONFIG).
unset IFS CDPATH                               # how the shell splits words and finds folders
unset GREP_OPTIONS POSIXLY_CORRECT TAR_OPTIONS # options that tools read in addition to their own
unset DOCKER_DEFAULT_PLATFORM                  # images for another processor
for name in $(env | sed -n 's/^\(COMPOSE_[A-Za-z0-9_]*\)=.*/\1/p'); do unset "$name"; done # another project's files, profiles, name
# Sort order, character classes and letter case are the same everywhere. `su` leaves root without the sbin folders, where nft is.
LC_ALL=C
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
export LC_ALL PATH

root=$(cd "$(dirname "$0")/.." && pwd)
# Where Compose gets no file, it reads compose.yaml and .env of the working directory.
cd /
log=$root/site-apply.log
arrives_within=120
turn_within=600
engine_within=120
checked_within=600
# Docker stops and starts containers.
started_within=1800
# 6 GB at 1 MB a second take 100 minutes.
pulled_within=10800
# A cold JupyterLab takes 400 seconds where a disk reads 22 times a second. One that ends by itself is noticed at once.
ready_within=900
# For a service that a release has left as it was.
unchanged_within=60
prepare_within=240
dismiss_within=30
# One question to a service: is it ready, what runs there?
answer_within=30
ask_within=30
certificate_within=600
renewed_within=600
removed_within=600
# A line so often while something is waited for.
said_every=60

say() {
    line=$(printf '%s\n' "$*" | printable)
    # Nobody listening any more is no error.
    printf '%s\n' "$line" || :
    { printf '%s %s\n' "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "$line" >>"$log"; } 2>/dev/null || :
}

# Text for a terminal. Programs in containers also speak here, so characters that control a terminal or reverse the text are
# taken out: C0 but for tab, DEL, and C1 and bidirectional controls in UTF-8, which become a question mark. A line over 64 KiB
# would hang the engine that shows it. Of a long one, the beginning and the end are kept: the end is the command that helps.
printable() {
    awk '{
        gsub(/[\001-\010\013-\037\177]/, "")
        gsub(/\302[\200-\237]/, "?")
        gsub(/\342\200[\252-\256]/, "?")
        gsub(/\342\201[\246-\251]/, "?")
        if (length($0) > 4000) {
            head = substr($0, 1, 2700)
            tail = substr($0, length($0) - 1199)
            # No half of a character.
            sub(/[\300-\377][\200-\277]*$/, "", head)
            sub(/^[\200-\277]+/, "", tail)
            $0 = head " ... " tail
        }
        print
    }'
}

die() {
    say "$*"
    exit 1
}

# within SECONDS COMMAND...: its status, or 124 when it had to be ended. macOS has no `timeout`.
within() {
    seconds=$1
    ends=$(($(date +%s) + seconds))
    shift
    if command -v timeout >/dev/null; then
        timeout -k 5 "$seconds" "$@" && bounded=0 || bounded=$?
    else
        # A command in the background would have no standard input.
        { "$@" <&3 3<&- & } 3<&0
        bounded_process=$!
        (
            while [ "$(date +%s)" -lt "$ends" ]; do
                sleep 1
                kill -0 "$bounded_process" || exit
            done
            kill "$bounded_process"
            sleep 5
            kill -9 "$bounded_process"
        ) >/dev/null 2>&1 </dev/null &
        wait "$bounded_process" 2>/dev/null && bounded=0 || bounded=$?
        kill $! 2>/dev/null || :
    fi
    # 128 and the number of a signal: from here, or from elsewhere before that.
    case $bounded in 137 | 143) [ "$(date +%s)" -lt "$ends" ] || bounded=124 ;; esac
    return "$bounded"
}

# waiting; still "Pulling x" ", half of it": a line a minute that says what is waited for, and how long by now. By the clock: a
# turn of a loop takes seconds on a slow machine.
waiting() {
    waiting_since=$(date +%s)
    said_at=$waiting_since
}

is_time_to_say() { [ "$(($(date +%s) - said_at))" -ge "$said_every" ]; }

still() {
    is_time_to_say || return 0
    said_at=$(date +%s)
    say "$1 ($((said_at - waiting_since)) s)${2-} ..."
}

main() {
    case ${1-} in
        machine) check_machine; guard_machine ;;
        secrets) place_secrets ;;
        release) release ;;
        check) check ;;
        renew) renew ;;
        down) take_down "$2" ;;
        *) die "site-apply: expected machine, secrets, release, check, renew or down, found '${1-}'." ;;
    esac
}

# ---- the machine

check_machine() {
    command -v docker >/dev/null ||
        die "Docker is not installed on this machine. Install it, for instance by: sudo apt-get install docker.io docker-compose (https://docs.docker.com/get-docker elsewhere). Then run pulumi up again."
    # A remote engine has none of this machine's folders.
    engine=$(docker context inspect --format '{{.Endpoints.docker.Host}}' 2>/dev/null || :)
    case $engine in
        tcp://127.* | tcp://localhost:* | tcp://'[::1]':*) ;;
        tcp://* | ssh://* | http://* | https://*)
            die "Docker's client uses the engine of another machine ($engine), which cannot run a site of this one. Nothing was changed. Choose this machine's engine (unset DOCKER_HOST DOCKER_CONTEXT; docker context use default), and run pulumi up again."
            ;;
    esac
    if ! answer=$(within "$engine_within" docker info --format '{{.ServerVersion}}' 2>&1); then
        case $answer in
            '') die "Docker's engine has not answered for $engine_within seconds. Restart it (sudo systemctl restart docker; Docker Desktop elsewhere), or the machine, and run pulumi up again." ;;
            *"permission denied"*) die "This user may not talk to Docker. Let it: sudo usermod -aG docker $(id -un), sign in anew, and run pulumi up again." ;;
            *) die "Docker is installed, but its engine does not run. Start it: sudo systemctl start docker (Docker Desktop elsewhere), and run pulumi up again. Docker says: $(printf '%s' "$answer" | tail -n 1)" ;;
        esac
    fi
    docker compose version >/dev/null 2>&1 ||
        die "Docker's Compose plugin (version 2) is missing on this machine. Install it: sudo apt-get install docker-compose (Debian 13) or docker-compose-plugin (Docker's own packages), and run pulumi up again."
}

am_root() { [ "$(id -u)" = 0 ]; }

# Two checkouts with the same stack name would take each other's containers for their own.
check_owner() {
    other=$(other_owner)
    [ -z "$other" ] ||
        die "This machine already runs a site named $project, released from another folder ($other). Nothing was changed. Take that one down there first: npm stop"
}

# The folder from which the project's containers were released, if it is another one. A checkout that was moved is no other.
other_owner() {
    docker ps --all --filter "label=com.docker.compose.project=$project" --format '{{.Label "com.docker.compose.project.working_dir"}}' |
        while read -r folder; do
            case $folder in "$root"/*) continue ;; esac
            is_gone "${folder%/*}" || echo "${folder%%/.state/*}"
        done | head -n 1
}

# is_gone PATH: nothing is there; a folder that this user may not look into could still hold it.
is_gone() {
    [ ! -e "$1" ] || return 1
    around=${1%/*}
    until [ -d "$around/" ]; do around=${around%/*}; done
    [ -x "$around/" ]
}

# A stack or project that was renamed would start a second site beside the one that runs from this folder.
check_name() {
    former=$(header "$root/current" project 2>/dev/null || :)
    case $former in '' | "$project") return 0 ;; esac
    die "The site in $root runs as $former and would become $project: its stack or project was renamed, or another stack has the same machine. Nothing was changed. Take it down under its earlier name, its data stay: ${SUDO_USER:+sudo }sh '$root/bin/site-apply' down $former. Then run pulumi up again."
}

# Names the bridges of the site's networks to the firewall of a machine that provision.sh has made ready: what comes from there
# reaches nothing that the machine itself listens with. Compose has made the networks when the files have been checked, so
# that this is done before the first container runs on one; the file is for the next boot.
guard_machine() {
    if ! am_root || ! nft list set inet jupyter_up bridges >/dev/null 2>&1; then return 0; fi
    if [ -z "${project-}" ]; then
        [ -L "$root/current" ] || return 0
        project=$(header "$root/current" project)
    fi
    bridges=$(docker network ls --filter "label=com.docker.compose.project=$project" --format '"br-{{.ID}}",')
    mkdir -p "$root/etc"
    {
        echo "flush set inet jupyter_up bridges"
        [ -z "$bridges" ] || echo "add element inet jupyter_up bridges {" "$bridges" "}"
    } >"$root/etc/bridges.new"
    words=$(nft -f "$root/etc/bridges.new" 2>&1) ||
        die "The firewall did not take the names of the site's networks, and containers could reach what this machine listens with. Look at it (sudo nft list table inet jupyter_up), and run pulumi up again. It says: $(printf '%s' "$words" | head -n 1)"
    mv "$root/etc/bridges.new" "$root/etc/bridges.nft"
}

# ---- one at a time

# The kernel's own number where there is one: what ps tells depends on time zone and language, and moves with the clock.
started_at() {
    if [ -r "/proc/$1/stat" ]; then
        sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -d ' ' -f 20
    else
        TZ=UTC ps -o lstart= -p "$1" 2>/dev/null | tr -d ' :'
    fi
}

# Two locks. The kernel's (flock, on the folder itself) goes with its holder; macOS has none. The other one is a link whose text
# is the holder's process and when that began: made at once or not at all, and known as left behind when no such process is
# there. The link is made in any case, because an earlier version of this program knows no other lock.
take_lock() {
    mine="$$-$(started_at $$)"
    waiting
    if command -v flock >/dev/null; then
        exec 9<"$root"
        # 1: somebody else holds it. Anything else: this file system has no such locks.
        until flock -n 9 || [ $? -ne 1 ]; do wait_for_turn; done
    fi
    until ln -s "$mine" "$root/lock" 2>/dev/null; do
        holder=$(readlink "$root/lock" || :)
        if [ -z "$holder" ]; then require_links; fi
        if is_left_behind "$holder"; then remove_lock_of "$holder"; else wait_for_turn; fi
    done
    trap 'rm -rf "$root/incoming"; rm -f "${incoming_text-}"; [ "$(readlink "$root/lock")" != "$mine" ] || rm -f "$root/lock"' EXIT
    # 2048 blocks of 512 bytes. One old log is kept.
    [ -z "$(find "$log" -size +2048 2>/dev/null)" ] || mv "$log" "$log.old"
}

# Without one, taking the lock would fail until it is given up.
require_links() {
    words=$(ln -sf lock "$root/lock.test" 2>&1) ||
        die "No symbolic link can be made in $root, and a release needs them: the disk is full or read-only, or its file system has none (FAT, exFAT). Nothing was changed. Free the disk or move the checkout to another one, and run the command again. ln says: $words"
    rm -f "$root/lock.test"
}

wait_for_turn() {
    holder=$(readlink "$root/lock" || :)
    [ "$(($(date +%s) - waiting_since))" -lt "$turn_within" ] ||
        die "Another release is still under way on this machine (process ${holder%%-*}). Wait for it to end, and run pulumi up again."
    still "Waiting for another release on this machine"
    sleep 1
}

is_left_behind() { [ -n "$1" ] && [ "$1" != "${1%%-*}-$(started_at "${1%%-*}")" ]; }

# Two that wait may both have read the link that was left behind: the slower one would remove the lock of the faster one. So
# it is read again where only one of them is at a time.
remove_lock_of() {
    if mkdir "$root/lock.removing" 2>/dev/null; then
        [ "$(readlink "$root/lock" || :)" != "$1" ] || rm -f "$root/lock"
        rmdir "$root/lock.removing"
    else
        # It is there for milliseconds, unless its maker was killed.
        find "$root" -maxdepth 1 -name lock.removing -mmin +1 -exec rmdir {} + 2>/dev/null || :
        wait_for_turn
    fi
}

# ---- what arrives

# All of standard input, before the lock is taken: whoever lost the connection must not wait here and hold it.
receive() {
    find "$root" -maxdepth 1 -name 'arriving.*' -mmin +60 -exec rm -f {} +
    incoming_text=$(mktemp "$root/arriving.XXXXXX" 2>/dev/null) || refuse_full_disk
    trap 'rm -f "$incoming_text"' EXIT
    reason=
    within "$arrives_within" cat >"$incoming_text" 2>/dev/null && arrived=0 || arrived=$?
    case $arrived in
        0) ;;
        124) reason="its end did not come within $arrives_within seconds" ;;
        *) refuse_full_disk ;;
    esac
    take_lock
    rm -rf "$root/incoming"
    mkdir "$root/incoming"
    if [ -z "$reason" ]; then
        reason=$(cd "$root/incoming" && unpack <"$incoming_text") || reason=${reason:-it could not be unpacked}
    fi
    rm -f "$incoming_text"
    [ -z "$reason" ] || die "The release did not arrive whole ($reason). Nothing was changed. Run pulumi up again."
    while read -r mode path; do chmod "$mode" "$root/incoming/$path"; done <"$root/incoming/.modes"
}

refuse_full_disk() {
    die "The release could not be written to $root: the disk is full, or cannot be written to. Nothing was changed. Free some space (df -h shows which disk is full; docker image prune --all removes each image that no container uses), and run pulumi up again."
}

# Writes the files of the text (see files/release/archive.ts) into this folder, its other lines into .header, modes into .modes.
unpack() {
    : >.modes
    : >.header
    awk '
        function refuse(why) { refused = why; exit 1 }
        finished { refuse("something follows the end") }
        /^\|/ { if (path == "") refuse("line " NR " belongs to no file"); print substr($0, 2) >path; next }
        path != "" { close(path); path = "" }
        $1 == "file" {
            path = $2
            if (NF != 3 || path !~ /^[A-Za-z0-9][A-Za-z0-9._-]*(\/[A-Za-z0-9][A-Za-z0-9._-]*)*$/ || $3 !~ /^0[0-7][0-7][0-7]$/) refuse("line " NR " names no file")
            folder = path
            if (sub(/\/[^\/]*$/, "", folder)) system("mkdir -p " folder)
            printf "" >path
            print $3, path >".modes"
            files++
            next
        }
        $1 == "end" { if ($2 != files + 0) refuse("there are " files + 0 " files instead of " $2); finished = 1; next }
        files { refuse("line " NR " is not understood") }
        { print >".header" }
        END {
            if (refused == "" && !finished) refused = "the end is missing"
            if (refused != "") { print refused; exit 1 }
        }'
}

# header FOLDER WORD: what follows the word in the header lines that begin with it.
header() { sed -n "s/^$2 //p" "$1/.header"; }

# Puts one service's folder in its place. A folder of that content that is there already is written over, not replaced:
# a running container holds it.
place() {
    if [ -d "$2" ]; then cp -Rp "$1/." "$2/"; else mv "$1" "$2"; fi
}

# ---- secrets

place_secrets() {
    receive
    mkdir -p "$root/secrets"
    header "$root/incoming" owner >"$root/incoming/.owners"
    while read -r service owner; do
        mkdir -p "$root/secrets/$service"
        # Whoever runs the service has to get to its own folder; only it may read there.
        chmod 711 "$root/secrets/$service"
        for folder in "$root/incoming/$service"/*; do
            if am_root; then chown -R "$owner" "$folder"; fi
            place "$folder" "$root/secrets/$service/${folder##*/}"
        done
    done <"$root/incoming/.owners"
}

# ---- release

release() {
    check_machine
    receive
    new=$root/incoming
    project=$(header "$new" project)
    id=$(header "$new" release)
    previous=$(readlink "$root/current" 2>/dev/null || :)
    check_owner
    check_name

    # Nothing below changes the running site until `switch_to`.
    place_files
    check_compose
    check_ports
    pull_images
    renew_images
    make_folders
    have_certificate
    check_files
    keep_release
    announce
    guard_machine
    switch_to "releases/$id"
    images_before=
    if start || { put_images_back && start; }; then
        guard_machine
        place_units
        forget_old
        end_removed
        in_services afterwards || :
        purge
        [ -z "$images_before" ] || refuse_renewal
        forget_images
        forget_pulled
        [ -z "$broken" ] ||
            die "Release $id is in use, and$broken does not run, which going back would not change: see above what it says. Fix the cause (files in the home directory, for Jupyter), and run pulumi up again."
        say "Release $id is running."
        return
    fi
    go_back
    end_removed
    exit 1
}

# in_release FOLDER ARGUMENTS...: docker compose for the release in that folder; within a time, where `limit` says so.
in_release() {
    folder=$1
    shift
    # shellcheck disable=SC2086 # nothing, or the words of a command
    ${limit-} docker compose --project-name "$project" --project-directory "$folder" --file "$folder/compose.yaml" "$@"
}

place_files() {
    for folder in "$new"/*/*; do
        [ -d "$folder" ] || continue
        service=${folder%/*}
        service=${service##*/}
        mkdir -p "$root/files/$service"
        chmod 755 "$root/files" "$root/files/$service"
        find "$folder" -type d -exec chmod 755 {} +
        place "$folder" "$root/files/$service/${folder##*/}"
    done
}

check_compose() {
    words=$(in_release "$new" config --quiet 2>&1) ||
        die "The generated compose.yaml is not valid, which is a fault of this program. Nothing was changed. Docker says: $(printf '%s' "$words" | tail -n 1)"
}

# Who listens where the site needs to, if it is not the site itself.
check_ports() {
    header "$new" port >"$new/.ports"
    while read -r setting address port; do
        [ -z "$(docker ps --quiet --filter "label=com.docker.compose.project=$project" --filter "publish=$port")" ] || continue
        who=$(listener "$address" "$port")
        [ -n "$who" ] || continue
        # Where the world comes in, the ports are the world's.
        case $setting in
            -) mend="Stop that" ;;
            *) mend="Stop that, or give the site another port (pulumi config set $setting $((port < 64000 ? port + 1000 : port - 1000)))" ;;
        esac
        die "Port $port is taken on this machine, by $who. Nothing was changed. $mend, and run pulumi up again."
    done <"$new/.ports"
}

# listener ADDRESS PORT: the container or process that listens there or on all addresses, in words; nothing when it is free.
# Of all addresses (0.0.0.0), any one is enough.
listener() {
    case $1 in 0.0.0.0) there='[0-9.]+' ;; *) there=$1 ;; esac
    container=$(docker ps --filter "publish=$2" --format '{{.Names}} {{.Ports}}' | grep -E "[ ,](${there}|0\.0\.0\.0|\[?::\]?):$2->" | head -n 1 | cut -d ' ' -f 1)
    if [ -n "$container" ]; then
        echo "the container $container"
    elif command -v ss >/dev/null; then
        # Fourth column: the local address; the rest: users:(("node",pid=123,fd=20))
        ss -Hltnp "sport = :$2" | awk -v address="$1" -v port="$2" '
            address == "0.0.0.0" || $4 == address ":" port || $4 == "0.0.0.0:" port || $4 == "*:" port || $4 == "[::]:" port {
                who = "another program"
                if (split($0, part, /[",=]/) > 4) who = part[2] " (process " part[5] ")"
                print who
                exit
            }'
    elif command -v lsof >/dev/null; then
        # One field a line: p process, c command, n local address.
        lsof -nP -iTCP:"$2" -sTCP:LISTEN -Fpcn 2>/dev/null | awk -v address="$1" -v port="$2" '
            /^p/ { process = substr($0, 2) }
            /^c/ { command = substr($0, 2) }
            $0 == "n" address ":" port || $0 == "n*:" port { print command " (process " process ")"; exit }'
    fi
}

missing_images() {
    header "$new" image | while read -r reference mib setting; do
        docker image inspect "$reference" >/dev/null 2>&1 || echo "$reference $mib $setting"
    done
}

# Before anything is pulled: a disk that fills up half-way takes the running site down with it.
pull_images() {
    missing=$(missing_images)
    [ -n "$missing" ] || return 0
    need=$(printf '%s\n' "$missing" | awk '{ sum += $2 } END { print sum + 300 }')
    free=$(free_at_docker)
    [ "$free" -ge "$need" ] ||
        die "The disk is too full: the new images need $need MiB, and $free MiB are free at $(docker info --format '{{.DockerRootDir}}'). Nothing was changed. Free $((need - free)) MiB (docker image prune --all removes each image that no container uses; docker system df shows what Docker holds), and run pulumi up again."
    printf '%s\n' "$missing" | while read -r reference mib setting; do
        say "Pulling $reference ($mib MiB unpacked) ..."
        pull "$reference" "$mib" "$pulled_within" || :
        [ "$pulled" -ne 124 ] ||
            die "The image $reference did not arrive within $((pulled_within / 60)) minutes. Nothing was changed. What has arrived is kept: see that this machine reaches the registry, and run pulumi up again."
        [ "$pulled" = 0 ] ||
            die "The image $reference could not be pulled. Nothing was changed. Check its name and tag (${setting:-pulumi config}), and this machine's way to the registry; then run pulumi up again. Docker says: $(printf '%s' "$words" | tail -n 1)"
        # The images that are the site's to remove; see forget_pulled.
        echo "$reference" >>"$root/pulled"
    done
}

# pull REFERENCE MIB SECONDS: what Docker says is in `words`. Not with the lock (9), which would stay with a pull that outlives
# this program.
pull() {
    free_before=$(free_at_docker)
    tell_arrival "$1" "$2" 9>&- &
    teller=$!
    words=$(within "$3" docker pull --quiet "$1" </dev/null 2>&1 9>&-) && pulled=0 || pulled=$?
    kill "$teller" 2>/dev/null || :
    wait "$teller" 2>/dev/null || :
    return "$pulled"
}

# tell_arrival REFERENCE MIB: says each minute how much of it has arrived, as far as the disk tells, while this program is there.
tell_arrival() {
    waiting
    while kill -0 $$ 2>/dev/null && sleep 1 >/dev/null 2>&1; do
        is_time_to_say || continue
        arrived=$((free_before - $(free_at_docker)))
        [ "$arrived" -lt "$2" ] || arrived=$2
        [ "$arrived" -gt 0 ] && so_far=": about $arrived of $2 MiB" || so_far=
        still "Pulling $1" "$so_far"
    done
}

# MiB that images may take; plenty where Docker has a machine of its own, whose disk nobody sees from here.
free_at_docker() {
    disk=$(docker info --format '{{.DockerRootDir}}')
    if [ -d "$disk" ]; then df -Pk "$disk" | awk 'NR == 2 { print int($4 / 1024) }'; else echo 1000000; fi
}

# Looks up where the tags that move lead by now; an image that differs makes its service's container anew. `docker pull` is the
# question as well: it fetches a few kilobytes when nothing has changed. Without an answer the image that is here is run.
renew_images() {
    header "$new" floating >"$new/.floating"
    images_in_use >"$new/.in-use"
    : >"$new/.renewed"
    silent=
    while read -r reference _; do
        registry=${reference%%/*}
        case " $silent " in *" $registry "*) continue ;; esac
        # What was just pulled needs no other look.
        [ -z "$(printf '%s\n' "$missing" | awk -v image="$reference" '$1 == image')" ] || continue
        old=$(awk -v image="$reference" '$1 == image { print $2; exit }' "$new/.in-use")
        old=${old:-$(image_id "$reference")}
        mib=$(header "$new" image | awk -v image="$reference" '$1 == image { print $2 + 300 }')
        if [ "$(free_at_docker)" -lt "$mib" ]; then
            say "$reference was not looked up: there may be a newer image, and less than $mib MiB are free for it (docker system df shows what Docker holds). The one that is here is run."
            continue
        fi
        pull "$reference" "$((mib - 300))" "$renewed_within" || {
            words=$(printf '%s' "${words:-no answer within $renewed_within seconds}" | tail -n 1)
            say "$reference could not be looked up; the image that is here is run. Docker says: $words"
            # A registry that does not answer is not asked again.
            case $words in *'not found'* | *'manifest unknown'* | *denied* | *unauthorized*) ;; *) silent="$silent $registry" ;; esac
        }
        now=$(image_id "$reference")
        [ "$now" != "$old" ] || continue
        say "$reference is now $(about_image "$now"), it was $(about_image "$old")."
        echo "$reference $old" >>"$new/.renewed"
    done <"$new/.floating"
}

# Which image each container of the site was made of: TAG ID. A run that was cut off may have moved the tag already.
images_in_use() {
    for container in $(docker ps --all --quiet --filter "label=com.docker.compose.project=$project"); do
        docker inspect --format '{{.Config.Image}} {{index .Config.Labels "com.docker.compose.image"}}' "$container"
    done
}

image_id() { docker image inspect --format '{{.Id}}' "$1" 2>/dev/null; }
version_of() { docker image inspect --format '{{with .Config.Labels}}{{index . "org.opencontainers.image.version"}}{{end}}' "$1"; }
digest_of() { docker image inspect --format '{{range .RepoDigests}}{{println .}}{{end}}' "$1" | sed -n 's/.*@//p' | head -n 1; }

# about_image ID: version, if it tells one, and digest in short.
about_image() {
    version=$(version_of "$1")
    echo "${version:+$version, }$(digest_of "$1" | cut -c 1-19)"
}

# is_renewed CONTAINER: its tag leads to another image by now, so that Compose makes it anew.
is_renewed() {
    tag=$(docker inspect --format '{{.Config.Image}}' "$1")
    [ "$(docker inspect --format '{{index .Config.Labels "com.docker.compose.image"}}' "$1")" != "$(image_id "$tag")" ]
}

# Tags lead to the images before again; fails when none was renewed.
put_images_back() {
    [ -s "$new/.renewed" ] || return 1
    say "It is tried once more with the images before."
    while read -r reference old; do docker tag "$old" "$reference"; done <"$new/.renewed"
    images_before=yes
}

# The release runs, so that whoever was taken off the list is out; only the new images do not.
refuse_renewal() {
    say "Release $id is running, but not with the images that were renewed. To stay with one before until there is a newer one, and then run pulumi up again:"
    while read -r reference old; do
        pin=$(header "$root/current" floating | awk -v image="$reference" '$1 == image { sub(/^[^ ]* /, ""); print }')
        version=$(version_of "$old")
        say "    $(printf '%s' "$pin" | sed "s/{digest}/$(digest_of "$old")/; s/{version}/${version:-VERSION}/")"
    done <"$new/.renewed"
    exit 1
}

# Those that were replaced, unless something else on this machine uses them or another tag leads to them.
forget_images() {
    while read -r reference old; do
        [ -n "$(docker image inspect --format '{{range .RepoTags}}{{.}}{{end}}' "$old" 2>/dev/null)" ] ||
            docker image rm "$old" >/dev/null 2>&1 || :
    done <"$new/.renewed"
}

# Those that releases pulled, and that neither the running one nor the one before it names. One that was here before the site
# is somebody else's, and so is one that a container is made of; Docker itself removes no image that is in use.
forget_pulled() {
    [ -s "$root/pulled" ] || return 0
    for folder in "$root/current" "$root/previous"; do [ ! -e "$folder/.header" ] || header "$folder" image; done | sed 's/ .*//' >"$new/.wanted"
    docker ps --all --format '{{.Image}}' >>"$new/.wanted"
    : >"$new/.kept"
    sort -u "$root/pulled" | while read -r reference; do
        # Not there any more: removed by hand.
        docker image inspect "$reference" >/dev/null 2>&1 || continue
        if ! grep -qxF "$reference" "$new/.wanted" && docker image rm "$reference" >/dev/null 2>&1; then
            say "The image $reference was removed: no release names it any more."
        else
            echo "$reference" >>"$new/.kept"
        fi
    done
    mv "$new/.kept" "$root/pulled"
}

# Folders of data are made, and given to whoever writes there; what is in them is never touched.
make_folders() {
    header "$new" folder >"$new/.folders"
    while read -r owner folder; do
        case $owner in *[!0-9:]*)
            make_folder_for "$owner" "$folder"
            continue
            ;;
        esac
        [ -d "$folder" ] || (umask 022 && mkdir -p "$folder") ||
            die "The folder $folder cannot be made by $(id -un). Nothing was changed. Name another one (pulumi config set notebooks ~/notebooks), and run pulumi up again."
        if ! am_root; then
            # A notebook runs as this user and may have closed the folder, which must not hold up a release.
            [ -w "$folder" ] || chmod u+rwx "$folder" 2>/dev/null ||
                die "The folder $folder cannot be written to by $(id -un), so nothing could be saved. Nothing was changed. Give it to them: sudo chown -R $(id -un) '$folder', or name another one (pulumi config set notebooks ~/notebooks); then run pulumi up again."
            continue
        fi
        [ "$(owner_of "$folder")" = "${owner%:*}" ] && continue
        # Empty but for the folder that the next one is mounted on.
        [ -z "$(find -H "$folder" -mindepth 1 ! -type d | head -n 1)" ] ||
            die "The folder $folder belongs to another user than the one who writes there (number ${owner%:*}), so nothing could be saved. Nothing was changed. Give it to them: chown -R $owner '$folder', and run pulumi up again."
        chown "$owner" "$folder"
    done <"$new/.folders"
    make_inner_folders
}

# make_folder_for IMAGE FOLDER: the image is one that nobody here knows, and so is its user.
make_folder_for() {
    for place in "${2%/*}" "$2"; do
        [ ! -L "$place" ] ||
            die "$place is a link, and no link is followed to an app's data. Nothing was changed. Put the folder itself there (mv), or mount it there (mount --bind), and run pulumi up again."
    done
    move_earlier "$2"
    [ -d "$2" ] || (umask 022 && mkdir -p "$2") ||
        die "The folder $2 cannot be made by $(id -un). Nothing was changed. Give it the room it needs, and run pulumi up again."
    # What lies in it, its app has made; so has the app one that cannot be looked into, of which `find` complains. One that is
    # still ours was never given to an image with a user of its own: earlier versions did not when another volume lay in it.
    filled=$(find "$2" -mindepth 1 2>&1 | head -n 1)
    if [ -n "$filled" ] && [ "$(owner_of "$2")" != "$(id -u)" ]; then return; fi
    owner=$(user_of "$1")
    if [ -n "$filled" ] && [ "${owner%:*}" = "$(id -u)" ]; then return; fi
    as_root "$2" chown "$owner" . ||
        die "The folder $2 could not be given to the user of the image $1. Nothing was changed. Run pulumi up again."
}

# move_earlier FOLDER: earlier versions of this program had the volume /var/lib/x in var/lib/x of the app's folder, and not in
# var~lib~x. It is moved by one rename, and a link stays for the running release, which may have to be gone back to.
move_earlier() {
    volume=${1##*/}
    earlier=$(printf '%s' "$volume" | tr '~' /)
    [ "$earlier" != "$volume" ] || return 0
    app_folder=${1%/*}
    if [ ! -e "$1" ] && is_real "$earlier" && ! mounted_folders | any_around "$app_folder/$earlier"; then
        as_root "$app_folder" mv "$earlier" "$volume" </dev/null ||
            die "The folder $app_folder/$earlier could not be moved to $1. Nothing was changed. Run pulumi up again."
    fi
    # Also when a run before was killed between the two.
    if [ -d "$1" ] && [ ! -e "$app_folder/$earlier" ] && mounted_folders | any_is "$app_folder/$earlier"; then
        as_root "$app_folder" ln -s "$(printf '%s' "${earlier%/*}/" | sed 's,[^/]*/,../,g')$volume" "$earlier" </dev/null
    fi
}

# is_real PATH: it is a folder in the app's folder, and there is no link on the way to it.
is_real() {
    [ -d "$app_folder/$1" ] && [ ! -L "$app_folder/$1" ] &&
        [ "$(cd "$app_folder/${1%/*}" && pwd -P)" = "$(cd "$app_folder" && pwd -P)/${1%/*}" ]
}

# Folders of the running release, and those that containers of the site have.
mounted_folders() {
    [ ! -e "$root/current/.header" ] || header "$root/current" folder | sed 's/^[^ ]* //'
    for container in $(docker ps --all --quiet --filter "label=com.docker.compose.project=$project"); do
        docker inspect --format '{{range .Mounts}}{{println .Source}}{{end}}' "$container"
    done
}

# any_around FOLDER: one of the folders that come in has this one in it. Whoever has that one could make a link of this one at
# any moment.
any_around() { awk -v folder="$1" '$0 != "" && index(folder, $0 "/") == 1 { found = 1 } END { exit !found }'; }
any_is() { awk -v folder="$1" '$0 == folder { found = 1 } END { exit !found }'; }

# Folders in folders of apps. Made by the image's user in a container that has nothing else of this machine, because an app
# can make a link of anything that lies in a folder of its own.
make_inner_folders() {
    header "$new" inner >"$new/.inner"
    while read -r image path folder; do
        [ -d "$folder/$path" ] ||
            docker run --rm --network none --user "$(user_of "$image")" --mount "$(mount_of "$folder")" \
                --workdir /folder --entrypoint mkdir "$(first_image)" -p "$path" </dev/null >/dev/null 2>&1 || :
    done <"$new/.inner"
}

# user_of IMAGE: number of user and group that its process begins as. They are read off the image's files, which need not
# have any program that tells them.
user_of() {
    user=$(docker image inspect --format '{{.Config.User}}' "$1")
    case $user in '' | 0 | root | 0:0 | root:root) echo 0:0 && return ;; esac
    asked=$(docker create --network none "$1" none)
    for file in passwd group; do docker cp --follow-link "$asked:/etc/$file" - 2>/dev/null | tar -xOf - 2>/dev/null || :; done |
        awk -F : -v user="$user" '
            BEGIN { parts = split(user, part, ":") }
            NF == 7 && ($1 == part[1] || $3 == part[1]) && uid == "" { uid = $3; gid = $4 }
            NF == 4 && parts == 2 && $1 == part[2] { part[2] = $3 }
            END { print (uid == "" ? part[1] : uid) ":" (parts == 2 ? part[2] : gid == "" ? 0 : gid) }'
    docker rm --volumes "$asked" >/dev/null
}

# as_root FOLDER COMMAND...: in the folder, with the rights that whoever may talk to Docker has by a container.
as_root() {
    where=$1
    command=$2
    shift 2
    if am_root; then
        # shellcheck disable=SC2086 # nothing, or the words of a command
        (cd "$where" && ${limit-} "$command" "$@")
    else
        # shellcheck disable=SC2086 # nothing, or the words of a command
        ${limit-} docker run --rm --network none --user 0:0 --mount "$(mount_of "$where")" --workdir /folder \
            --entrypoint "$command" "$(first_image)" "$@"
    fi
}

# mount_of FOLDER: the value of --mount, a line of CSV.
mount_of() { printf 'type=bind,"source=%s",target=/folder' "$(printf '%s' "$1" | sed 's/"/""/g')"; }

# The site's first image, for a command that needs no program of another one.
first_image() { header "$new" image | sed 's/ .*//;1q'; }

# A link stands for what it leads to.
owner_of() { find -H "$1" -prune -exec ls -ldnL {} + | awk '{ print $3 }'; }

# ---- the certificate that this machine gets by itself

# certificate_of RELEASE: what is said there of such a certificate; fails when nothing is.
certificate_of() {
    read -r asker certificate reader reader_owner store <<end
$(header "$1" certificate)
end
    [ -n "$asker" ]
}

# A release costs nothing while the timer gets its answers.
have_certificate() {
    certificate_of "$new" || return 0
    if ! [ -f "$store/certificates/$certificate.pem" ]; then
        say "Getting a certificate: this takes about a minute ..."
        ask_for_certificate "$new" || {
            leave_no_network
            die "No certificate could be got for the site's names. Nothing was changed. $reason"
        }
    elif [ -z "$(find "$store/$certificate.asked" -mtime -2 2>/dev/null)" ]; then
        ask_for_certificate "$new" || say "The certificate could not be renewed; the present one stays in use. $reason"
    fi
    place_certificate || :
}

# ask_for_certificate RELEASE: the client itself knows whether there is anything to do, and asks the server besides. When it
# fails, `reason` says why, and what to do.
ask_for_certificate() {
    # What a run that was cut off has left half written would be taken for whole: the client writes its .json last.
    [ -z "$(find "$store/certificates/$certificate.crt" -newer "$store/certificates/$certificate.json" 2>/dev/null)" ] ||
        rm -f "$store/certificates/$certificate".*
    words=$(limit="timeout -k 10 $certificate_within" in_release "$1" --profile certificates run --rm --no-deps -T "$asker" </dev/null 2>&1) && code=0 || code=$?
    # Compose that is stopped by force leaves its container behind.
    for container in $(containers_of "$asker"); do docker rm --force "$container" >/dev/null; done
    case $code in
        0)
            touch "$store/$certificate.asked"
            return
            ;;
        124 | 137) said="nothing for $((certificate_within / 60)) minutes" ;;
        *) said=$(printf '%s\n' "$words" | why_not) ;;
    esac
    case $said in
        *'access token'* | *'Authentication error'* | *'request headers'* | *'zone could not be found'*)
            mend="Give it a token that may read the zone and edit its DNS (pulumi config set --secret cloudflare:apiToken TOKEN), and run pulumi up again."
            ;;
        *'start of authority'*) mend="The world's DNS does not know the domain: see that its name servers are Cloudflare's, and run pulumi up again." ;;
        *rateLimited*) mend="Wait until the time that it names, and run pulumi up again." ;;
        *'communicate with the API server'* | 'nothing for '*) mend="See that this machine reaches it and Cloudflare (curl), and run pulumi up again." ;;
        *) mend="Mend that, and run pulumi up again." ;;
    esac
    reason="$asker says: $said. $mend"
    return 1
}

# What the client's log says of the first name that something is wrong with, or else the last line of all.
why_not() {
    sed -n '
        s/\\"/"/g
        s/.*one or more domains had a problem: \[//
        s/dns01: error presenting token ([^)]*): //
        s/.*level=ERROR.* error="//
        s/"$//
        s/\] \[.*//
        $p' | cut -c1-160
}

# Puts the certificate where its reader finds it; fails when it lies there already. Chain and key are one file, so that
# nobody ever reads one of them with another's other half.
place_certificate() {
    from=$store/certificates/$certificate.pem
    folder=$root/secrets/$reader/$certificate
    ! cmp -s "$from" "$folder/tls.pem" || return
    mkdir -p "$folder"
    cp "$from" "$folder/tls.pem.new"
    if am_root; then chown -R "$reader_owner" "$folder"; fi
    mv "$folder/tls.pem.new" "$folder/tls.pem"
    # What its container has loaded is not all of it any more; see `reload`.
    rm -f "$root/files/$reader/.loaded"
}

renew() {
    check_machine
    take_lock
    if ! [ -L "$root/current" ] || ! certificate_of "$root/current"; then
        die "There is no certificate to renew here: no site that gets its own is running."
    fi
    project=$(header "$root/current" project)
    ask_for_certificate "$root/current" || die "The certificate could not be renewed; the present one stays in use. $reason"
    if place_certificate; then
        before=$(docker ps --quiet --filter "label=com.docker.compose.project=$project")
        reload || exit 1
        say "The certificate was renewed, and is in use."
    else
        say "The certificate needs no renewal yet."
    fi
}

# Every service that can check its own files has a container of its own for it (profile "check").
check_files() {
    for service in $(in_release "$new" --profile check config --services | grep -- '-check$' || :); do
        words=$(limit="within $checked_within" in_release "$new" --profile check run --rm --no-deps -T "$service" </dev/null 2>&1) || {
            [ $? -ne 124 ] || words="Error response from daemon: no answer within $checked_within seconds"
            for container in $(containers_of "$service"); do docker rm --force "$container" >/dev/null || :; done
            leave_no_network
            words=$(printf '%s' "$words" | grep -v '^ *\(Container\|Network\)' | tail -n 2 | tr '\n' ' ')
            die "$(why_unchecked "${service%-check}")"
        }
    done
}

# Either the service has read its files, or Docker could not start it for that.
why_unchecked() {
    case $words in
        *'non-overlapping IPv4 address pool'* | *'address pools have been fully subnetted'*)
            echo "Docker has no range of addresses left for another network. Nothing was changed. Remove the networks that nothing uses (docker network prune), or give Docker more ranges (default-address-pools in /etc/docker/daemon.json), and run pulumi up again. Docker says: $words"
            ;;
        *'no space left on device'*)
            echo "The disk is full, so the files of $1 could not be checked. Nothing was changed. Free some space (docker image prune --all removes each image that no container uses; docker system df shows what Docker holds), and run pulumi up again. Docker says: $words"
            ;;
        *'Error response from daemon'* | *'annot connect to the Docker daemon'* | *'error during connect'*)
            echo "Docker could not start $1 to check its files. Nothing was changed. Fix the cause, and run pulumi up again. Docker says: $words"
            ;;
        *) echo "$1 refuses its new files, which is a fault of this program. Nothing was changed. It says: $words" ;;
    esac
}

# Compose has made the networks by now. Where no site runs yet, nothing is left of it; otherwise the running release's stay.
leave_no_network() {
    if [ -n "$previous" ]; then
        forget_networks >/dev/null 2>&1 || :
    else
        in_release "$new" --profile check --profile certificates down >/dev/null 2>&1 </dev/null || :
    fi
}

keep_release() {
    mkdir -p "$root/releases/$id"
    cp "$new/compose.yaml" "$new/.header" "$root/releases/$id/"
}

containers_of() { docker ps --all --quiet --filter "label=com.docker.compose.project=$project" --filter "label=com.docker.compose.service=$1"; }

# Says which services get a new container, and what that ends.
announce() {
    # Compose reckons a service with what stands in its env_file, and `config --hash` by itself does not.
    in_release "$new" config | docker compose --project-name "$project" --file - config --hash '*' >"$new/.hashes"
    while read -r service hash; do
        container=$(containers_of "$service" | head -n 1)
        if [ -z "$container" ]; then
            say "$service: starts"
        elif [ "$(docker inspect --format '{{index .Config.Labels "com.docker.compose.config-hash"}}' "$container")" = "$hash" ] && ! is_renewed "$container"; then
            say "$service: runs on"
        else
            kernels=$(kernels_in "$container")
            case $kernels in
                0) say "$service: starts anew" ;;
                *) say "$service: starts anew; its running kernels end ($kernels), notebooks stay as they were saved" ;;
            esac
        fi
    done <"$new/.hashes"
}

# How many kernels run in a container.
kernels_in() { within "$answer_within" docker top "$1" 2>/dev/null | grep -c '[i]pykernel_launcher' || :; }

# Points everything at a release: the link `current`, and the one of each service that reads its files again by itself.
switch_to() {
    link "$1" "$root/current"
    header "$root/$1" reload >"$root/current/.reload"
    while read -r service files _; do
        # What a rollback has made of them; see keep_lists.
        [ ! -d "$root/files/$service/$files.$id" ] || files=$files.$id
        link "$files" "$root/files/$service/current"
    done <"$root/current/.reload"
    header "$root/$1" secrets >"$root/current/.secrets"
    while read -r service files; do
        link "$files" "$root/secrets/$service/current"
    done <"$root/current/.secrets"
}

# Has each of those services read what it does not hold yet. What it holds is written down, because a reload that changes
# nothing would still close every open WebSocket. By a command in the container, and not by `docker kill`, whatever the
# signal: Docker takes that for a stop by hand, and leaves the container down after the next boot.
reload() {
    while read -r service _ words; do
        loaded=$root/files/$service/.loaded
        files=$(readlink "$root/files/$service/current")
        container=$(containers_of "$service")
        [ "$(cat "$loaded" 2>/dev/null || :)" != "$files $container" ] || continue
        case $before in *"$container"*)
            # shellcheck disable=SC2086 # the words of a command; see Service.reload in files/site/service.ts
            within 30 docker exec "$container" $words >/dev/null 2>&1 </dev/null || { tell_why "$service" "$container" "goes on with the files that it had" && return 1; }
            ;;
        esac
        echo "$files $container" >"$loaded"
    done <"$root/current/.reload"
}

# -n, or the new link would be made inside the folder that the old one leads to.
link() { ln -sfn "$1" "$2"; }

# Brings up the current release; returns when it answers, or with the reason said and status 1.
start() {
    services=$(in_release "$root/current" config --services)
    before=$(docker ps --quiet --filter "label=com.docker.compose.project=$project")
    made_before=$(docker ps --all --quiet --filter "label=com.docker.compose.project=$project")
    left_alone=
    broken=
    failed=
    clear_half_made
    if ! words=$(limit="within $started_within" in_release "$root/current" up --detach --remove-orphans --quiet-pull --no-build --pull never </dev/null 2>&1); then
        words=$(printf '%s' "$words" | grep -v '^ *\(Container\|Network\)' | tail -n 1)
        say "The site could not be started. Docker says: ${words:-nothing, for $((started_within / 60)) minutes}"
        return 1
    fi
    brought_up=$(date +%s)
    limit_memory
    let_visitors_in || return 1
    allow_processes
    # The allow list comes before everything that depends on programs which people can change, or wear out: whoever was taken
    # off it could keep themselves on it otherwise. A name whose service is not ready yet is a page that says so.
    while read -r service _; do settle "$service" || return 1; done <"$root/current/.reload"
    reload || return 1
    # Others may need what is prepared here.
    in_services prepare || return 1
    for service in $services; do
        settle "$service" || [ $? -eq 2 ] || return 1
    done
    let_nginx_look
    ask || return 1
    forget_networks
}

# nginx looks the services' names up every 2 seconds (`resolver` in files/services/nginx/nginx.conf). Until then it answers 502 for a
# container that was made just now, and no site is up whose visitors see that.
let_nginx_look() {
    [ "$(docker ps --quiet --filter "label=com.docker.compose.project=$project")" != "$before" ] || return 0
    until [ "$(date +%s)" -gt $((brought_up + 2)) ]; do sleep 1; done
}

# What a forced end of `docker compose` leaves in the middle of recreating a service: containers that were made and never
# started, and others that bear a name of two halves. Compose would run into both.
clear_half_made() {
    docker ps --all --quiet --filter "label=com.docker.compose.project=$project" --filter status=created |
        while read -r container; do docker rm --force "$container" >/dev/null || :; done
    docker ps --all --filter "label=com.docker.compose.project=$project" --format '{{.ID}} {{.Names}}' | grep -E '^[0-9a-f]+ [0-9a-f]{12}_' |
        while read -r container name; do
            docker rename "$container" "${name#*_}" 2>/dev/null || docker rm --force "$container" >/dev/null || :
        done
}

# People can change the programs in its container as it runs: what happens there decides nothing about a release.
is_user_controlled() { header "$root/current" user-controlled | grep -qx "$1"; }

# settle SERVICE: waits until it is ready. One that does not work although the release has left it as it was is recreated:
# `docker compose up` leaves a container in a restart loop as it is. Not so where kernels run in it, which would end.
# A release does not go back because of a service that people can change and that it has left as it was, as this would not help
# it: status 2.
settle() {
    case $left_alone in *" $1 "*) return 2 ;; esac
    container=$(containers_of "$1")
    if [ -z "$container" ] || ! is_among "$container" "$made_before"; then
        if wait_ready "$1"; then return; fi
        failed=$1
        return 1
    fi
    patience=$ready_within
    if is_user_controlled "$1"; then patience=$unchanged_within; fi
    if wait_ready "$1" "$patience"; then return; fi
    if [ "$(kernels_in "$container")" = 0 ]; then
        say "$1 is recreated, because it does not work and this release has changed nothing of it."
        if recreate "$1" && brought_up=$(date +%s) && wait_ready "$1"; then return; fi
        failed=$1
        is_user_controlled "$1" || return 1
        broken="$broken $1"
    else
        say "This release has changed nothing of $1, and goes on without it. Recreate its container, which ends what runs in it: $(command_to_recreate "$1")"
    fi
    left_alone="$left_alone $1 "
    return 2
}

is_among() { case $2 in *"$1"*) ;; *) return 1 ;; esac; }

# In a shell of its own: the loops of those who call this have variables of the same names.
recreate() (
    in_release "$root/current" up --detach --no-deps --force-recreate --no-build --pull never "$1" >/dev/null 2>&1 </dev/null &&
        let_visitors_in && limit_memory && allow_processes
)

command_to_recreate() {
    echo "docker compose --project-name $project --file '$root/current/compose.yaml' up --detach --no-deps --force-recreate $1"
}

# limit_memory: a service that takes what memory there is gets what the rest does not need. The one that needs more than that then
# ends by itself (a kernel), and not with the whole machine swapping until nobody gets in. Where memory is short, so is swap: it
# is as slow as the disk. Docker changes this as a container runs, so that no release of other things ends kernels for it.
limit_memory() {
    bytes=$(docker info --format '{{.MemTotal}}')
    case $bytes in '' | *[!0-9]*) return 0 ;; esac
    machine=$((bytes / 1048576))
    header "$root/current" memory >"$root/current/.memory"
    while read -r service rest; do
        # A larger machine does more besides.
        [ "$rest" -ge $((machine / 20)) ] || rest=$((machine / 20))
        most=$((machine - rest))
        [ "$most" -ge 256 ] || most=256
        [ "$machine" -lt 2000 ] && swap=$((most + 256)) || swap=$((most * 2))
        words=$(docker update --memory "${most}m" --memory-swap "${swap}m" "$(containers_of "$service")" 2>&1) ||
            say "The memory of $service could not be limited to $most MiB. Docker says: $(printf '%s' "$words" | tail -n 1)"
    done <"$root/current/.memory"
}

# Connects services, as they run, to networks of others; see Service.visitors in files/site/service.ts.
let_visitors_in() {
    header "$root/current" visitor >"$root/current/.visitors"
    while read -r service network alias; do
        container=$(containers_of "$service")
        on=$(docker inspect --format '{{range $name, $_ := .NetworkSettings.Networks}}{{$name}} {{end}}' "$container")
        case " $on" in *" ${project}_$network "*) continue ;; esac
        words=$(docker network connect ${alias:+--alias "$alias"} "${project}_$network" "$container" 2>&1) || {
            say "$service could not be connected to the network $network. Docker says: $words"
            return 1
        }
    done <"$root/current/.visitors"
}

# Processes and threads of a service that may have more of them than its definition says, by the cores of Docker's machine; see
# Service.processesPerCore in files/site/service.ts.
allow_processes() {
    cores=$(docker info --format '{{.NCPU}}')
    header "$root/current" processes >"$root/current/.processes"
    while read -r service each; do
        docker update --pids-limit "$((each * cores))" "$(containers_of "$service")" >/dev/null 2>&1 || :
    done <"$root/current/.processes"
}

# Networks of services that are gone; whoever visits there is the last to leave.
forget_networks() {
    named=$(header "$root/current" network | tr '\n' ' ')
    # A release of an earlier version of this program names none.
    [ -n "$named" ] || return 0
    docker network ls --filter "label=com.docker.compose.project=$project" --format '{{.Name}} {{.Label "com.docker.compose.network"}}' |
        while read -r network name; do
            case " $named" in *" $name "*) continue ;; esac
            for container in $(docker network inspect --format '{{range $id, $_ := .Containers}}{{$id}} {{end}}' "$network"); do
                docker network disconnect "$network" "$container"
            done
            docker network rm "$network" >/dev/null || :
        done
}

# A service is ready when its own health check passes, or what the release names in its place. It is run from here, because
# Docker first asks after a whole interval.
wait_ready() {
    container=$(containers_of "$1")
    asked=$container
    asking=$(docker inspect --format '{{if .Config.Healthcheck}}{{join .Config.Healthcheck.Test " "}}{{end}}' "$container")
    asking=${asking#CMD }
    instead=$(header "$root/current" ready | sed -n "s/^$1 //p")
    if [ -n "$instead" ]; then
        asked=$(containers_of "${instead%% *}")
        asking=${instead#* }
    fi
    patience=${2:-$ready_within}
    waiting
    until=$((waiting_since + patience))
    # What it leans on may not have been there yet: Docker starts it again, and that counts as its first start. One that has ended
    # after that start, too, does not run: Docker would wait a minute between two starts, and this would seldom see one.
    looked=$(docker inspect --format '{{.RestartCount}}' "$container")
    while state=$(docker inspect --format '{{.State.Status}} {{.RestartCount}}' "$container") &&
        [ "${state% *}" = restarting ] && [ "${state#* }" -le $((looked + 1)) ] && [ "$(date +%s)" -lt "$until" ]; do
        sleep 1
    done
    restarts=$(docker inspect --format '{{.RestartCount}}' "$container")
    while :; do
        state=$(docker inspect --format '{{.State.Status}} {{.RestartCount}}' "$container")
        [ "$state" = "running $restarts" ] || { tell_why "$1" "$container" "stopped by itself" && return 1; }
        # shellcheck disable=SC2086 # the words of a command, in which nothing is a pattern of files; see healthCheck in files/release/hardening.ts
        if [ -z "$asking" ] || (set -f && within "$answer_within" docker exec "$asked" $asking >/dev/null 2>&1 </dev/null); then return 0; fi
        [ "$(date +%s)" -lt "$until" ] || { tell_why "$1" "$container" "does not answer after $patience seconds" && return 1; }
        still "Waiting for $1"
        sleep 1
    done
}

tell_why() {
    say "$1 $3. Its last words:"
    within 10 docker logs --tail 12 "$2" 2>&1 | cut -c1-300 | sed "s/^/    /" | while read -r line; do say "    $line"; done
}

# in_services WHEN: has services do what the release names for then (prepare: set up what they hold, users of a database or
# packages; afterwards: what cannot be taken back). What they say of it is for the user.
in_services() {
    header "$root/current" "$1" >"$root/current/.$1"
    while read -r service words; do
        settle "$service" && settled=0 || settled=$?
        case $settled in 0) ;; 2) continue ;; *) return 1 ;; esac
        run_in "$prepare_within" "$service" "$words" </dev/null
        case $code in
            0) continue ;;
            124) say "$service: '$words' did not end within $prepare_within seconds." ;;
            *) say "$service: '$words' failed with exit code $code${said:-, and said nothing}." ;;
        esac
        is_user_controlled "$service" || return 1
    done <"$root/current/.$1"
}

# run_in SECONDS SERVICE WORDS: runs a command in its container, and shows what it says, as much as a person would read. Its
# status is in `code`, and in `said` nothing where it said nothing.
run_in() {
    # shellcheck disable=SC2086 # the words of a command, in which nothing is a pattern of files; see Service.prepare and Service.afterwards in files/site/service.ts
    said=$({
        code=0
        (set -f && within "$1" docker exec --interactive "$(containers_of "$2")" $3 2>&1) || code=$?
        echo "$code" >"$root/incoming/.code"
    } | head -c 65536 | head -n 100)
    code=$(cat "$root/incoming/.code")
    [ -z "$said" ] || printf '%s\n' "$said" | while read -r line; do say "$2 says: $line"; done
    said=${said:+ }
}

# The site is asked as a whole, through its own front door.
ask() {
    header "$root/current" ask >"$root/current/.ask"
    while read -r service words; do
        until=$(($(date +%s) + ask_within))
        # shellcheck disable=SC2086 # the words of a command; see Service.ask in files/site/service.ts
        until within "$answer_within" docker exec "$(containers_of "$service")" $words >/dev/null 2>&1 </dev/null; do
            [ "$(date +%s)" -lt "$until" ] || {
                say "All services run, but the site does not answer at its own front door ($service: $words)."
                tell_why "$service" "$(containers_of "$service")" "said"
                return 1
            }
            sleep 1
        done
    done <"$root/current/.ask"
}

# ---- check

# For whom nothing is to be released: Pulumi compares settings, and sees no container that has stopped.
check() {
    check_machine
    take_lock
    [ -L "$root/current" ] || die "No site runs here."
    project=$(header "$root/current" project)
    down=
    for service in $(in_release "$root/current" config --services); do
        if [ -z "$(containers_of "$service")" ]; then
            say "$service has no container."
        elif wait_ready "$service" "$unchanged_within"; then
            continue
        fi
        down="$down $service"
    done
    [ -z "$down" ] || die "The site is not all there. These services do not work:$down. A release recreates them: pulumi up --replace '**site-release'"
    ask || exit 1
    say "Every service of the site answers."
}

# ---- a way back

# The engine keeps its old picture of the site after a failure and would see "no change": only the host can go back.
go_back() {
    if [ -z "$previous" ]; then
        (limit="within $started_within" in_release "$root/current" down --remove-orphans) >/dev/null 2>&1 </dev/null || :
        rm -f "$root/current"
        say "There is no earlier release to go back to; what had started was taken down. Mend the cause above, and run pulumi up again."
        return
    fi
    if [ "$previous" = "releases/$id" ] || [ ! -d "$root/$previous" ]; then
        reload || :
        say "There is no other release to go back to. $(what_runs) Mend the cause above, and run pulumi up again."
        return
    fi
    keep_lists || :
    switch_to "$previous"
    # Whatever else fails: the allow list holds.
    before=$(docker ps --quiet --filter "label=com.docker.compose.project=$project")
    reload || :
    if start; then
        say "The previous release (${previous#releases/}) was put back and is running. Mend the cause above, and run pulumi up again."
    else
        say "The previous release (${previous#releases/}) was put back, and not all of it works (see above). $(what_runs) Mend the cause above, and run pulumi up again."
    fi
}

# A sentence: which services of the current release run. The one that has just failed does not, although its container may be
# running for a moment, between two of its restarts.
what_runs() {
    running=$(docker ps --filter "label=com.docker.compose.project=$project" --filter status=running --format '{{.Label "com.docker.compose.service"}}' | sort -u | grep -vx -- "${failed:--}" || :)
    absent=
    for service in $(in_release "$root/current" config --services | sort); do
        printf '%s\n' "$running" | grep -qx "$service" || absent="$absent $service"
    done
    if [ -z "$running" ]; then
        echo "The site is down: none of its services runs."
    else
        echo "These services run: $(echo "$running" | tr '\n' ' ' | sed 's/ $//')${absent:+; these do not:}$absent."
    fi
}

# A rollback lets nobody in whom the newer release leaves out. The files of the earlier release are taken over into a folder of
# both names, in which the ones that say who may come in let in only whom both releases do. They are checked as at any release;
# where that fails, the newer release's own files stay in use, which were checked before.
keep_lists() {
    # Not by way of a file: the disk may be full.
    while read -r service newer lists; do
        [ -n "$service" ] || continue
        earlier=$(header "$root/$previous" reload | sed -n "s/^$service \([^ ]*\) .*/\1/p")
        folder=$root/files/$service
        kept=$earlier.$id
        rm -rf "${folder:?}/$kept"
        if [ -z "$earlier" ] || [ ! -d "$folder/$earlier" ] || [ "$earlier" = "$newer" ]; then continue; fi
        words=$(take_over 2>&1) && continue
        say "$service cannot use the earlier release's files with the newer allow list, so that the newer release's files stay in use. It says: $(printf '%s' "$words" | tail -n 2 | tr '\n' ' ')"
        rm -rf "${folder:?}/$kept"
        ln -s "$newer" "$folder/$kept"
    done <<end
$(header "$root/releases/$id" lists)
end
}

take_over() {
    cp -Rp "$folder/$earlier" "$folder/$kept" || return
    for list in $lists; do
        [ -f "$folder/$earlier/$list" ] || continue
        let_in_by_both "$folder/$earlier/$list" "$folder/$newer/$list" >"$folder/$kept/$list" || return
    done
    mkdir -p "$root/incoming/kept" || return
    sed "s|/files/$service/$earlier|/files/$service/$kept|" "$root/$previous/compose.yaml" >"$root/incoming/kept/compose.yaml" || return
    in_release "$root/incoming/kept" --profile check run --rm --no-deps -T "$service-check" </dev/null
}

# let_in_by_both FILE FILE: the entries of two maps of nginx (see peopleMap in files/services/nginx/nginx.ts) that both let in; the rest is
# the first one's. A name is let in by its own line or by one of its domain. A map that goes by the site's list lets in all.
let_in_by_both() {
    if grep -q '^default .site_verdict;' "$1"; then
        cat "$2"
        return
    elif grep -q '^default .site_verdict;' "$2"; then
        cat "$1"
        return
    fi
    awk '
        # "@example.com" of "true:ann@example.com" and of "~*^true:[^@:]+@example\.com$"
        function domain(entry) { gsub(/\\/, "", entry); sub(/\$?" allow;$/, "", entry); return entry ~ /@/ ? substr(entry, match(entry, /@[^@]*$/)) : "" }
        function is_domain(entry) { return index(entry, "\"~*^") == 1 }
        function let_in(entry, which) { return (which, entry) in entries || !is_domain(entry) && domain(entry) != "" && (which, domain(entry)) in domains }
        FNR == 1 { file++ }
        / allow;$/ {
            entry = tolower($0)
            entries[file, entry]
            if (is_domain(entry)) domains[file, domain(entry)]
            order[++count] = entry
            next
        }
        file == 1 { print }
        END {
            for (i = 1; i <= count; i++)
                if (!(order[i] in printed) && let_in(order[i], 1) && let_in(order[i], 2)) {
                    printed[order[i]]
                    print order[i]
                }
        }' "$1" "$2"
}

# Who was taken off the list, an entry a line: as far as the release before it names it.
removed_people() {
    if [ -z "$previous" ] || [ "$previous" = "releases/$id" ]; then return; fi
    header "$root/releases/$id" allow >"$root/incoming/.allowed"
    header "$root/$previous" allow | grep -vxF -f "$root/incoming/.allowed" || :
}

# Ends what people who are not on the list any more have started, where a service can tell, and says what stays.
end_removed() {
    header "$root/releases/$id" allow >"$root/incoming/.allowed"
    removed=$(removed_people | tr '\n' ' ' | sed 's/ $//')
    header "$root/releases/$id" dismiss >"$root/incoming/.dismiss"
    while read -r service words; do
        [ -n "$(containers_of "$service")" ] || continue
        run_in "$dismiss_within" "$service" "$words" <"$root/incoming/.allowed"
        [ "$code" = 0 ] || say "$service: '$words' failed with exit code $code, so that nothing was ended there."
        [ -z "$removed" ] ||
            say "Taken off the allow list: $removed. What else they left in $service may still run, until its container is recreated, which ends everybody's kernels: $(command_to_recreate "$service"). Files that run by themselves (.bashrc, .ipython, .jupyter, notebooks) stay in the home directory: look at them."
    done <"$root/incoming/.dismiss"
}

# Removes what neither the running release nor the one before it names.
forget_old() {
    if [ -n "$previous" ] && [ "$previous" != "releases/$id" ]; then link "$previous" "$root/previous"; fi
    kept="$root/releases/$id $(readlink "$root/previous" 2>/dev/null || :)"
    for folder in "$root"/releases/*; do
        case $kept in *"${folder##*/}"*) ;; *) rm -rf "$folder" ;; esac
    done
    for folder in "$root"/files/*/* "$root"/secrets/*/*; do
        if [ -d "$folder" ] && [ ! -L "$folder" ]; then
            # Secrets are named by releases, or by the files that releases name; those are gone by now if nothing names them.
            grep -rqF --exclude=.loaded "${folder##*/}" "$root/releases" "$root/files" || rm -rf "$folder"
        fi
    done
}

# What apps have left behind, where the settings say that it is to go.
purge() {
    header "$root/current" purge >"$root/current/.purge"
    while read -r app folder; do
        case $app in '' | *[!a-z0-9-]*) continue ;; esac
        if [ "${folder##*/}" != "$app" ] || [ ! -d "$folder" ]; then continue; fi
        (limit="within $removed_within" && as_root "${folder%/*}" rm -rf "$app" </dev/null) && code=0 || code=$?
        case $code in
            0) say "The data of $app was removed, as the setting purge says ($folder)." ;;
            124) say "The data of $app could not be removed ($folder): it was not done after $removed_within seconds. Remove the rest: sudo rm -rf '$folder'" ;;
            *) say "The data of $app could not be removed ($folder)." ;;
        esac
    done <"$root/current/.purge"
}

# ---- timers

# Puts the units of systemd in place that the release brings, and takes away those of the releases before it.
place_units() {
    header "$root/current" units >"$root/current/.units"
    wanted=
    while read -r service files; do
        for unit in "$root/files/$service/$files"/*.service "$root/files/$service/$files"/*.timer; do
            wanted="$wanted ${unit##*/}"
            place_unit "$unit" || return 0
        done
    done <"$root/current/.units"
    for unit in "$root"/units/*; do
        case " $wanted " in *" ${unit##*/} "*) ;; *) remove_unit "${unit##*/}" ;; esac
    done
}

# Below `units` lies a copy of each, by which they are known again.
place_unit() {
    if ! [ -d /run/systemd/system ] || ! am_root; then
        say "Nothing renews the certificate by itself: this machine has no systemd that could be told to. Run sh $root/bin/site-apply renew every day (crontab -e)."
        return 1
    fi
    if cmp -s "$1" "$root/units/${1##*/}" && cmp -s "$1" "/etc/systemd/system/${1##*/}"; then return; fi
    mkdir -p "$root/units"
    install -m 644 "$1" "/etc/systemd/system/${1##*/}"
    cp "$1" "$root/units/"
    systemctl daemon-reload
    case $1 in *.timer) ;; *) return 0 ;; esac
    { systemctl enable --quiet "${1##*/}" && systemctl restart "${1##*/}"; } ||
        say "Nothing renews the certificate by itself: its timer could not be started. See why: sudo systemctl status ${1##*/}"
}

remove_unit() {
    [ -e "$root/units/$1" ] || return 0
    case $1 in *.timer) systemctl disable --quiet --now "$1" || : ;; esac
    rm -f "/etc/systemd/system/$1" "$root/units/$1"
    systemctl daemon-reload
}

# ---- down

take_down() {
    project=$1
    # Where Docker was removed, no container runs.
    if command -v docker >/dev/null; then check_machine; fi
    take_lock
    for unit in "$root"/units/*; do remove_unit "${unit##*/}"; done
    remove_containers
    rm -rf "$root/files" "$root/secrets" "$root/releases" "$root/units" "$root/current" "$root/previous"
    say "The site is down. Notebooks and other data stay where they are."
}

remove_containers() {
    command -v docker >/dev/null || return 0
    other=$(other_owner)
    if [ -n "$other" ]; then
        say "The containers of $project were released from another folder ($other): they stay."
        return
    fi
    # The volumes are those that images ask for and no setting names. The next containers would get new ones.
    words=$(within "$started_within" docker compose --project-name "$project" --profile check --profile certificates down --remove-orphans --volumes </dev/null 2>&1) || {
        [ $? -ne 124 ] || words="nothing, for $((started_within / 60)) minutes"
        die "The site could not be taken down. Fix the cause, and run pulumi destroy again. Docker says: $(printf '%s' "$words" | tail -n 1)"
    }
}

main "$@"
exit
