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
# A lost connection must not stop apt half-way.
trap '' HUP PIPE
exec 2>&1

data=$1
device=${2-}
gigabytes=${3-}
boot=${4-}
boot_gigabytes=${5-}
lock_within=600
# Prints a line at this interval while waiting.
said_every=60
device_within=60
own=/opt/jupyter-up/etc

say() { printf '%s\n' "$*" | cut -c1-400 || :; }

die() {
    say "$*"
    exit 1
}

main() {
    [ "$(id -u)" = 0 ] || die "This has to run as root. Let this user sudo without a password, or set another one: pulumi config set --path ssh.user root"
    mkdir -p "$own"
    know_system
    grow_boot
    mount_data
    make_swap
    keep_reachable
    guard_metadata
    install_docker
    install_python
    keep_secure
    check_docker
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

# ---- packages

# Unattended upgrades or the first boot's installation may be running. apt waits for some of its locks itself, but not
# for all. Timed by the clock, because a try takes up to a minute.
apt_get() {
    began=$(date +%s)
    said_at=$began
    until words=$(DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=60 "$@" </dev/null 2>&1); do
        case $words in
            *"Could not get lock"* | *"Unable to lock"* | *"Unable to acquire"*) ;;
            *) die "Packages could not be installed (apt-get $*). apt says: $(printf '%s\n' "$words" | grep '^E:' | tail -n 2 | tr '\n' ' ')" ;;
        esac
        now=$(date +%s)
        [ "$((now - began))" -lt "$lock_within" ] || die "Another program has held apt's lock for ten minutes. See which (ps aux | grep apt), and run pulumi up again."
        if [ "$((now - said_at))" -ge "$said_every" ]; then
            said_at=$now
            say "Waiting for apt's lock ($((now - began)) s) ..."
        fi
        sleep 5
    done
}

is_installed() { dpkg-query --show --showformat '${db:Status-Status}' "$1" 2>/dev/null | grep -qx installed; }

# install PACKAGE...: installs the missing ones. Fetches the package list once, and only if something is missing.
install_packages() {
    missing=
    for package in "$@"; do
        is_installed "$package" || missing="$missing $package"
    done
    [ -n "$missing" ] || return 0
    update_lists
    say "Installing$missing ..."
    # shellcheck disable=SC2086 # a list of names
    apt_get install --no-install-recommends $missing
}

update_lists() {
    [ -z "${lists_are_new-}" ] || return 0
    say "Fetching the list of packages ..."
    apt_get update
    lists_are_new=yes
}

is_offered() { apt-cache show --no-all-versions "$1" 2>/dev/null | grep -q "^Version: ${2-}"; }

# ---- the boot disk

# A disk can grow under a running machine. Google's image of Debian grows the partition and the file system only at
# boot.
grow_boot() {
    [ -n "$boot" ] || return 0
    root=$boot-part1
    if ! [ -b "$boot" ] || ! [ -b "$root" ]; then
        say "There is no boot disk at $boot with a first partition: its file system grows when the machine restarts."
        return
    fi
    wait_for_device "$boot" "$boot_gigabytes" "boot disk"
    # The boot partitions beside it take some 130 MB.
    unused=$((($(blockdev --getsize64 "$boot") - $(blockdev --getsize64 "$root")) >> 20))
    if [ "$unused" -ge 512 ]; then
        say "Growing the boot disk's file system to $boot_gigabytes GB ..."
        install_packages fdisk
        # The disk is in use: writes the table and tells the kernel about this one partition.
        words=$(echo ', +' | sfdisk --quiet --force --no-reread --no-tell-kernel -N 1 "$boot" 2>&1 && partx --update --nr 1 "$boot" 2>&1) ||
            die "The boot disk's partition could not be grown. A restart grows it, too: sudo reboot. sfdisk says: $(printf '%s' "$words" | tail -n 1)"
    fi
    # Also if an earlier run was interrupted after the partition.
    words=$(resize2fs "$root" 2>&1) || [ "$unused" -lt 512 ] ||
        die "The file system on the boot disk could not be grown. A restart grows it, too: sudo reboot. resize2fs says: $(printf '%s' "$words" | tail -n 1)"
}

# wait_for_device DEVICE GB NAME: waits until the device exists in its new size.
wait_for_device() {
    waited=0
    until [ -b "$1" ] && [ "$(($(blockdev --getsize64 "$1") >> 30))" -ge "$2" ]; do
        [ "$waited" -lt "$device_within" ] || die "The $3 ($1, $2 GB) is not there. Look at it: lsblk"
        sleep 1
        waited=$((waited + 1))
    done
}

# ---- the data disk

