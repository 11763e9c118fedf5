#!/bin/sh
# provision: prepares a Debian or Ubuntu machine for releases by site-apply. Run as root. A second run changes only what
# differs from the wanted state.
#
#   provision DATA [DEVICE GB [BOOT GB TYPE]]
#
# DATA is the folder for everything that outlives the site. DEVICE is the separate disk mounted there, if there is one
# (/dev/disk/by-id/google-data), and GB its size. A blank disk gets a file system; a disk with any other content is
# refused. BOOT is the boot disk (/dev/disk/by-id/google-persistent-disk-0), with the root file system in its first and
# last partition: it is grown to the disk's size. DEVICE and its GB may be empty. TYPE is the machine type. It is not
# used here, but a new type has other memory, so the changed argument makes this program run again.
set -eu
umask 022
# A lost connection must not interrupt apt.
trap '' HUP PIPE
exec 2>&1

data=$1
device=${2-}
gigabytes=${3-}
boot=${4-}
boot_gigabytes=${5-}
own=/opt/jupyter-up/etc

say() { printf '%s\n' "$*" | cut -c1-400 || :; }

die() {
    say "$*"
    exit 1
}

# step NAME COMMAND: runs a step, and says how long it took.
step() {
    step_began=$(date +%s)
    "$2"
    say "$1 ready ($(($(date +%s) - step_began)) s)"
}

main() {
    [ "$(id -u)" = 0 ] || die "This has to run as root. Let this user sudo without a password, or set another one: pulumi config set --path ssh.user root"
    mkdir -p "$own"
    know_system
    step "Boot disk" grow_boot
    step "Data disk" mount_data
    step "Memory" make_swap
    keep_reachable
    guard_metadata
    step "Docker" install_docker
    step "Python" install_python
    step "Security updates" keep_secure
    check_docker
    renew_limits
    say "The machine is ready: Docker $(docker version --format '{{.Server.Version}}'), $(free_space) free in $data."
}

know_system() {
    # shellcheck source=/dev/null # a file of every system's own
    . /etc/os-release
    command -v apt-get >/dev/null ||
        die "This machine runs ${PRETTY_NAME:-an unknown system}; it has to be Debian 13, or a Debian or Ubuntu with Docker and its Compose plugin (version 2) already on it."
}

# put FILE: writes standard input to the file; succeeds if that changed it.
put() {
    cat >"$1.new"
    if cmp -s "$1.new" "$1"; then
        rm "$1.new"
        return 1
    fi
    mv "$1.new" "$1"
}

# Before this program is sent, files/host/provision.ts puts each of these files in place of its line.
. provision/packages.sh
. provision/disks.sh
. provision/memory.sh
. provision/firewall.sh
. provision/docker.sh
. provision/limits.sh

main "$@"