mount_data() {
    if [ -z "$device" ]; then
        mkdir -p "$data"
        chmod 700 "$data"
        return
    fi
    wait_for_device "$device" "$gigabytes" "data disk"
    if ! mountpoint -q "$data"; then
        format_blank
        [ -z "$(ls -A "$data" 2>/dev/null)" ] ||
            die "The folder $data holds files of the boot disk, which the data disk would hide. Move them away, and run pulumi up again."
        mkdir -p "$data"
        remember_mount
        say "Mounting the data disk at $data ..."
        mount "$data" || die "The data disk could not be mounted at $data. Look at it: sudo fsck -n $device"
    else
        remember_mount
        # Earlier versions of this program mounted it without these options.
        case $(findmnt --noheadings --output OPTIONS "$data") in
            *nosuid*nodev*resgid=999*) ;;
            *) mount -o remount,nosuid,nodev,resgid=999 "$data" || die "The data disk could not be mounted at $data with other options. Try it: sudo mount -o remount,nosuid,nodev,resgid=999 $data" ;;
        esac
    fi
    # Other users of the machine need no access. Docker runs as root and can mount what is below it all the same.
    chmod 700 "$data"
    # Even when notebooks have filled the disk, there is space left for root, and so for Docker's engine, and for the group 999,
    # which is MariaDB's (resgid).
    tune2fs -m 1 "$device" >/dev/null 2>&1 || :
    # A disk can grow under a running machine, and so can its file system.
    words=$(resize2fs "$device" 2>&1) || die "The file system on the data disk could not be grown. resize2fs says: $(printf '%s' "$words" | tail -n 1)"
}

format_blank() {
    found=$(blkid -p -o value -s TYPE "$device") && status=0 || status=$?
    case $status:$found in
        0:ext4) ;;
        2:)
            say "Creating a file system on the data disk ..."
            mkfs.ext4 -q -m 1 -E lazy_itable_init=1,discard "$device" || die "The data disk could not be formatted."
            ;;
        *) die "The data disk has other content (${found:-an unknown format}). Nothing was changed on it." ;;
    esac
}

# By its name, which no other disk of this machine can have. nofail: the machine boots and accepts SSH without it. Files
# that containers write there cannot be set-uid programs or devices.
remember_mount() {
    line="$device $data ext4 defaults,discard,nosuid,nodev,nofail,resgid=999,x-systemd.device-timeout=30s 0 2"
    if grep -qxF "$line" /etc/fstab; then return; fi
    grep -v "[[:space:]]${data}[[:space:]]" /etc/fstab >/etc/fstab.new || :
    echo "$line" >>/etc/fstab.new
    mv /etc/fstab.new /etc/fstab
    systemctl daemon-reload
}

free_space() { df -h --output=avail "$data" | tail -n 1 | tr -d ' '; }

# ---- memory

# With less than 2 GB of memory, an upgrade beside a running kernel would get the kernel killed. A larger swap file would only take
# longer to fill, at the speed of the disk; a larger one of an earlier version stays. site_apply/limits.py limits how much of it
# notebooks get.
make_swap() {
    swap=/swapfile
    size=1
    memory=$(awk '/^MemTotal:/ { print int($2 / 1024) }' /proc/meminfo)
    if [ "$memory" -ge 2000 ] || [ "$(wc -l </proc/swaps)" -gt 1 ]; then return; fi
    if ! [ -e "$swap" ]; then
        say "Creating a swap file of $size GB, because the machine has $memory MB of memory ..."
        rm -f "$swap.new"
        (umask 077 && fallocate -l ${size}G "$swap.new") || die "The boot disk has no space for a swap file of $size GB. Make the disk larger: pulumi config set bootDiskGb 20"
        mkswap -q "$swap.new" >/dev/null
        mv "$swap.new" "$swap"
        grep -q "^$swap " /etc/fstab || echo "$swap none swap sw,nofail 0 0" >>/etc/fstab
    fi
    swapon "$swap" || die "The swap file could not be enabled."
}

# Protects sshd's memory, so that the owner can log in while everything else is swapped out. Its slice needs the same
# protection, or it has none to give. Cgroups v1 cannot protect memory.
keep_reachable() {
    changed=
    for unit in Service/ssh.service Slice/system.slice; do
        folder=/etc/systemd/system/${unit#*/}.d
        mkdir -p "$folder"
        put "$folder/jupyter-up-memory.conf" <<end && changed=yes
[${unit%/*}]
MemoryMin=32M
end
    done
    [ -z "$changed" ] || systemctl daemon-reload
}

# ---- the metadata server, and the machine itself

# A process that can read the metadata of a cloud's machine can act as that machine, so no container may. DNS passes,
# because the metadata server also resolves names. Containers of the site may not connect to services of the machine
# either: sshd listens on every address, including the gateways of internal networks. The rules are in a separate table,
# which Docker does not touch, and Docker does not run without it.
guard_metadata() {
    install_packages nftables
    rules=$own/metadata.nft
    unit=jupyter-up-metadata.service
    put "$rules" <<end || :
# Keeps containers away from the cloud's metadata server and this machine's own services. Their packets to the metadata
# server are forwarded, those to the machine are input; the machine's own packets are neither.
table inet jupyter_up
delete table inet jupyter_up
table inet jupyter_up {
    # The bridges of the site's networks, which site-apply writes to the file below. Other containers are their owner's
    # business.
    set bridges { type ifname; }
    chain forward {
        type filter hook forward priority filter - 10; policy accept;
        ip daddr 169.254.169.254 udp dport 53 accept
        ip daddr 169.254.169.254 tcp dport 53 accept
        ip daddr 169.254.169.254 reject
        ip6 daddr { fd20:ce::254, fd00:ec2::254 } reject
    }
    chain input {
        type filter hook input priority filter - 10; policy accept;
        iifname @bridges ct state new jump from_containers
    }
    # DNS, in case this machine answers it; and the site's own ports, in case its name resolves to this machine.
    chain from_containers {
        udp dport 53 accept
        tcp dport { 53, 80, 443 } accept
        reject
    }
}
include "$own/bridges*.nft"
end
    put "/etc/systemd/system/$unit" <<end && systemctl daemon-reload
[Unit]
Description=Keeps containers off the cloud's metadata server and this machine's own services
Before=docker.service
# If an administrator flushes all rules, these are restored.
After=nftables.service
PartOf=nftables.service

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/usr/sbin/nft -f $rules

[Install]
RequiredBy=docker.service
end
    systemctl enable --quiet "$unit"
    # Not `restart`, which would stop Docker as well.
    { systemctl start "$unit" && nft -f "$rules"; } ||
        die "The rules that keep containers off the metadata server and this machine could not be set: sudo systemctl status $unit"
}

# ---- Docker

install_docker() {
    configure_docker
    if ! command -v dockerd >/dev/null; then
        update_lists
        # Debian 13 has the client in a separate package.
        if is_offered docker-cli; then install_packages docker.io docker-cli; else install_packages docker.io; fi
    fi
    docker compose version >/dev/null 2>&1 || install_compose
    systemctl is-active --quiet docker || systemctl start docker || die "Docker's engine does not start: sudo journalctl -u docker -n 20"
}

install_compose() {
    update_lists
    for package in docker-compose-v2 docker-compose-plugin docker-compose; do
        if is_offered "$package" 2 || is_offered "$package" 5; then
            install_packages "$package"
            return
        fi
    done
    die "${PRETTY_NAME:-This system} has no package of Docker's Compose plugin, version 2. Upgrade it to Debian 13, or install Docker's own packages (https://docs.docker.com/engine/install), and run pulumi up again."
}

# Before Docker is installed, because its package starts it. An existing Docker keeps its settings: a restart for ours
# would stop its other containers.
configure_docker() {
    before=$(cat "$own/daemon.json" 2>/dev/null || :)
    if [ -z "$device$before" ] && command -v dockerd >/dev/null; then return; fi
    mkdir -p /etc/docker /etc/systemd/system/docker.service.d
    {
        echo '{'
        [ -z "$device" ] || echo "  \"data-root\": \"$data/docker\","
        echo '  "live-restore": true,'
        echo '  "log-driver": "local"'
        echo '}'
    } | put "$own/daemon.json" || :
    if [ -e /etc/docker/daemon.json ] && [ "$(cat /etc/docker/daemon.json)" != "$before" ]; then
        [ -z "$device" ] || die "/etc/docker/daemon.json has other settings, and Docker's data must be on the data disk. Move the file away and run pulumi up again."
        say "Docker's settings (/etc/docker/daemon.json) were changed by others and stay as they are."
        return
    fi
    restart=
    put /etc/docker/daemon.json <"$own/daemon.json" && restart=yes
    put /etc/systemd/system/docker.service.d/jupyter-up.conf <<end && restart=yes
# Without its disk, Docker would start empty on the boot disk.
[Unit]
RequiresMountsFor=$data
end
    [ -n "$restart" ] || return 0
    systemctl daemon-reload
    # live-restore: containers keep running while Docker restarts.
    ! systemctl is-active --quiet docker || systemctl restart docker || die "Docker's engine does not start: sudo journalctl -u docker -n 20"
}

check_docker() {
    docker info >/dev/null 2>&1 || die "Docker's engine does not answer: sudo journalctl -u docker -n 20"
    systemctl is-enabled --quiet docker || systemctl enable --quiet docker
}

# What releases the site is a program in Python: files/host/site_apply.
install_python() { command -v python3 >/dev/null || install_packages python3; }

# ---- security updates

keep_secure() {
    install_packages unattended-upgrades
    put /etc/apt/apt.conf.d/52jupyter-up <<'end' || :
// Security updates are installed by themselves, every day.
APT::Periodic::Update-Package-Lists "1";
APT::Periodic::Unattended-Upgrade "1";
end
}

main "$@"
